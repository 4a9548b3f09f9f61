import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { silentLog, systemClock } from "../src/base/index.ts";
import {
  compileSpawner,
  openSandboxTier,
  type Sandbox,
  type SandboxTier,
} from "../src/environments/sandbox/index.ts";
import { SpawnerChannel } from "../src/environments/sandbox/spawner/channel.ts";
import { spawnFields } from "../src/environments/sandbox/spawner/plain-spawn.ts";
import { rootFields, systemTree } from "../src/environments/sandbox/spawner/root-tree.ts";
import { type Bench, closedLoop, type Figure, percentile } from "./figure.ts";

const STARTS = 200;
const CHURN_MS = 5_000;
const CHURN_WIDTH = 4;
const BYTES_PER_MIB = 1024 * 1024;
const COMMAND = ["/bin/echo", "up"] as const;

/** From a ready cell to the first byte of a program, and how many cells can be made and removed. */
export const sandbox: Bench = {
  name: "sandbox",
  conditions: `the best tier of the machine, 128 MB and 512 MB of /tmp (namespaces only: what an ordinary user without cgroups gets); ${STARTS} starts of echo one after the other; ${CHURN_WIDTH} sandboxes made and removed at a time. Baseline: the same program spawned by Node.js`,
  async run() {
    const figures: Figure[] = [];
    const directory = await mkdtemp(path.join(os.tmpdir(), "lambkin-bench-"));
    try {
      figures.push(...(await namespacesOnly(directory)));
      for (const egress of [false, true]) {
        const tier = await openTier(directory, egress);
        try {
          if (!egress) figures.push(...(await starts(tier)));
          const round = async () => (await create(tier)).destroy();
          figures.push(...(await churn(round, egress ? "complete" : "without uplink")));
        } finally {
          await tier.close();
        }
      }
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
    return figures;
  },
};

function openTier(directory: string, egress: boolean): Promise<SandboxTier> {
  return openSandboxTier({
    cacheDirectory: path.join(os.tmpdir(), "lambkin-bench-cache"),
    stateDirectory: directory,
    endpointPort: 4566,
    egress,
    clock: systemClock,
    log: silentLog,
  });
}

let created = 0;
function create(tier: SandboxTier): Promise<Sandbox> {
  created += 1;
  return tier.create(
    { id: `bench-${created}`, memoryMiB: 128, ephemeralStorageMiB: 512, mounts: [] },
    { onRuntimeApi: (socket) => socket.destroy(), onEndpoint: (socket) => socket.destroy() },
  );
}

async function starts(tier: SandboxTier): Promise<Figure[]> {
  const cell = await create(tier);
  const ours: number[] = [];
  const bare: number[] = [];
  for (let n = 0; n < STARTS; n += 1) {
    bare.push(await bareStart());
    const begun = performance.now();
    const process = await cell.start({ command: COMMAND, environment: {}, workingDirectory: "/tmp" });
    await once(process.output, "data");
    ours.push(performance.now() - begun);
    await process.exited;
  }
  await cell.destroy();
  return (
    [
      ["p50", 0.5],
      ["p90", 0.9],
    ] as const
  ).map(([label, share]) => ({
    name: `ready cell to the program's first byte, ${label}`,
    unit: "ms",
    value: percentile(ours, share),
    baseline: { name: `bare process, ${label}`, value: percentile(bare, share) },
  }));
}

async function bareStart(): Promise<number> {
  const begun = performance.now();
  const child = spawn(COMMAND[0], [COMMAND[1]], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  const took = performance.now() - begun;
  if (child.exitCode === null) await once(child, "exit");
  return took;
}

/** By the spawner of an ordinary user, who has no cgroup, no image for `/tmp` and no uplink. */
async function namespacesOnly(directory: string): Promise<Figure[]> {
  const program = path.join(directory, "spawner-of-nobody");
  await chmod(directory, 0o755);
  await copyFile(await compileSpawner(path.join(os.tmpdir(), "lambkin-bench-cache")), `${program}.program`);
  await chmod(`${program}.program`, 0o755);
  const drop = process.getuid?.() === 0 ? "setpriv --reuid 65534 --regid 65534 --clear-groups " : "";
  await writeFile(program, `#!/bin/sh\nPATH=/usr/bin:/bin exec ${drop}${program}.program "$@"\n`, {
    mode: 0o755,
  });
  const channel = new SpawnerChannel({
    program,
    stateDirectory: directory,
    clock: systemClock,
    log: silentLog,
    onEvent: () => undefined,
    onEnd: () => undefined,
  });
  const { values } = await channel.request("hello", "").reply;
  if (values["privileged"] === true || values["memory"] === true) throw new Error("more than namespaces");
  const fields = spawnFields({
    user: 1,
    memoryBytes: 128 * BYTES_PER_MIB,
    processes: 1_024,
    tmpTemplate: "",
    tmpBytes: 512 * BYTES_PER_MIB,
    runtimePort: 9_001,
    endpointPort: 4_566,
    uplink: 0,
    spare: 0,
    tree: rootFields(await systemTree(), []),
  });
  try {
    return await churn(async () => {
      created += 1;
      const id = `bench-${created}`;
      const { handles } = await channel.request("spawn", id, fields, 2).reply;
      for (const handle of handles.values()) handle.close();
      await channel.request("destroy", id).reply;
    }, "namespaces only");
  } finally {
    await channel.close();
  }
}

async function churn(round: () => Promise<void>, what: string): Promise<Figure[]> {
  const spawner = await spawnerOf(process.pid);
  const before = await processorMs(spawner);
  const { perSecond, timesMs } = await closedLoop(CHURN_WIDTH, CHURN_MS, round);
  const spent = (await processorMs(spawner)) - before;
  const bare = await closedLoop(CHURN_WIDTH, CHURN_MS / 5, bareStart);
  return [
    {
      name: `sandboxes made and removed, ${what}`,
      unit: "1/s",
      value: perSecond,
      baseline: { name: "bare processes", value: bare.perSecond },
    },
    {
      name: `processor time of the spawner and its sandboxes for one, ${what}`,
      unit: "ms",
      value: spent / timesMs.length,
      baseline: { name: "p50 of making and removing one", value: percentile(timesMs, 0.5) },
    },
  ];
}

/** The child that serves this process's tier; without one, the process itself. */
async function spawnerOf(pid: number): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ");
  for (const child of children.filter((text) => text !== "")) {
    const command = await readFile(`/proc/${child}/cmdline`, "latin1").catch(() => "");
    if (command.includes("spawner-")) return Number(child);
  }
  return pid;
}

/** User and system time of a process and of its children that ended; the kernel counts in hundredths of a second. */
async function processorMs(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, "latin1")).split(") ")[1]?.split(" ") ?? [];
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
}
