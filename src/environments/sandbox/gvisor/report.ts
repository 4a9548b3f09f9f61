import { environmentLimits } from "../../../base/index.ts";
import type { TierLimit, TierReport } from "../interfaces.ts";

/** What gVisor changes of what its namespaces give. */
const CHANGES: Readonly<Record<string, (limit: TierLimit) => TierLimit>> = {
  isolation: (limit) => ({
    ...limit,
    detail: "gVisor, and around it own namespaces with a minimal read-only root",
  }),
  kernel: ({ name }) => ({
    name,
    holds: true,
    detail: "gVisor answers the system calls of functions; few of its own reach the kernel of this machine",
  }),
  memory: (limit) => ({
    ...limit,
    partly: true,
    detail: `${limit.detail}; with ${environmentLimits.gvisorMemoryMiB} MiB more for gVisor, of which a function can get some`,
  }),
  processes: (limit) => ({
    ...limit,
    detail: `kept by gVisor, ${environmentLimits.processes} processes and threads`,
  }),
};

/** The report of gVisor in sandboxes that, without it, have that report. */
export function gvisorReport(around: TierReport): TierReport {
  return {
    tier: "gvisor",
    limits: around.limits.map((limit) => CHANGES[limit.name]?.(limit) ?? limit),
  };
}
