import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { cacheDirectory, silentLog, systemClock } from "../base/index.ts";
import { compareTiers, openSandboxTier, type TierColumn, type TierReport } from "../environments/index.ts";
import { findRuntimes, type RuntimeAvailability } from "../runtimes/index.ts";

export interface Diagnosis {
  readonly machine: readonly { readonly name: string; readonly value: string }[];
  readonly isolation: TierReport;
  readonly tiers: readonly TierColumn[];
  readonly runtimes: readonly RuntimeAvailability[];
}

/** Tries what this machine can do, by really doing each thing once. */
export async function diagnose(dataDirectory: string): Promise<Diagnosis> {
  const stateDirectory = await mkdtemp(path.join(os.tmpdir(), "lambkin-doctor-"));
  try {
    const options = {
      cacheDirectory: cacheDirectory(),
      stateDirectory,
      endpointPort: 4566,
      clock: systemClock,
      log: silentLog,
    };
    const tier = await openSandboxTier(options);
    const isolation = tier.report;
    const tiers = await compareTiers(tier, options);
    await tier.close();
    const runtimes = await findRuntimes();
    return {
      machine: [
        {
          name: "system",
          value: `${os.type()} ${os.release()} on ${os.arch()}, ${os.availableParallelism()} CPUs, ${Math.floor(os.totalmem() / 2 ** 20)} MiB`,
        },
        { name: "node", value: process.version },
        { name: "user", value: process.getuid?.() === 0 ? "root" : `uid ${process.getuid?.() ?? "?"}` },
        {
          name: "data",
          value: `${dataDirectory}${existsSync(dataDirectory) ? "" : " (made at the first start)"}`,
        },
      ],
      isolation,
      tiers,
      runtimes: runtimes.list(),
    };
  } finally {
    await rm(stateDirectory, { recursive: true, force: true });
  }
}
