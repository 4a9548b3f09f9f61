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

/**
 * Without the kernel's figures of memory pressure (PSI): a cgroup at its own limit stalls as well and counts in them, so
 * that one function without memory would seem to be a machine without.
 *
 * Asked while a request waits: where nothing limits the process, it is not looked for at every call.
 */
export function machineMemory(): MachineMemory {
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
