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

/** How long after another one a reading tells what was used lately. */
const READING_MS = 8 * environmentLimits.saturatedOverMs;

/** CPU time so far in ms: of this process, and of what it runs, as far as that is known. */
export interface OwnCpu {
  readonly processMs: () => number;
  readonly functionsMs: () => Promise<number | undefined>;
}

/** Tells whether the machine had no CPU to spare of late, from its times when it was asked before. */
export class CpuSaturation {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #times: () => CpuTimes;
  readonly #own: OwnCpu | undefined;
  #lookedAt: number;
  #before: CpuTimes;
  #saturated = false;
  #ours = false;
  #process: Reading | undefined;
  #functions: Reading | undefined;
  #functionsRate = 0;
  #reading = false;

  constructor(clock: Pick<Clock, "monotonicMs">, times: () => CpuTimes = machineCpu, own?: OwnCpu) {
    this.#clock = clock;
    this.#times = times;
    this.#own = own;
    this.#lookedAt = clock.monotonicMs();
    this.#before = times();
  }

  /** As of the last look, if that was just now. */
  get now(): boolean {
    const atMs = this.#clock.monotonicMs();
    const overMs = atMs - this.#lookedAt;
    if (overMs < environmentLimits.saturatedOverMs) return this.#saturated;
    const { allMs, idleMs } = this.#times();
    const passedMs = allMs - this.#before.allMs;
    this.#saturated =
      passedMs > 0 && (idleMs - this.#before.idleMs) / passedMs < environmentLimits.saturatedIdleShare;
    this.#lookedAt = atMs;
    this.#before = { allMs, idleMs };
    // Whose it is matters only then, and is told by somebody who is busy.
    if (this.#own !== undefined && this.#saturated) this.#lookAtOwn(this.#own, overMs, passedMs);
    return this.#saturated;
  }

  /** Whether it is so because of this process and what it runs, which took most of it. */
  get byOurs(): boolean {
    return this.now && this.#ours;
  }

  #lookAtOwn({ functionsMs, processMs }: OwnCpu, overMs: number, passedMs: number): void {
    const process = { ms: processMs(), atMs: this.#clock.monotonicMs() };
    const usedMs = rateOf(this.#process, process) * overMs + this.#functionsRate * overMs;
    this.#process = process;
    this.#ours = usedMs > passedMs * environmentLimits.saturatedOwnShare;
    if (!this.#reading) void this.#readFunctions(functionsMs);
  }

  async #readFunctions(functionsMs: OwnCpu["functionsMs"]): Promise<void> {
    this.#reading = true;
    try {
      const ms = await functionsMs();
      if (ms === undefined) return;
      const functions = { ms, atMs: this.#clock.monotonicMs() };
      this.#functionsRate = rateOf(this.#functions, functions);
      this.#functions = functions;
    } catch {
      // Who can't tell now is asked again later.
    } finally {
      this.#reading = false;
    }
  }
}

interface Reading {
  readonly ms: number;
  readonly atMs: number;
}

/** CPUs that were used between two readings; none where the first is too old to tell of lately. */
function rateOf(before: Reading | undefined, now: Reading): number {
  const overMs = before === undefined ? 0 : now.atMs - before.atMs;
  if (before === undefined || overMs <= 0 || overMs > READING_MS) return 0;
  return (now.ms - before.ms) / overMs;
}

export function processCpuMs(): number {
  const { system, user } = process.cpuUsage();
  return (system + user) / 1_000;
}
