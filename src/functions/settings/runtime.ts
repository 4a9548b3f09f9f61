import { createHash } from "node:crypto";
import { ACCEPTED_RUNTIMES, BLOCKED_RUNTIMES, partitionOf } from "../../base/index.ts";
import { because } from "../errors.ts";

/** Whether this server can run a runtime, and if not, why; `detail` is a sentence. */
export type RuntimeAvailability =
  | {
      readonly supported: true;
      /** The ARN of the runtime's version in a region, if the runtime knows it; else one is made up of its name. */
      readonly versionArn?: (region: string) => string;
      /** Says so if another version of the language stands in; a sentence. */
      readonly notice?: string;
    }
  | { readonly supported: false; readonly detail: string };

/** The ARN of the version that a function of this runtime gets now, or the reason why there can be no function. */
export function chooseRuntime(
  runtime: string,
  region: string,
  availability: (runtime: string) => RuntimeAvailability,
): string {
  if (BLOCKED_RUNTIMES.includes(runtime)) throw because("blockedRuntime", { runtime });
  if (!ACCEPTED_RUNTIMES.includes(runtime))
    throw because("unknownRuntime", { runtime, accepted: ACCEPTED_RUNTIMES.join(", ") });
  const available = availability(runtime);
  if (!available.supported) throw because("absentRuntime", { runtime, detail: available.detail });
  return available.versionArn?.(region) ?? nominalVersionArn(runtime, region);
}

/** https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-runtimes */
export function takesSnapshots(runtime: string): boolean {
  const java = /^java(\d+)/.exec(runtime);
  const python = /^python3\.(\d+)$/.exec(runtime);
  const dotnet = /^dotnet(\d+)$/.exec(runtime);
  return Number(java?.[1] ?? 0) >= 11 || Number(python?.[1] ?? 0) >= 12 || Number(dotnet?.[1] ?? 0) >= 8;
}

/** The same for the same runtime of the same region. */
function nominalVersionArn(runtime: string, region: string): string {
  const version = createHash("sha256").update(`lambkin runtime ${runtime}`).digest("hex");
  return `arn:${partitionOf(region)}:lambda:${region}::runtime:${version}`;
}
