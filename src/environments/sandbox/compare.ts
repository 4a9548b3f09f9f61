import { silentLog } from "../../base/index.ts";
import { openGvisorTier } from "./gvisor/gvisor-tier.ts";
import { gvisorReport } from "./gvisor/report.ts";
import type { SandboxTier, TierLimit, TierReport } from "./interfaces.ts";
import { openProcessTier } from "./process/process-tier.ts";
import { expectedReport } from "./spawner/report.ts";
import { findSlirp } from "./spawner/uplink.ts";
import type { SandboxTierOptions } from "./tier-options.ts";

/** A way to run functions, beside the others that a machine might give. */
export interface TierColumn {
  readonly name: "gVisor" | "namespaces, root" | "namespaces, ordinary user" | "process";
  /** The one that functions run in here. */
  readonly current: boolean;
  /** Seen by running it, here and as this user; otherwise what a machine gives that has all that it takes. */
  readonly tried: boolean;
  readonly limits: TierReport["limits"];
  /** Limits that hold there and not here, or better there. */
  readonly gains: readonly string[];
}

type CompareOptions = Pick<
  SandboxTierOptions,
  "cacheDirectory" | "stateDirectory" | "endpointPort" | "clock"
>;

/** Every tier beside `tier`, the one that is used; opens the others that this user can open. */
export async function compareTiers(tier: SandboxTier, options: CompareOptions): Promise<TierColumn[]> {
  const root = process.getuid?.() === 0;
  const here = tier.report;
  const column = (name: TierColumn["name"], report: TierReport, tried: boolean): TierColumn => ({
    name,
    current: tried && report.tier === here.tier,
    tried,
    limits: report.limits,
    gains: report.limits
      .filter((limit) => strength(limit) > strengthIn(here, limit.name))
      .map(({ name }) => name),
  });
  const namespaces = async (privileged: boolean) => {
    const used = here.tier === "namespaces" && privileged === root;
    return used ? here : expectedReport(privileged, (await findSlirp()) !== undefined);
  };
  const gvisor = here.tier === "gvisor" ? here : await triedGvisor(options);
  return [
    column("gVisor", gvisor ?? gvisorReport(await namespaces(root)), gvisor !== undefined),
    column("namespaces, root", await namespaces(true), here.tier === "namespaces" && root),
    column("namespaces, ordinary user", await namespaces(false), here.tier === "namespaces" && !root),
    column("process", here.tier === "process" ? here : await processReport(options), true),
  ];
}

/** Undefined where it is not installed or does not work. */
async function triedGvisor(options: CompareOptions): Promise<TierReport | undefined> {
  try {
    const tier = await openGvisorTier({ ...options, log: silentLog });
    await tier.close();
    return tier.report;
  } catch {
    return undefined;
  }
}

async function processReport(options: CompareOptions): Promise<TierReport> {
  const tier = await openProcessTier({ ...options, log: silentLog });
  await tier.close();
  return tier.report;
}

/** 0 for what is open, 1 for what holds in part, 2 for what holds. */
function strength(limit: TierLimit): number {
  if (!limit.holds) return 0;
  return limit.partly === true ? 1 : 2;
}

function strengthIn(report: TierReport, name: string): number {
  const limit = report.limits.find((candidate) => candidate.name === name);
  return limit === undefined ? 0 : strength(limit);
}
