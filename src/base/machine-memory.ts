import os from "node:os";
import { cgroupMemory } from "./cgroup-memory.ts";

/** Memory in bytes: of the machine, or of the cgroups that this process may not exceed, whichever is less. */
export interface MachineMemory {
  readonly totalBytes: number;
  /** What can be had without swapping, caches included. */
  readonly availableBytes: number;
}

/**
 * Without the kernel's figures of memory pressure (PSI): a cgroup at its own limit stalls as well and counts in them, so
 * that one function without memory would seem to be a machine without.
 */
export function machineMemory(): MachineMemory {
  const limit = process.constrainedMemory();
  const cgroups = cgroupMemory();
  return {
    totalBytes: Math.min(os.totalmem(), limit > 0 ? limit : Number.POSITIVE_INFINITY, cgroups.limitBytes),
    availableBytes: Math.min(os.freemem(), process.availableMemory(), cgroups.availableBytes),
  };
}
