import { type Clock, environmentLimits, systemClock } from "../src/base/index.ts";

/**
 * With it, what an environment does just after an answer is done before it is frozen, however busy the machine is: the
 * end of a process, say, or the delivery of telemetry.
 */
export const LATE_FREEZES: Clock = {
  now: () => systemClock.now(),
  monotonicMs: () => systemClock.monotonicMs(),
  after: (delayMs, callback) =>
    systemClock.after(delayMs === environmentLimits.freezeDelayMs ? 60_000 : delayMs, callback),
};
