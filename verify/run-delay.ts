import { readFileSync } from "node:fs";

/** Of a thread since it began, in milliseconds: on a CPU, and ready to run but waiting for one. */
interface RunDelay {
  readonly ranMs: number;
  readonly waitedMs: number;
}

/** Of a thread, or of the first one of a process; zeros where the kernel does not count. */
export function runDelayOf(id: number): RunDelay {
  try {
    return parseRunDelay(readFileSync(`/proc/${id}/schedstat`, "latin1"));
  } catch {
    return { ranMs: 0, waitedMs: 0 };
  }
}

/** https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat */
export function parseRunDelay(text: string): RunDelay {
  const [ran = 0, waited = 0] = text.split(" ").map(Number);
  return { ranMs: ran / 1e6, waitedMs: waited / 1e6 };
}
