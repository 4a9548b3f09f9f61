import os from "node:os";
import { cgroupMemory } from "./cgroup-memory.ts";

/** Memory in bytes: of the machine, or of the cgroups that this process may not exceed, whichever is less. */
export interface MachineMemory {
  readonly totalBytes: number;
  /** What can be had without swapping, caches included. */
  readonly availableBytes: number;
}

/** How long it may take to notice that a limit was set where there was none. */
const LIMITS_KEPT_MS = 10_000;

const machineBytes = os.totalmem();
let unlimitedUntilMs = Number.NEGATIVE_INFINITY;

/** With that share of the memory available, a reading of the last seconds is good for one more answer. */
const PLENTY_SHARE = 0.5;
const PLENTY_KEPT_MS = 10_000;
/** Then it is read again this much later, when what the first answer was for has happened. */
const READ_BEHIND_MS = 10;

let last: MachineMemory | undefined;
let readAtMs = Number.NEGATIVE_INFINITY;
let reading = false;

/**
 * Asked while a request waits, and the kernel takes a quarter of a millisecond to tell: where there was plenty just now,
 * the answer is what was read then, and it is read anew behind it.
 *
 * Without the kernel's figures of memory pressure (PSI): a cgroup at its own limit stalls as well and counts in them, so
 * that one function without memory would seem to be a machine without.
 */
export function machineMemory(): MachineMemory {
  const ageMs = performance.now() - readAtMs;
  if (last === undefined || ageMs > PLENTY_KEPT_MS || last.availableBytes < last.totalBytes * PLENTY_SHARE) {
    return readNow();
  }
  if (!reading && ageMs > READ_BEHIND_MS) {
    reading = true;
    setTimeout(() => {
      reading = false;
      readNow();
    }, READ_BEHIND_MS).unref();
  }
  return last;
}

function readNow(): MachineMemory {
  readAtMs = performance.now();
  last = read();
  return last;
}

/** Where nothing limits this process, limits are not looked for every time. */
function read(): MachineMemory {
  if (performance.now() < unlimitedUntilMs) return { totalBytes: machineBytes, availableBytes: os.freemem() };

  const limit = process.constrainedMemory();
  const cgroups = cgroupMemory();
  const constrained = limit > 0 && limit < machineBytes;
  if (!constrained && cgroups.limitBytes === Number.POSITIVE_INFINITY)
    unlimitedUntilMs = performance.now() + LIMITS_KEPT_MS;
  return {
    totalBytes: Math.min(machineBytes, constrained ? limit : machineBytes, cgroups.limitBytes),
    availableBytes: Math.min(os.freemem(), process.availableMemory(), cgroups.availableBytes),
  };
}
