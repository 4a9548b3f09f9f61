import { cpus } from "node:os";
import type { Clock } from "./clock.ts";
import { environmentLimits } from "./environment-limits.ts";

/** Milliseconds since the machine started, of all its CPUs together. */
export interface CpuTimes {
  readonly idleMs: number;
  readonly allMs: number;
}

export function machineCpu(): CpuTimes {
  let [idleMs, allMs] = [0, 0];
  for (const { times } of cpus()) {
    idleMs += times.idle;
    allMs += times.idle + times.user + times.sys + times.nice + times.irq;
  }
  return { idleMs, allMs };
}

/** Tells whether the machine had no CPU to spare of late, from its times when it was asked before. */
export class CpuSaturation {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #times: () => CpuTimes;
  #lookedAt: number;
  #before: CpuTimes;
  #saturated = false;

  constructor(clock: Pick<Clock, "monotonicMs">, times: () => CpuTimes = machineCpu) {
    this.#clock = clock;
    this.#times = times;
    this.#lookedAt = clock.monotonicMs();
    this.#before = times();
  }

  /** As of the last look, if that was just now. */
  get now(): boolean {
    const atMs = this.#clock.monotonicMs();
    if (atMs - this.#lookedAt < environmentLimits.saturatedOverMs) return this.#saturated;
    const { allMs, idleMs } = this.#times();
    const passedMs = allMs - this.#before.allMs;
    this.#saturated =
      passedMs > 0 && (idleMs - this.#before.idleMs) / passedMs < environmentLimits.saturatedIdleShare;
    this.#lookedAt = atMs;
    this.#before = { allMs, idleMs };
    return this.#saturated;
  }
}
