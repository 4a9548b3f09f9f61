import { createHash } from "node:crypto";
import { partitionOf } from "../../base/index.ts";
import { because } from "../errors.ts";

/** Whether this server can run a runtime, and if not, why; `detail` is a sentence. */
export type RuntimeAvailability =
  | {
      readonly supported: true;
      /** The ARN of the runtime's version in a region, if the runtime knows it; else one is made up of its name. */
      readonly versionArn?: (region: string) => string;
    }
  | { readonly supported: false; readonly detail: string };

/** Identifiers that functions may be created with, https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html */
const ACCEPTED: readonly string[] = words(`
  nodejs26.x nodejs24.x nodejs22.x nodejs20.x nodejs18.x nodejs16.x
  python3.15 python3.14 python3.13 python3.12 python3.11 python3.10 python3.9 python3.8
  java25 java21 java17.al2023 java17 java11.al2023 java11 java8.al2023 java8.al2
  dotnet10 dotnet8 dotnet6
  ruby4.0 ruby3.4 ruby3.3 ruby3.2
  provided.al2023 provided.al2`);

/** Identifiers that once were. */
const BLOCKED: readonly string[] = words(`
  nodejs nodejs4.3 nodejs4.3-edge nodejs6.10 nodejs8.10 nodejs10.x nodejs12.x nodejs14.x
  python2.7 python3.6 python3.7 java8 go1.x ruby2.5 ruby2.7 provided
  dotnetcore1.0 dotnetcore2.0 dotnetcore2.1 dotnetcore3.1`);

/** The ARN of the version that a function of this runtime gets now, or the reason why there can be no function. */
export function chooseRuntime(
  runtime: string,
  region: string,
  availability: (runtime: string) => RuntimeAvailability,
): string {
  if (BLOCKED.includes(runtime)) throw because("blockedRuntime", { runtime });
  if (!ACCEPTED.includes(runtime))
    throw because("unknownRuntime", { runtime, accepted: ACCEPTED.join(", ") });
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

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
