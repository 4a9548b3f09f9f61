import os from "node:os";

/** Memory in bytes: of the machine, or of the cgroup that this process may not exceed, whichever is less. */
export interface MachineMemory {
  readonly totalBytes: number;
  /** What can be had without swapping, caches included. */
  readonly availableBytes: number;
}

export function machineMemory(): MachineMemory {
  const limit = process.constrainedMemory();
  return {
    totalBytes: Math.min(os.totalmem(), limit > 0 ? limit : Number.POSITIVE_INFINITY),
    availableBytes: Math.min(os.freemem(), process.availableMemory()),
  };
}
