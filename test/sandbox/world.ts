import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheDirectory, poolLimits, silentLog, systemClock } from "../../src/base/index.ts";
import {
  openSandboxTier,
  type ProcessExit,
  type Sandbox,
  type SandboxListeners,
  type SandboxProcess,
  type SandboxSpec,
  type SandboxTier,
  type Zygote,
} from "../../src/environments/sandbox/index.ts";
import { findRuntimes, type Runtime } from "../../src/runtimes/index.ts";
import { TESTED_TIER } from "../../testkit/tested-tier.ts";
import { outputOf, until } from "./observe.ts";

export const ENDPOINT_PORT = 4566;

export interface Result {
  readonly output: string;
  readonly exit: ProcessExit;
}

/** A namespaces tier on a state directory of its own, and a package that holds the test program `inside`. */
export class SandboxWorld {
  readonly tier: SandboxTier;
  readonly directory: string;
  readonly #zygote: Zygote | undefined;
  #created = 0;

  constructor(tier: SandboxTier, directory: string, zygote?: Zygote) {
    this.tier = tier;
    this.directory = directory;
    this.#zygote = zygote;
  }

  /** The package that becomes `/var/task`. */
  get code(): string {
    return join(this.directory, "code");
  }

  /** The test program as the host sees it. */
  get program(): string {
    return join(this.code, "inside");
  }

  create(spec: Partial<SandboxSpec> = {}, listeners: Partial<SandboxListeners> = {}): Promise<Sandbox> {
    this.#created++;
    return (this.#zygote ?? this.tier).create(
      {
        id: `t${this.#created}`,
        memoryMiB: 128,
        ephemeralStorageMiB: 512,
        mounts: [{ source: this.code, target: "/var/task", exact: true }],
        ...spec,
      },
      { onRuntimeApi: (socket) => socket.destroy(), onEndpoint: (socket) => socket.destroy(), ...listeners },
    );
  }

  async close(): Promise<void> {
    await this.#zygote?.destroy();
    await this.tier.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Who forks the init of a sandbox; whoever it is, the same walls stand around it. */
export const ORIGINS: readonly ("the spawner" | "a zygote")[] =
  TESTED_TIER === "namespaces" ? ["the spawner", "a zygote"] : ["the spawner"];

/**
 * Fails where namespaces don't work: these tests must not pass on another tier. Without egress unless asked for, so
 * that nothing ever leaves the machine.
 */
export async function openSandboxWorld(
  options: { readonly egress?: boolean; readonly origin?: (typeof ORIGINS)[number] } = {},
): Promise<SandboxWorld> {
  const directory = await mkdtemp(join(tmpdir(), "lambkin-sandbox-"));
  await chmod(directory, 0o755);
  await mkdir(join(directory, "code"));
  await writeFile(join(directory, "code", "greeting.txt"), "hello from the package\n");
  await compileInside(join(directory, "code", "inside"));
  const tier = await openSandboxTier({
    cacheDirectory: cacheDirectory(),
    stateDirectory: join(directory, "state"),
    endpointPort: ENDPOINT_PORT,
    clock: systemClock,
    log: silentLog,
    egress: options.egress === true,
    prefer: TESTED_TIER,
  });
  if (tier.name !== TESTED_TIER) {
    await tier.close();
    throw new Error(`no ${TESTED_TIER} on this machine: ${tier.report.limits[0]?.detail}`);
  }
  if (options.origin !== "a zygote") return new SandboxWorld(tier, directory);
  const runtime = (await findRuntimes()).find("python3.12");
  const zygote = runtime === undefined ? undefined : await openZygote(tier, runtime);
  return new SandboxWorld(tier, directory, zygote);
}

/** A zygote as the pool starts it. */
export function openZygote(tier: SandboxTier, runtime: Runtime): Promise<Zygote> {
  assert.ok(tier.zygote !== undefined, "the tier has zygotes");
  const { zygoteMiB: memoryMiB } = poolLimits;
  return tier.zygote({
    id: `zygote-${runtime.family}`,
    memoryMiB,
    mounts: runtime.mounts,
    command: runtime.command({ memoryMiB, variables: {}, bootstrap: "" }),
    environment: { ...runtime.defaultVariables, _LAMBKIN_WAIT: "1", _LAMBKIN_ZYGOTE: "1" },
  });
}

/** Puts a test program there; static, so that it runs anywhere. It is compiled once for what it says. */
export async function compileInside(output: string, name = "inside.c"): Promise<void> {
  const source = join(import.meta.dirname, name);
  const digest = createHash("sha256")
    .update(await readFile(source))
    .update(await readFile(join(import.meta.dirname, "facts.h")))
    .digest("hex");
  const kept = join(cacheDirectory(), `inside-${digest.slice(0, 16)}`);
  if (!existsSync(kept)) {
    await mkdir(cacheDirectory(), { recursive: true, mode: 0o700 });
    const made = `${kept}.${process.pid}`;
    await promisify(execFile)("cc", ["-O1", "-static", "-o", made, source]);
    await rename(made, kept);
  }
  await copyFile(kept, output);
}

export function start(sandbox: Sandbox, ...command: [string, ...string[]]): Promise<SandboxProcess> {
  return sandbox.start({ command, environment: { PATH: "/usr/bin:/bin" }, workingDirectory: "/var/task" });
}

export function sh(sandbox: Sandbox, script: string): Promise<Result> {
  return start(sandbox, "/bin/sh", "-c", script).then(finish);
}

/** Runs the test program. */
export function inside(sandbox: Sandbox, ...arguments_: string[]): Promise<Result> {
  return start(sandbox, "/var/task/inside", ...arguments_).then(finish);
}

async function finish(process: SandboxProcess): Promise<Result> {
  const output = await outputOf(process);
  return { output, exit: await process.exited };
}

/** Lines of `name result` as a map. */
export function facts(output: string): Map<string, string> {
  return new Map(
    output
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ") as [string, string]),
  );
}

/** Directories of cgroups that spawners of this machine made, or the one of that process id. */
export async function spawnerCgroups(spawner?: number): Promise<string[]> {
  const wanted = spawner === undefined ? /^lambkin-/ : new RegExp(`^lambkin-\\d+-${spawner}-`);
  const found: string[] = [];
  const search = async (directory: string, depth: number): Promise<void> => {
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isDirectory()) continue;
      const path = join(directory, entry.name);
      if (wanted.test(entry.name)) found.push(path);
      else if (depth > 0) await search(path, depth - 1);
    }
  };
  await search("/sys/fs/cgroup", 6);
  return found;
}

/** Directories of the cgroups of a sandbox of this process: those of other servers may have the same name. */
export async function cgroupsOf(id: string): Promise<string[]> {
  const spawner = await spawnerOf(process.pid);
  assert.ok(spawner !== undefined, "the spawner runs");
  return (await spawnerCgroups(spawner)).map((path) => join(path, id)).filter((path) => existsSync(path));
}

/** Whether the kernel has stopped all that runs in a sandbox of this process; on a busy machine that takes its turn. */
export async function standsStill(id: string): Promise<boolean> {
  for (const path of await cgroupsOf(id))
    for (const [file, still] of [
      ["freezer.state", /^FROZEN$/m],
      ["cgroup.events", /^frozen 1$/m],
    ] as const)
      if (still.test(await readFile(join(path, file), "latin1").catch(() => ""))) return true;
  return false;
}

/** Loop devices whose backing file lies, or lay, below `directory`. */
export async function loopDevices(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir("/sys/block").catch(() => [])) {
    const backing = await readFile(`/sys/block/${name}/loop/backing_file`, "utf8").catch(() => "");
    if (backing.startsWith(directory)) found.push(name);
  }
  return found;
}

/** What the spawner keeps ready of a size that was used twice; see native/spawner/stock.c. */
const STOCK_DEPTH = 8;

/** Waits until there are the loop devices of that many sandboxes, and of the stock, and no others. */
export async function onlyLoopDevicesOf(sandboxes: number, directory: string, stock = true): Promise<void> {
  const expected = (stock ? STOCK_DEPTH : 0) + sandboxes;
  await until(async () => (await loopDevices(directory)).length === expected);
}

/** The spawner of this or another server; its inits, which have the same command line, are its children. */
export async function spawnerOf(server: number): Promise<number | undefined> {
  for (const pid of await processesWith("/spawner-")) {
    const status = await readFile(`/proc/${pid}/status`, "latin1").catch(() => "");
    if (new RegExp(`^PPid:\\s+${server}$`, "m").test(status)) return pid;
  }
  return undefined;
}

/** Processes whose command line holds `text`, the zombies left out. */
export async function processesWith(text: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const line = await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "");
    if (line.includes(text)) found.push(Number(pid));
  }
  return found;
}
