import type { Runtime } from "../runtimes/index.ts";
import type { Conclusion } from "./conclusion.ts";
import type { Extension } from "./extensions/extension.ts";
import type { EnvironmentSpec } from "./interfaces.ts";
import type { EnvironmentLogStream } from "./logs/log-stream.ts";
import type { InitPhase, PlatformEvent } from "./logs/platform-event.ts";
import type { InitResult } from "./supervisor.ts";

/** Without a runtime, which was announced before, the event has no line of its own in the log. */
export function initStartEvent(
  spec: EnvironmentSpec,
  phase: InitPhase,
  instanceId: string,
  runtime: Runtime | undefined,
): PlatformEvent {
  return {
    type: "platform.initStart",
    record: {
      initializationType: spec.initialization,
      phase,
      ...(runtime === undefined
        ? {}
        : {
            runtimeVersion: runtime.runtimeVersion,
            runtimeVersionArn: runtime.runtimeVersionArn(spec.region),
          }),
      functionName: spec.functionName,
      functionArn: spec.functionArn,
      functionVersion: spec.version,
      instanceId,
      instanceMaxMemory: spec.memoryMiB,
    },
  };
}

/**
 * Tells the end of an init: in which states its extensions are, how its runtime did if it was started, and how it went.
 * Lambda has no type of its own for an init that ran out of time.
 */
export function tellInit(
  stream: EnvironmentLogStream,
  spec: EnvironmentSpec,
  phase: InitPhase,
  conclusion: Conclusion,
  { durationMs, runtimeStarted }: InitResult,
  extensions: readonly Extension[],
): void {
  for (const { events, failure, name, state } of extensions) {
    const errorType = failure === undefined ? {} : { errorType: failure };
    stream.platform({ type: "platform.extension", record: { name, state, events, ...errorType } });
  }
  const { failed, status } = conclusion;
  const errorType = status === "timeout" ? "Runtime.Unknown" : conclusion.errorType;
  const record = {
    initializationType: spec.initialization,
    phase,
    status,
    ...(failed && errorType !== undefined ? { errorType } : {}),
  };
  if (runtimeStarted) stream.platform({ type: "platform.initRuntimeDone", record });
  stream.platform({ type: "platform.initReport", record: { ...record, metrics: { durationMs } } });
}
