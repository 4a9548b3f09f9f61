/** The limits by cgroup v2, for root and for an ordinary user to whom one was delegated. Runs in the virtual machine. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { run } from "../../scripts/setup/run.ts";
import { cacheDirectory } from "../../src/base/index.ts";
import type { Sandbox } from "../../src/environments/sandbox/index.ts";
import { until } from "../../test/sandbox/observe.ts";
import {
  compileInside,
  inside,
  openSandboxWorld,
  processesWith,
  type SandboxWorld,
  sh,
  spawnerCgroups,
  spawnerOf,
  start,
} from "../../test/sandbox/world.ts";

const MIB = 1024 * 1024;
const CGROUPS = "/sys/fs/cgroup";
const CORE_PATTERN = "/proc/sys/kernel/core_pattern";
const ROOT = process.getuid?.() === 0;
const OWNER = path.join(import.meta.dirname, "../../test/sandbox/owner.ts");
/** Of a user's sandbox, /tmp is memory. */
const TMP_MIB = 64;

/** The cgroup of a process, as a directory. */
function cgroupOf(pid: number | "self"): string {
  const line = readFileSync(`/proc/${pid}/cgroup`, "utf8").trim();
  assert.match(line, /^0::\/[^\n]*$/, "a control: there is nothing but version 2");
  return path.join(CGROUPS, line.slice("0::".length));
}

describe(`the limits by cgroup v2 for ${ROOT ? "root" : "an ordinary user"}`, () => {
  let world: SandboxWorld;
  // Another test's server may have cleared it before.
  const given = cgroupOf("self").replace(/\/lambkin-server$/, "");
  before(async () => {
    world = await openSandboxWorld();
  });
  after(() => world?.close());

  async function directoryOf(sandbox: Sandbox): Promise<string> {
    const [own] = (await spawnerCgroups()).map((at) => path.join(at, sandbox.id)).filter(existsSync);
    assert.ok(own !== undefined, "the sandbox has a cgroup");
    return own;
  }

  function create(memoryMiB: number): Promise<Sandbox> {
    return world.create({ memoryMiB, ephemeralStorageMiB: TMP_MIB });
  }

  it("lie where the server may put them", async () => {
    const sandbox = await create(128);
    const servers = path.dirname(await directoryOf(sandbox));
    assert.equal(path.dirname(servers), ROOT ? CGROUPS : given);
    // Processes and controllers exclude each other in one cgroup.
    assert.equal(cgroupOf("self"), ROOT ? given : path.join(given, "lambkin-server"));
    const handed = readFileSync(path.join(servers, "cgroup.subtree_control"), "utf8").trim().split(" ");
    assert.deepEqual(handed.sort(), ["cpu", "io", "memory", "pids"]);
    await sandbox.destroy();
  });

  it("are what the kernel was told", async () => {
    const sandbox = await create(442);
    const sleeper = await start(sandbox, "/bin/sleep", "600");
    const own = await directoryOf(sandbox);
    const told = (file: string) => readFileSync(path.join(own, file), "utf8").trim();
    // A quarter of what anything has by default, as 442 MB are of a whole CPU's 1,769.
    assert.equal(told("cpu.weight"), "24");
    await sandbox.limitCpu(true);
    assert.equal(Number(told("memory.max")), (442 + (ROOT ? 0 : TMP_MIB)) * MIB);
    if (existsSync(path.join(own, "memory.swap.max"))) assert.equal(told("memory.swap.max"), "0");
    assert.equal(told("pids.max"), "1025", "and one for init");
    assert.match(told("cpu.max"), /^\d+ \d+$/);
    const [quota = 0, period = 1] = told("cpu.max").split(" ").map(Number);
    assert.ok(Math.abs(quota / period - 442 / 1769) < 0.01, `${quota} of ${period}`);
    assert.equal(told("io.bfq.weight").split("\n")[0], "default 24");
    assert.equal(readFileSync(path.join(own, "../cpu.weight"), "utf8").trim(), "50");
    assert.ok(told("cgroup.procs").split("\n").length >= 2, "its processes are in it");
    const view = await sh(sandbox, "cat /proc/self/cgroup");
    assert.equal(view.output, "0::/\n", "inside, nothing is seen of the path");
    await sandbox.killProcesses();
    await sleeper.exited;
    await sandbox.destroy();
  });

  it("kill what takes too much memory and not its neighbour", async () => {
    const [hog, neighbour] = await Promise.all([create(128), create(128)]);
    const counting = await start(neighbour, "/var/task/inside", "count");
    counting.output.resume();
    assert.equal((await inside(hog, "allocate", "40")).output, "allocated\n");
    const peak = await hog.peakMemoryBytes();
    assert.ok(peak > 40 * MIB && peak < 60 * MIB, `peak ${peak}`);
    assert.deepEqual(await inside(hog, "allocate", "600"), {
      output: "",
      exit: { signal: "SIGKILL", outOfMemory: true },
    });
    assert.equal(await hog.peakMemoryBytes(), 128 * MIB);
    if (ROOT) {
      const events = readFileSync(path.join(await directoryOf(hog), "memory.events"), "utf8");
      assert.match(events, /^oom_kill [1-9]/m);
    }
    assert.deepEqual((await sh(hog, "kill -KILL $$")).exit, { signal: "SIGKILL", outOfMemory: false });
    assert.equal(await Promise.race([counting.exited, Promise.resolve("running")]), "running");
    assert.equal((await sh(neighbour, "echo alive")).output, "alive\n");
    await Promise.all([hog.destroy(), neighbour.destroy()]);
  });

  it("hold for many small processes together", async () => {
    const sandbox = await create(128);
    const script =
      "i=0; while [ $i -lt 12 ]; do i=$((i+1)); /var/task/inside allocate 20 & done; wait; sleep 600";
    const running = await start(sandbox, "/bin/sh", "-c", `${script} & exec /var/task/inside allocate 600`);
    assert.deepEqual(await running.exited, { signal: "SIGKILL", outOfMemory: true });
    assert.equal((await sh(sandbox, "echo alive")).output, "alive\n");
    await sandbox.destroy();
  });

  it("count processes", async () => {
    const sandbox = await create(1024);
    const forked = async () => (await inside(sandbox, "fork", "3000")).output.trim().split(" ");
    const [count, error] = await forked();
    assert.equal(error, "EAGAIN");
    assert.ok(Number(count) > 900 && Number(count) < 1024, `${count} children`);
    // There is a resource limit, too, so that the cgroup has its say only with a number that is less.
    const own = await directoryOf(sandbox);
    writeFileSync(path.join(own, "pids.max"), "50");
    const [few, refusal] = await forked();
    assert.equal(refusal, "EAGAIN");
    assert.ok(Number(few) > 30 && Number(few) < 50, `${few} children`);
    assert.match(readFileSync(path.join(own, "pids.events"), "utf8"), /^max [1-9]/m);
    await sandbox.destroy();
  });

  if (ROOT)
    it("leave /tmp on disk", async () => {
      const sandbox = await world.create({ memoryMiB: 128, ephemeralStorageMiB: 512 });
      const filled = await inside(sandbox, "fill", "800", "/tmp/large");
      assert.deepEqual(filled.exit, { code: 0, outOfMemory: false });
      const [mib, error] = filled.output.trim().split(" ");
      assert.equal(error, "ENOSPC");
      assert.ok(Number(mib) >= 512 && Number(mib) <= 530, `${mib} MiB fit`);
      await sandbox.destroy();
    });

  if (ROOT)
    it("start no program of the machine's that takes core dumps, which would be root outside", async () => {
      const attacks = path.join(world.code, "attacks");
      await compileInside(attacks, "attacks.c");
      const dumps = path.join(world.directory, "dumps");
      mkdirSync(dumps);
      const pattern = readFileSync(CORE_PATTERN, "utf8");
      writeFileSync(CORE_PATTERN, `|/usr/bin/tee ${dumps}/%p`);
      try {
        await run(attacks, ["crash", "/"]);
        assert.equal(readdirSync(dumps).length, 2, "a control: whatever the limit is");
        const sandbox = await create(128);
        const { output } = await sh(sandbox, "/var/task/attacks crash /tmp");
        assert.equal(output, "at-its-limit died\nwithout-limit died\n");
        assert.equal(readdirSync(dumps).length, 2);
        await sandbox.destroy();
      } finally {
        writeFileSync(CORE_PATTERN, pattern);
      }
    });

  it("give a share of a CPU by memory size", async () => {
    const sandbox = await create(177);
    const spin = await start(sandbox, "/bin/sh", "-c", "echo up; while :; do :; done");
    await once(spin.output, "data");
    const share = async (ms: number) => {
      const [beganMs, before] = [performance.now(), await cpuMs(sandbox)];
      await delay(ms);
      return ((await cpuMs(sandbox)) - before) / (performance.now() - beganMs);
    };
    const free = await share(2_000);
    await sandbox.limitCpu(true);
    await delay(300);
    const limited = await share(4_000);
    assert.ok(limited < 0.13, `${limited} of a CPU, for a tenth`);
    assert.ok(free > limited * 1.5, `the control: ${free} without a limit`);
    assert.match(
      readFileSync(path.join(await directoryOf(sandbox), "cpu.stat"), "utf8"),
      /^nr_throttled [1-9]/m,
    );
    await sandbox.destroy();
  });

  it("weigh sandboxes by their memory where there is not enough CPU", async () => {
    const sandboxes = await Promise.all([create(256), create(1024)]);
    for (const sandbox of sandboxes) {
      const script = "for i in 1 2 3 4; do (while :; do :; done) & done; echo up; wait";
      await once((await start(sandbox, "/bin/sh", "-c", script)).output, "data");
    }
    await delay(1_000);
    const used = () => Promise.all(sandboxes.map(cpuMs));
    const before = await used();
    await delay(8_000);
    const [small = 0, large = 0] = (await used()).map((ms, index) => ms - (before[index] ?? 0));
    assert.ok(large / small > 2 && large / small < 6, `${large} ms and ${small} ms, for four to one`);
    await Promise.all(sandboxes.map((sandbox) => sandbox.destroy()));
  });

  it("freeze, thaw, and kill what is frozen", async () => {
    const sandbox = await create(128);
    const own = await directoryOf(sandbox);
    const state = () => readFileSync(path.join(own, "cgroup.events"), "utf8");
    const counter = await start(sandbox, "/var/task/inside", "count");
    let ticks = 0;
    counter.output.on("data", (data) => (ticks += String(data).length / 5));
    await until(() => ticks > 10);
    await sandbox.freeze();
    await until(() => /^frozen 1$/m.test(state()));
    await delay(100);
    const frozen = ticks;
    await delay(500);
    assert.equal(ticks, frozen);
    assert.ok((await sandbox.peakMemoryBytes()) > 0, "memory can be read while frozen");
    await sandbox.thaw();
    await until(() => ticks > frozen + 10);
    assert.match(state(), /^frozen 0$/m);
    await sandbox.freeze();
    await sandbox.killProcesses();
    assert.deepEqual(await counter.exited, { signal: "SIGKILL", outOfMemory: false });
    assert.equal((await sh(sandbox, "echo alive")).output, "alive\n");
    await sandbox.freeze();
    await sandbox.destroy();
    assert.ok(!existsSync(own), "its cgroup is gone");
  });

  it("leave nothing behind a server that is killed, and clear what one left that was killed with its spawner", async () => {
    const directory = path.join(world.directory, "owners");
    const owner = async (name: string) => {
      const child = spawn(process.execPath, [OWNER, cacheDirectory(), path.join(directory, name), name], {
        stdio: ["ignore", "pipe", "inherit"],
        detached: true,
      });
      await once(createInterface({ input: child.stdout }), "line");
      const pid = child.pid as number;
      const spawner = await spawnerOf(pid);
      assert.ok(spawner !== undefined, "a control: its spawner runs");
      assert.equal((await spawnerCgroups(spawner)).length, 1, "a control: it has a cgroup");
      return { pid, spawner };
    };
    const first = await owner("lambkin-first-owner");
    process.kill(first.pid, "SIGKILL");
    await until(async () => (await processesWith("lambkin-first-owner")).length === 0);
    await until(async () => (await spawnerCgroups(first.spawner)).length === 0);
    const second = await owner("lambkin-second-owner");
    process.kill(second.spawner, "SIGKILL");
    process.kill(second.pid, "SIGKILL");
    await until(async () => (await processesWith("lambkin-second-owner")).length === 0);
    assert.equal((await spawnerCgroups(second.spawner)).length, 1, "a control: the cgroup stays");
    const third = await owner("lambkin-third-owner");
    assert.deepEqual(await spawnerCgroups(second.spawner), []);
    process.kill(third.pid, "SIGKILL");
    await until(async () => (await spawnerCgroups(third.spawner)).length === 0);
    const [place = ""] = (await spawnerCgroups()).map((at) => path.dirname(at));
    const ours = (await spawnerOf(process.pid)) as number;
    const left = readdirSync(place).filter((name) => /^lambkin-\d/.test(name) && !name.includes(`-${ours}-`));
    assert.deepEqual(left, []);
  });

  async function cpuMs(sandbox: Sandbox): Promise<number> {
    const text = readFileSync(path.join(await directoryOf(sandbox), "cpu.stat"), "utf8");
    return Number(/^usage_usec (\d+)$/m.exec(text)?.[1]) / 1e3;
  }
});
