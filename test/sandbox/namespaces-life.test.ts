import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { environmentLimits } from "../../src/base/index.ts";
import type { SpawnerError } from "../../src/environments/sandbox/spawner/channel.ts";
import { drained, outputOf, until } from "./observe.ts";
import {
  cgroupsOf,
  inside,
  ORIGINS,
  onlyLoopDevicesOf,
  openSandboxWorld,
  processesWith,
  type SandboxWorld,
  sh,
  standsStill,
  start,
} from "./world.ts";

const MIB = 1024 * 1024;

for (const origin of ORIGINS)
  describe(`the life of a namespaces sandbox that ${origin} forked`, () => {
    let world: SandboxWorld;
    before(async () => {
      world = await openSandboxWorld({ origin });
    });
    after(() => world.close());

    it("runs a program on the mounted package with exactly the given variables", async () => {
      const sandbox = await world.create();
      const greeting = await start(sandbox, "/bin/cat", "/var/task/greeting.txt", "greeting.txt");
      assert.equal(await outputOf(greeting), "hello from the package\nhello from the package\n");
      assert.deepEqual(await greeting.exited, { code: 0, outOfMemory: false });
      const variables = await sandbox.start({
        command: ["/usr/bin/env"],
        environment: { TEXT: 'grüße = "quoted" \\n', EMPTY: "" },
        workingDirectory: "/tmp",
      });
      assert.equal(await outputOf(variables), 'TEXT=grüße = "quoted" \\n\nEMPTY=\n');
      await sandbox.destroy();
    });

    it("keeps the order of both outputs and tells how a process ended", async () => {
      const sandbox = await world.create();
      const mixed = await sh(sandbox, "echo 1; echo 2 >&2; echo 3 >/dev/stdout; echo 4 >/dev/stderr; exit 7");
      assert.deepEqual(mixed, { output: "1\n2\n3\n4\n", exit: { code: 7, outOfMemory: false } });
      const killed = await sh(sandbox, "kill -KILL $$");
      assert.deepEqual(killed.exit, { signal: "SIGKILL", outOfMemory: false });
      // The number has two names.
      assert.deepEqual((await sh(sandbox, "kill -ABRT $$")).exit, { signal: "SIGABRT", outOfMemory: false });
      // Dispositions that the spawner ignores must not be inherited.
      assert.deepEqual((await sh(sandbox, "kill -PIPE $$")).exit, { signal: "SIGPIPE", outOfMemory: false });
      await sandbox.destroy();
    });

    it("has users that no other sandbox has, of another server neither", async () => {
      const other = await openSandboxWorld({ origin });
      const sandboxes = [
        await world.create(),
        await other.create(),
        await world.create(),
        await other.create(),
      ];
      const outside: string[] = [];
      for (const sandbox of sandboxes) {
        const map = await sh(sandbox, "cat /proc/self/uid_map");
        for (const line of map.output.trimEnd().split("\n")) outside.push(line.trim().split(/\s+/)[1] ?? "");
      }
      assert.ok(outside.length >= sandboxes.length && !outside.includes(""), "a control: each has some");
      if (process.getuid?.() === 0) assert.equal(new Set(outside).size, outside.length, outside.join(" "));
      for (const sandbox of sandboxes) await sandbox.destroy();
      await other.close();
    });

    it("rejects a program that can't be executed, and can go on", async () => {
      const sandbox = await world.create();
      await assert.rejects(start(sandbox, "/var/task/bootstrap"), { code: "ENOENT" });
      await assert.rejects(start(sandbox, "/var/task/greeting.txt"), { code: "EACCES" });
      assert.equal((await sh(sandbox, "echo on")).output, "on\n");
      const large = sandbox.start({
        command: ["/bin/true"],
        environment: { LARGE: "x".repeat(200 * 1024) },
        workingDirectory: "/",
      });
      await assert.rejects(large, { code: "E2BIG" });
      await sandbox.destroy();
      await assert.rejects(start(sandbox, "/bin/true"), /destroyed/);
    });

    it("signals one process with its group, gives it a pipe for a log, and connects to what listens inside", async () => {
      const sandbox = await world.create();
      const script =
        'use IO::Socket::INET; my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", ' +
        'LocalPort => 8080); print "listening\\n"; my $c = $s->accept; print $c scalar <$c>;';
      const listener = await start(sandbox, "/usr/bin/perl", "-e", `$| = 1; ${script}`);
      const [said] = await once(listener.output, "data");
      assert.equal(String(said), "listening\n");
      const socket = await sandbox.connect(8080);
      socket.end("echoed\n");
      assert.equal(await outputOf({ output: socket }), "echoed\n");
      const refused = await sandbox.connect(8081);
      assert.equal((await once(refused, "error"))[0].code, "ECONNREFUSED");
      const loggingOf = (command: string) =>
        sandbox.start({
          command: ["/bin/sh", "-c", command],
          environment: {},
          workingDirectory: "/",
          withLog: true,
        });
      const stays = await loggingOf("sleep 60");
      const ends = await loggingOf(
        "echo log >&3; trap 'echo asked; exit 3' TERM; sh -c 'echo ready; exec sleep 60' & wait",
      );
      assert.equal(String((await once(ends.output, "data"))[0]), "ready\n");
      const rest = outputOf(ends);
      await ends.signal("SIGTERM");
      assert.deepEqual(await ends.exited, { code: 3, outOfMemory: false });
      assert.equal(await rest, "asked\n");
      assert.equal(await outputOf({ output: ends.log as Readable }), "log\n");
      await ends.signal("SIGKILL"); // It has ended, and nobody else gets it.
      await stays.signal("SIGKILL");
      assert.deepEqual(await stays.exited, { signal: "SIGKILL", outOfMemory: false });
      await sandbox.destroy();
    });

    it("serves the Runtime API and the endpoint on its own loopback", async () => {
      const sandboxes = await Promise.all(
        ["a", "b"].map((name) =>
          world.create(
            {},
            {
              onRuntimeApi: (socket) => socket.end(`runtime-api-of-${name}`),
              onEndpoint: (socket) => socket.end(`endpoint-of-${name}`),
            },
          ),
        ),
      );
      for (const [index, sandbox] of sandboxes.entries()) {
        const name = "ab"[index];
        assert.equal(sandbox.runtimeApiAddress, "127.0.0.1:9001");
        assert.equal(sandbox.endpointUrl, "http://127.0.0.1:4566");
        const answers = [
          await inside(sandbox, "reach", "127.0.0.1", "9001"),
          await inside(sandbox, "reach", "127.0.0.1", "4566"),
        ];
        assert.deepEqual(
          answers.map(({ output }) => output),
          [`connected runtime-api-of-${name}\n`, `connected endpoint-of-${name}\n`],
        );
      }
      await Promise.all(sandboxes.map((sandbox) => sandbox.destroy()));
    });

    it("kills what exceeds the memory limit, tells so, and can start again", async () => {
      const sandbox = await world.create({ memoryMiB: 128 });
      const small = await inside(sandbox, "allocate", "40");
      assert.equal(small.output, "allocated\n");
      const peak = await sandbox.peakMemoryBytes();
      assert.ok(peak > 40 * MIB && peak < 60 * MIB, `peak ${peak}`);
      const large = await inside(sandbox, "allocate", "300");
      assert.deepEqual(large, { output: "", exit: { signal: "SIGKILL", outOfMemory: true } });
      assert.equal(await sandbox.peakMemoryBytes(), 128 * MIB);
      // The counter of the first death must not be taken for a second one.
      assert.deepEqual((await sh(sandbox, "kill -KILL $$")).exit, { signal: "SIGKILL", outOfMemory: false });
      await sandbox.destroy();
    });

    it("is ended before the server where the machine runs out of memory", async () => {
      const sandbox = await world.create();
      const score = Number((await sh(sandbox, "cat /proc/self/oom_score_adj")).output);
      assert.ok(score > Number(readFileSync("/proc/self/oom_score_adj", "utf8")), `${score}`);
      await sandbox.destroy();
    });

    it("limits /tmp without counting it as memory", async () => {
      const sandbox = await world.create({ memoryMiB: 128, ephemeralStorageMiB: 160 });
      assert.equal((await sh(sandbox, "ls -A /tmp | wc -l")).output, "0\n");
      const filled = await inside(sandbox, "fill", "400", "/tmp/large");
      assert.deepEqual(filled.exit, { code: 0, outOfMemory: false });
      const [mib, error] = filled.output.trim().split(" ");
      assert.equal(error, "ENOSPC");
      assert.ok(Number(mib) >= 160 && Number(mib) <= 168, `${mib} MiB fit`);
      await sandbox.destroy();
    });

    it("limits processes", async () => {
      const sandbox = await world.create({ memoryMiB: 1024 });
      const { output } = await inside(sandbox, "fork", "3000");
      const [count, error] = output.trim().split(" ");
      assert.equal(error, "EAGAIN");
      assert.ok(Number(count) > 900 && Number(count) < 1024, `${count} children`);
      await sandbox.destroy();
    });

    it("gives a share of a CPU by memory size", async () => {
      const sandbox = await world.create({ memoryMiB: 177 });
      const unlimited = await throttled(sandbox.id);
      await inside(sandbox, "burn", "200");
      assert.equal(await throttled(sandbox.id), unlimited, "nothing is held back before");
      await sandbox.limitCpu(true);
      // A tenth of a core: 40 ms of 400, and what one period lets through at the start. On a busy machine it is less,
      // and it may take a while until it could have had more.
      await until(async () => {
        const limited = Number((await inside(sandbox, "burn", "400")).output);
        assert.ok(limited <= 80, `${limited} ms of CPU in 400 ms`);
        return (await throttled(sandbox.id)) > unlimited;
      });
      await sandbox.limitCpu(false);
      await sandbox.destroy();
    });

    it("stops everything when frozen, and goes on when thawed", async () => {
      const sandbox = await world.create();
      const counter = await start(sandbox, "/var/task/inside", "count");
      let ticks = 0;
      counter.output.on("data", (data) => (ticks += String(data).length / 5));
      await until(() => ticks > 10);
      await sandbox.freeze();
      await until(() => standsStill(sandbox.id));
      await drained();
      const frozen = ticks;
      await delay(100);
      assert.equal(ticks, frozen);
      assert.ok((await sandbox.peakMemoryBytes()) > 0, "memory can be read while frozen");
      await sandbox.thaw();
      await until(() => ticks > frozen + 10);
      await sandbox.destroy();
      assert.equal((await counter.exited).signal, "SIGKILL");
    });

    it("kills all processes, also frozen ones, and keeps /tmp and the sandbox", async () => {
      const sandbox = await world.create();
      for (const freeze of [false, true]) {
        const script =
          "echo kept >/tmp/note; setsid sleep 600 & setsid sh -c 'sleep 601 & sleep 602' & echo up; wait";
        const process = await start(sandbox, "/bin/sh", "-c", script);
        await new Promise((resolve) => process.output.once("data", resolve));
        if (freeze) await sandbox.freeze();
        await sandbox.killProcesses();
        assert.deepEqual(await process.exited, { signal: "SIGKILL", outOfMemory: false });
        const left = await sh(sandbox, "cat /tmp/note; cat /proc/[0-9]*/comm | grep -c sleep");
        assert.equal(left.output, "kept\n0\n");
      }
      await sandbox.destroy();
    });

    it("kills many busy processes at once, in however small a share of a CPU", async () => {
      const sandbox = await world.create({ memoryMiB: 128 });
      const script = "i=0; while [ $i -lt 100 ]; do i=$((i+1)); (while :; do :; done) & done; echo up; wait";
      const process = await start(sandbox, "/bin/sh", "-c", script);
      await new Promise((resolve) => process.output.once("data", resolve));
      await sandbox.limitCpu(true);
      // They die only after the limit is gone, which they would reach again and again.
      await sandbox.freeze();
      await until(() => standsStill(sandbox.id));
      const before = await throttledWhileNothingRuns(sandbox.id);
      await sandbox.killProcesses();
      assert.equal(await throttled(sandbox.id), before);
      const limited = Number((await inside(sandbox, "burn", "400")).output);
      assert.ok(limited <= 80, `the limit holds again: ${limited} ms of CPU in 400 ms`);
      await sandbox.destroy();
    });

    it("leaves no process, cgroup, loop device or file", async () => {
      const sandbox = await world.create();
      const token = `lambkin-rest-${process.pid}`;
      const running = await start(
        sandbox,
        "/bin/sh",
        "-c",
        `dd if=/dev/zero of=/tmp/x bs=1M count=8 2>/dev/null; echo up; exec sh -c 'sleep 500; : ${token}'`,
      );
      await new Promise((resolve) => running.output.once("data", resolve));
      // A control: there is one now.
      await onlyLoopDevicesOf(1, world.directory);
      // A control: it runs. In the middle of an execve it has no command line.
      await until(async () => (await processesWith(token)).length > 0);
      const cgroups = await cgroupsOf(sandbox.id);
      assert.ok(cgroups.length > 0, "a control: it has cgroups");
      await sandbox.freeze();
      await Promise.all([sandbox.destroy(), sandbox.destroy()]);
      assert.deepEqual(await processesWith(token), []);
      assert.deepEqual(
        cgroups.filter((path) => existsSync(path)),
        [],
      );
      await onlyLoopDevicesOf(0, world.directory);
      assert.equal((await running.exited).signal, "SIGKILL");
    });

    it("survives a burst", async () => {
      const rounds = Array.from({ length: 24 }, async (_, index) => {
        const sandbox = await world.create(
          { id: `burst-${index}` },
          { onRuntimeApi: (socket) => socket.end(String(index)) },
        );
        const [own, ended] = await Promise.all([
          inside(sandbox, "reach", "127.0.0.1", "9001"),
          sh(sandbox, `exit ${index}`),
        ]);
        assert.equal(own.output, `connected ${index}\n`);
        assert.deepEqual(ended.exit, { code: index, outOfMemory: false });
        await sandbox.destroy();
      });
      await Promise.all(rounds);
    });

    it("can be destroyed at any moment", async () => {
      for (const moment of [0, 1, 2, 5]) {
        const sandbox = await world.create();
        const running = start(sandbox, "/var/task/inside", "count").catch((error: unknown) => error);
        await delay(moment);
        await sandbox.destroy();
        const outcome = await running;
        if (outcome instanceof Error) {
          // Refused by the spawner, not by the wait for it, which would end in killing it.
          assert.equal((outcome as SpawnerError).code, "ECANCELED", outcome.message);
          continue;
        }
        const { exited, output } = outcome as Awaited<ReturnType<typeof start>>;
        output.resume();
        assert.equal((await exited).signal, "SIGKILL");
      }
      await onlyLoopDevicesOf(0, world.directory);
    });

    it("refuses a zygote that does not come to fork, and leaves nothing of it", async () => {
      for (const command of [["/bin/true"], ["/bin/false"], ["/absent"]] as const) {
        const spec = { id: "unfit", memoryMiB: 64, mounts: [], command, environment: {} };
        await assert.rejects(async () => world.tier.zygote?.(spec), { name: "SpawnerError" });
      }
      const sandbox = await world.create();
      await sandbox.destroy();
    });

    it("refuses two sandboxes of one name and goes on", async () => {
      const first = await world.create({ id: "twin" });
      await assert.rejects(world.create({ id: "twin" }), { code: "EINVAL" });
      assert.equal((await sh(first, "echo alive")).output, "alive\n");
      await first.destroy();
      const second = await world.create({ id: "twin" });
      await second.destroy();
    });

    it("sees what was replaced on the host, though sandboxes share the tree of the system", async () => {
      const source = join(world.directory, "runtime");
      for (const version of ["first", "second"]) {
        await mkdir(join(world.directory, version));
        await writeFile(join(world.directory, version, "version"), version);
        await rm(source, { recursive: true, force: true });
        await rename(join(world.directory, version), source);
        for (const time of [1, 2]) {
          const sandbox = await world.create({ mounts: [{ source, target: "/var/runtime" }] });
          assert.equal((await sh(sandbox, "cat /var/runtime/version")).output, version, `${time}`);
          await sandbox.destroy();
        }
      }
    });

    it("names a mount that does not exist and leaves nothing of the attempt", async () => {
      for (const target of ["/var/task", "/var/runtime"]) {
        const broken = world.create({ id: "broken", mounts: [{ source: "/no/such/place", target }] });
        await assert.rejects(broken, { code: "ENOENT" });
      }
      await until(async () => (await cgroupsOf("broken")).length === 0);
      await onlyLoopDevicesOf(0, world.directory);
    });

    /** A period that something ran in is counted at its end. */
    async function throttledWhileNothingRuns(id: string): Promise<number> {
      let counted = await throttled(id);
      for (let before = Number.NaN; counted !== before; counted = await throttled(id)) {
        before = counted;
        await delay((2 * environmentLimits.cpuPeriodUs) / 1_000);
      }
      return counted;
    }

    /** In how many periods its processes have used up what they may. */
    async function throttled(id: string): Promise<number> {
      const files = (await cgroupsOf(id))
        .map((path) => join(path, "cpu.stat"))
        .filter((file) => existsSync(file));
      const counts = files.map((file) => /^nr_throttled (\d+)$/m.exec(readFileSync(file, "latin1"))?.[1]);
      return Number(counts.find((count) => count !== undefined));
    }
  });
