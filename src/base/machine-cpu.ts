import { openSync, readSync } from "node:fs";
import { cpus } from "node:os";
import type { Clock } from "./clock.ts";
import { environmentLimits } from "./environment-limits.ts";

/** Milliseconds since the machine started, of all its CPUs together. */
export interface CpuTimes {
  readonly idleMs: number;
  readonly allMs: number;
}

export function machineCpu(): CpuTimes {
  return ofAllTogether() ?? ofEach();
}

function ofEach(): CpuTimes {
  let [idleMs, allMs] = [0, 0];
  for (const { times } of cpus()) {
    idleMs += times.idle;
    allMs += times.idle + times.user + times.sys + times.nice + times.irq;
  }
  return { idleMs, allMs };
}

/** A hundredth of a second, in which Linux counts for programs, whatever its own clock. */
const TICK_MS = 10;
const line = Buffer.alloc(256);
let statistics: number | undefined;

/** The sum that the kernel has anyway costs a quarter of asking for each CPU. Undefined where there is none. */
function ofAllTogether(): CpuTimes | undefined {
  try {
    statistics ??= openSync("/proc/stat", "r");
    const text = line.toString("latin1", 0, readSync(statistics, line, 0, line.length, 0));
    const ticks = /^cpu +(\d+) (\d+) (\d+) (\d+) \d+ (\d+) /.exec(text)?.slice(1).map(Number);
    if (ticks === undefined) return undefined;
    const [user = 0, nice = 0, system = 0, idle = 0, irq = 0] = ticks;
    return { idleMs: idle * TICK_MS, allMs: (user + nice + system + idle + irq) * TICK_MS };
  } catch {
    return undefined;
  }
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
