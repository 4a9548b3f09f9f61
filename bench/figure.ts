import { readFileSync } from "node:fs";

/** One measured value beside the baseline that the same run measured. Only the ratio travels between machines. */
export interface Figure {
  readonly name: string;
  readonly unit: "ms" | "us" | "1/s" | "MiB" | "of";
  readonly value: number;
  readonly baseline: { readonly name: string; readonly value: number };
}

/** A file of this folder: what it measures, and how. */
export interface Bench {
  readonly name: string;
  /** What to know to read the figures. */
  readonly conditions: string;
  run(): Promise<readonly Figure[]>;
}

/** The value below which `share` (0 to 1) of the samples lie. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Calls `work` from `concurrency` lines at once for `durationMs`; gives calls per second and each call's time. */
export async function closedLoop(
  concurrency: number,
  durationMs: number,
  work: () => Promise<unknown>,
): Promise<{ readonly perSecond: number; readonly timesMs: number[] }> {
  const timesMs: number[] = [];
  const started = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (performance.now() - started < durationMs) {
        const begun = performance.now();
        await work();
        timesMs.push(performance.now() - begun);
      }
    }),
  );
  return { perSecond: (timesMs.length * 1_000) / (performance.now() - started), timesMs };
}

/**
 * Starts `work` at a fixed rate, whether earlier calls have come back or not, and times each from the moment at which
 * it was due: a stall shows in the figures of all calls that it delayed.
 */
export async function openLoop(
  perSecond: number,
  durationMs: number,
  work: () => Promise<unknown>,
): Promise<{ readonly timesMs: number[] }> {
  const timesMs: number[] = [];
  const calls: Promise<unknown>[] = [];
  const started = performance.now();
  const total = Math.floor((perSecond * durationMs) / 1_000);
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - started) * perSecond) / 1_000) + 1);
    for (; sent < due; sent += 1) {
      const dueAt = started + (sent * 1_000) / perSecond;
      calls.push(work().then(() => timesMs.push(performance.now() - dueAt)));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(calls);
  return { timesMs };
}

/** User and system time of a process, from the clock ticks of /proc (100 a second on Linux). */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
