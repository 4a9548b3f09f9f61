import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Sandbox } from "../../src/environments/sandbox/index.ts";
import { until } from "../../test/sandbox/observe.ts";
import { NOBODY, readableByAll } from "../../test/sandbox/ordinary-rights.ts";
import {
  inside,
  loopDevices,
  openSandboxWorld,
  type SandboxWorld,
  sh,
  spawnerCgroups,
  spawnerOf,
  start,
} from "../../test/sandbox/world.ts";

const MIB = 1024 * 1024;
const OWNER = join(import.meta.dirname, "../../test/sandbox/owner.ts");

describe("the limits of gVisor", () => {
  let world: SandboxWorld;
  before(async () => {
    world = await openSandboxWorld();
  });
  after(() => world?.close());

  it("end what takes too much memory, tell so, and let it start again with its /tmp", async () => {
    const sandbox = await world.create({ memoryMiB: 128 });
    assert.equal((await inside(sandbox, "allocate", "40")).output, "allocated\n");
    const peak = await sandbox.peakMemoryBytes();
    assert.ok(peak > 40 * MIB && peak < 70 * MIB, `peak ${peak}`);
    await sh(sandbox, "echo kept >/tmp/note");
    const large = await inside(sandbox, "allocate", "400");
    assert.deepEqual(large, { output: "", exit: { signal: "SIGKILL", outOfMemory: true } });
    assert.equal(await sandbox.peakMemoryBytes(), 128 * MIB);
    assert.equal((await sh(sandbox, "cat /tmp/note")).output, "kept\n");
    assert.deepEqual((await sh(sandbox, "kill -KILL $$")).exit, { signal: "SIGKILL", outOfMemory: false });
    await sandbox.destroy();
  });

  it("end a fork bomb, by number or by memory, and not its neighbour", async () => {
    const neighbour = await world.create();
    const counting = await start(neighbour, "/var/task/inside", "count");
    counting.output.resume();
    const [bomb, small] = await Promise.all([
      world.create({ memoryMiB: 3_008 }),
      world.create({ memoryMiB: 128 }),
    ]);
    const [count, error] = (await inside(bomb, "fork", "3000")).output.trim().split(" ");
    assert.equal(error, "EAGAIN");
    assert.ok(Number(count) > 900 && Number(count) <= 1024, `${count} children`);
    assert.deepEqual((await inside(small, "fork", "3000")).exit, { signal: "SIGKILL", outOfMemory: true });
    assert.equal((await sh(neighbour, "echo alive")).output, "alive\n");
    assert.equal(await Promise.race([counting.exited, Promise.resolve("running")]), "running");
    await Promise.all([neighbour, bomb, small].map((sandbox) => sandbox.destroy()));
  });

  it("bound /tmp, on disk and not as memory", async () => {
    const sandbox = await world.create({ memoryMiB: 128, ephemeralStorageMiB: 512 });
    const filled = await inside(sandbox, "fill", "800", "/tmp/large");
    assert.deepEqual(filled.exit, { code: 0, outOfMemory: false });
    const [mib, error] = filled.output.trim().split(" ");
    assert.equal(error, "ENOSPC");
    assert.ok(Number(mib) >= 512 && Number(mib) <= 530, `${mib} MiB fit`);
    await sandbox.destroy();
  });

  it("give a share of a CPU by memory size, as the host counts it", async () => {
    const sandbox = await world.create({ memoryMiB: 177 });
    const spin = await start(sandbox, "/bin/sh", "-c", "echo up; while :; do :; done");
    await once(spin.output, "data");
    const share = async (ms: number) => {
      const [beganMs, before] = [performance.now(), await cpuMs(sandbox)];
      await delay(ms);
      return ((await cpuMs(sandbox)) - before) / (performance.now() - beganMs);
    };
    await sandbox.limitCpu(true);
    await delay(300);
    const limited = await share(2_000);
    await sandbox.limitCpu(false);
    const free = await share(2_000);
    assert.ok(limited < 0.13, `${limited} of a CPU, for a tenth`);
    assert.ok(free > limited * 1.5, `the control: ${free} without a limit`);
    await sandbox.destroy();
  });

  it("stop everything when frozen, and harm nothing that was just beginning", async () => {
    const sandbox = await world.create({ memoryMiB: 256 });
    const script = "echo up; while :; do /bin/true || echo harmed; echo t; done";
    const busy = await start(sandbox, "/bin/sh", "-c", script);
    let [ticks, output] = [0, ""];
    busy.output.on("data", (data) => {
      ticks++;
      output += String(data);
    });
    await until(() => ticks > 3);
    for (let round = 0; round < 40; round++) {
      await sandbox.freeze();
      if (round % 10 === 0) {
        await delay(30);
        const frozen = output.length;
        await delay(100);
        assert.equal(output.length, frozen);
      }
      await sandbox.thaw();
      await delay(round % 7);
    }
    const before = ticks;
    await until(() => ticks > before);
    await sandbox.freeze();
    await sandbox.killProcesses();
    assert.deepEqual(await busy.exited, { signal: "SIGKILL", outOfMemory: false });
    assert.doesNotMatch(output, /harmed|fault|Killed/);
    assert.equal((await sh(sandbox, "cat /proc/[0-9]*/comm | grep -c true")).output, "0\n");
    await sandbox.destroy();
  });

  /** CPU time of everything in the sandbox, gVisor included. */
  async function cpuMs(sandbox: Sandbox): Promise<number> {
    for (const directory of await spawnerCgroups()) {
      const own = join(directory, sandbox.id);
      const version1 = await readFile(join(own, "cpuacct.usage"), "utf8").catch(() => undefined);
      if (version1 !== undefined) return Number(version1) / 1e6;
      const version2 = await readFile(join(own, "cpu.stat"), "utf8").catch(() => "");
      const usage = /^usage_usec (\d+)$/m.exec(version2)?.[1];
      if (usage !== undefined) return Number(usage) / 1e3;
    }
    throw new Error("no cgroup counts the CPU time");
  }
});

describe("the end of a server with gVisor", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "lambkin-gvisor-owner-"));
    await chmod(directory, 0o777);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  for (const uid of [0, NOBODY])
    it(`leaves nothing when it is killed, as ${uid === 0 ? "root" : "an ordinary user"}`, async () => {
      assert.equal(process.getuid?.(), 0, "this test runs as root");
      for (const path of [OWNER, process.execPath, process.env["PATH"]?.split(":")[0] ?? ""])
        assert.ok(readableByAll(path), `${path} has to be readable by every user`);
      const state = join(directory, `state-${uid}`);
      const child = spawn(process.execPath, [OWNER, join(directory, `cache-${uid}`), state, "token"], {
        stdio: ["ignore", "pipe", "inherit"],
        detached: true,
        uid,
        gid: uid,
      });
      const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
      const facts = JSON.parse(line) as { readonly tier: string; readonly user: number };
      assert.deepEqual([facts.tier, facts.user], ["gvisor", uid]);
      const spawner = await spawnerOf(child.pid as number);
      assert.ok(spawner !== undefined, "the control: its spawner runs");
      const below = await descendants(spawner);
      assert.ok(below.size >= 8, `the control: ${below.size} processes run, of two sandboxes`);
      process.kill(child.pid as number, "SIGKILL");
      await until(async () => {
        const left = await startTimes();
        return [...below, ...[[spawner, undefined] as const]].every(([pid, begun]) =>
          begun === undefined ? !left.has(pid) : left.get(pid)?.begun !== begun,
        );
      });
      await until(async () => (await spawnerCgroups(spawner)).length === 0);
      await until(async () => (await loopDevices(directory)).length === 0);
    });
});

/** Parent and start time of every process but the zombies, by its number. */
async function startTimes(): Promise<Map<number, { readonly parent: number; readonly begun: string }>> {
  const found = new Map<number, { parent: number; begun: string }>();
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const text = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
    const [state, parent, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    if (state !== undefined && state !== "" && state !== "Z" && state !== "X")
      found.set(Number(pid), { parent: Number(parent), begun: rest[17] ?? "" });
  }
  return found;
}

async function descendants(root: number): Promise<Map<number, string>> {
  const all = await startTimes();
  const found = new Map<number, string>();
  const visit = (parent: number): void => {
    for (const [pid, process] of all)
      if (process.parent === parent) {
        found.set(pid, process.begun);
        visit(pid);
      }
  };
  visit(root);
  return found;
}
