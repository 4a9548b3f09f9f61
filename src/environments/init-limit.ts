import { environmentLimits } from "../base/index.ts";
import type { EnvironmentSpec } from "./interfaces.ts";

/**
 * What an environment's first init may take. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export function initLimitMs(
  { initialization, timeoutMs }: Pick<EnvironmentSpec, "initialization" | "timeoutMs">,
  onDemandMs: number,
): number {
  return initialization === "on-demand" ? onDemandMs : Math.max(environmentLimits.initAheadMs, timeoutMs);
}
