import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { cacheDirectory, poolLimits, silentLog, systemClock, systemRandomness } from "../src/base/index.ts";
import { openSandboxTier, type SandboxTier } from "../src/environments/index.ts";
import { poolKeyOf } from "../src/environments/pool/pool-key.ts";
import { PooledSandbox } from "../src/environments/pool/pooled-sandbox.ts";
import { Zygotes } from "../src/environments/pool/zygotes.ts";
import { findRuntimes, type Runtime } from "../src/runtimes/index.ts";
import type { Bench, Figure } from "./figure.ts";
import { pssKiB, sandboxesMiB } from "./process-memory.ts";

/** Of one zygote, so that its own memory counts too. */
const SANDBOXES = poolLimits.forksOfZygote;
const STARTED = 8;

const SPEC = {
  initialization: "on-demand",
  memoryMiB: 1_769,
  ephemeralStorageMiB: 512,
  environment: {},
} as const;

/** Waiting sandboxes that are forked, against those whose interpreter is started, and against a bare interpreter. */
export const forked: Bench = {
  name: "forked sandboxes",
  conditions: `${SANDBOXES} sandboxes out of one zygote and ${STARTED} with an interpreter each, waiting; memory as PSS of all their processes, init and zygote included; refill one after the other`,
  async run() {
    const figures: Figure[] = [];
    const runtimes = await findRuntimes();
    const stateDirectory = mkdtempSync(path.join(os.tmpdir(), "lambkin-bench-"));
    const tier = await openSandboxTier({
      cacheDirectory: cacheDirectory(),
      stateDirectory,
      endpointPort: 4566,
      egress: false,
      clock: systemClock,
      log: silentLog,
    });
    try {
      for (const identifier of ["python3.11", "ruby3.2"]) {
        const runtime = runtimes.find(identifier);
        if (runtime !== undefined) figures.push(...(await compare(tier, runtime)));
      }
    } finally {
      await tier.close();
      rmSync(stateDirectory, { recursive: true, force: true });
    }
    return figures;
  },
};

async function compare(tier: SandboxTier, runtime: Runtime): Promise<Figure[]> {
  const bare = await bareMiB(runtime);
  const zygotes = new Zygotes(tier, systemRandomness, silentLog);
  const forks = await make(SANDBOXES, runtime, { tier, zygotes });
  const started = await make(STARTED, runtime, { tier });
  await Promise.all([...forks.made, ...started.made].map((sandbox) => sandbox.destroy()));
  await zygotes.close();
  const { identifier } = runtime;
  const perGiB = 1024 / forks.eachMiB;
  return [
    {
      name: `${identifier}, PSS of a forked sandbox (${Math.floor(perGiB)} in a GiB)`,
      unit: "MiB",
      value: forks.eachMiB,
      baseline: { name: "of a bare interpreter", value: bare },
    },
    {
      name: `${identifier}, PSS of a sandbox with an interpreter of its own`,
      unit: "MiB",
      value: started.eachMiB,
      baseline: { name: "of a bare interpreter", value: bare },
    },
    {
      name: `${identifier}, forked sandboxes made to wait`,
      unit: "1/s",
      value: forks.perSecond,
      baseline: { name: "with an interpreter of their own", value: started.perSecond },
    },
  ];
}

async function make(
  count: number,
  runtime: Runtime,
  from: { readonly tier: SandboxTier; readonly zygotes?: Zygotes },
): Promise<{ made: PooledSandbox[]; eachMiB: number; perSecond: number }> {
  const key = poolKeyOf(SPEC, runtime);
  if ("fresh" in key) throw new Error(key.fresh);
  const before = sandboxesMiB();
  const made: PooledSandbox[] = [];
  let begun = performance.now();
  for (let n = 0; n < count; n += 1) {
    const sandbox = new PooledSandbox(systemRandomness.uuid(), key, from, () => undefined);
    made.push(sandbox);
    await sandbox.ready;
    // The first is not a refill: it brings the zygote, or fills the page cache.
    if (n === 0) begun = performance.now();
  }
  const perSecond = ((count - 1) * 1000) / (performance.now() - begun);
  return { made, eachMiB: (sandboxesMiB() - before) / count, perSecond };
}

/** An interpreter that has started and does nothing, of as many as there are of those with one of their own. */
async function bareMiB(runtime: Runtime): Promise<number> {
  const program = runtime.interpreter?.program ?? "";
  const code = runtime.family === "python" ? ["-c", "import time; time.sleep(60)"] : ["-e", "sleep 60"];
  const children = Array.from({ length: STARTED }, () => spawn(program, code, { stdio: "ignore" }));
  await setTimeout(2_000);
  const kib = children.reduce((sum, { pid }) => sum + pssKiB(String(pid)), 0);
  for (const child of children) child.kill("SIGKILL");
  return kib / 1024 / STARTED;
}
