import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { describeVersion, type ShownVersion } from "./configuration.ts";
import type { FunctionEntry } from "./entry.ts";
import type { RuntimeAvailability } from "./settings/runtime.ts";

/**
 * FunctionConfiguration with the runtime's version as it is now, which may be another one than when the function was
 * last changed. `Error` says so if another version of the language serves, or none.
 */
export function describePresent(
  runtimes: (identifier: string) => RuntimeAvailability,
  entry: FunctionEntry,
  shown: ShownVersion,
  qualifier: string | undefined,
): FunctionConfiguration {
  const { runtime, runtimeVersionArn: kept } = shown.record.settings;
  const present = runtimes(runtime);
  const arn = present.supported ? (present.versionArn?.(entry.region) ?? kept) : kept;
  const error = errorOf(present);
  return {
    ...describeVersion(entry, shown, qualifier),
    RuntimeVersionConfig: { RuntimeVersionArn: arn, ...(error === undefined ? {} : { Error: error }) },
  };
}

function errorOf(present: RuntimeAvailability) {
  if (!present.supported) return { ErrorCode: "InvalidRuntimeException", Message: present.detail };
  return present.notice === undefined
    ? undefined
    : { ErrorCode: "RuntimeVersionMismatch", Message: present.notice };
}
