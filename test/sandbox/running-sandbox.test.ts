import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { environmentLimits } from "../../src/base/index.ts";
import type { Sandbox } from "../../src/environments/sandbox/index.ts";
import { eventually } from "../../testkit/eventually.ts";
import { cgroupsOf, inside, ORIGINS, openSandboxWorld, type SandboxWorld, sh, start } from "./world.ts";

/** What makes a function's sandbox of one that was started for nobody yet. */
for (const origin of ORIGINS)
  describe(`a running namespaces sandbox that ${origin} forked`, () => {
    let world: SandboxWorld;
    let sandbox: Sandbox;
    before(async () => {
      world = await openSandboxWorld({ origin });
      sandbox = await world.create({ mounts: [], memoryMiB: 512 });
    });
    after(() => world.close());

    it("gets code and layers, which its processes see at once and can't change", async () => {
      const waiting = await start(
        sandbox,
        "/bin/sh",
        "-c",
        "cd /; echo waiting; until cat /opt/greeting.txt 2>/dev/null; do sleep 0.01; done; ls /var/task",
      );
      const seen: string[] = [];
      waiting.output.on("data", (data) => seen.push(String(data)));
      await once(waiting.output, "data");
      const allSeen = once(waiting.output, "end");
      await sandbox.attach([
        { source: world.code, target: "/var/task" },
        { source: world.code, target: "/opt" },
      ]);
      await Promise.all([waiting.exited, allSeen]);
      assert.equal(seen.join(""), "waiting\nhello from the package\ngreeting.txt\ninside\n");
      for (const path of ["/var/task/x", "/opt/x"])
        assert.equal((await inside(sandbox, "write", path)).output, "write EROFS\n", path);
      const mounts = await sh(sandbox, "grep -E ' /(opt|var/task) ' /proc/self/mountinfo | cut -d' ' -f6");
      for (const options of mounts.output.trimEnd().split("\n")) assert.match(options, /^ro,nosuid,nodev/);
    });

    it("gets all of what is attached or nothing, and nothing over a link", async () => {
      const hostile = join(world.directory, "hostile");
      await mkdir(hostile);
      await symlink("/usr", join(hostile, "link"));
      await writeFile(join(hostile, "file"), "");
      await chmod(hostile, 0o755);
      const other = await world.create({ mounts: [{ source: hostile, target: "/opt" }] });
      for (const [target, code] of [
        ["/opt/link", "ELOOP"],
        ["/opt/link/bin", "ELOOP"],
        ["/opt/file", "ENOTDIR"],
        ["/nowhere", "ENOENT"],
        ["opt", "EINVAL"],
      ] as const)
        await assert.rejects(other.attach([{ source: world.code, target }]), { code }, target);
      await assert.rejects(
        other.attach([
          { source: world.code, target: "/mnt" },
          { source: join(world.directory, "no such"), target: "/opt" },
        ]),
        { code: "ENOENT" },
      );
      assert.equal((await sh(other, "ls /mnt; ls /opt")).output, "file\nlink\n");
      await other.destroy();
    });

    it("becomes a function's in one step, before which nothing starts in it", async () => {
      const other = await world.create({ mounts: [], memoryMiB: 512 });
      const waiting = await start(
        other,
        "/bin/sh",
        "-c",
        "until cat /opt/greeting.txt 2>/dev/null; do :; done",
      );
      const assigned = other.assign({
        memoryMiB: 128,
        mounts: [
          { source: world.code, target: "/var/task" },
          { source: world.code, target: "/opt" },
        ],
      });
      // Asked for before the answer is there, it runs by the new limits, and has the package.
      const { exit, output } = await inside(other, "allocate", "300");
      assert.deepEqual(exit, { signal: "SIGKILL", outOfMemory: true }, output);
      await assigned;
      await waiting.exited;
      assert.equal((await sh(other, "cat /var/task/greeting.txt")).output, "hello from the package\n");
      await other.destroy();
    });

    it("starts nothing where it could not become a function's, and ends", async () => {
      for (const [to, code] of [
        [{ memoryMiB: 0, mounts: [] }, "EINVAL"],
        [
          { memoryMiB: 128, mounts: [{ source: join(world.directory, "no such"), target: "/opt" }] },
          "ENOENT",
        ],
      ] as const) {
        const other = await world.create({ mounts: [], memoryMiB: 512 });
        const waiting = await start(other, "/bin/sh", "-c", "echo waiting; sleep 60");
        await once(waiting.output, "data");
        const [assigned, started] = await Promise.allSettled([
          other.assign(to),
          start(other, "/bin/sh", "-c", "echo started"),
        ]);
        assert.equal(assigned.status === "rejected" && assigned.reason.code, code);
        assert.equal(started.status === "rejected" && started.reason.code, "ESRCH");
        assert.deepEqual(await waiting.exited, { signal: "SIGKILL", outOfMemory: false });
        await other.destroy();
      }
    });

    it("gets exact limits, higher and lower ones", async () => {
      const allocate = async (mib: number) => (await inside(sandbox, "allocate", String(mib))).exit;
      const killed = { signal: "SIGKILL", outOfMemory: true };
      assert.deepEqual(await allocate(300), { code: 0, outOfMemory: false });
      await sandbox.limit({ memoryMiB: 128 });
      assert.deepEqual(await allocate(300), killed);
      await sandbox.limit({ memoryMiB: 1024 });
      assert.deepEqual(await allocate(700), { code: 0, outOfMemory: false });
      await sandbox.limit({ memoryMiB: 512 });
      assert.deepEqual(await allocate(700), killed);
      await assert.rejects(sandbox.limit({ memoryMiB: 0 }), { code: "EINVAL" });
      assert.deepEqual(await allocate(300), { code: 0, outOfMemory: false });
    });

    it("weighs by its memory among the sandboxes, which weigh less than the server together", async () => {
      const weights = async () => {
        const version1 = await cpuFiles("cpu.shares", sandbox);
        const files = version1.length > 0 ? version1 : await cpuFiles("cpu.weight", sandbox);
        const usual = version1.length > 0 ? 1024 : 100;
        const thousandths = (await Promise.all(files.map(readNumber))).map(
          (weight) => (weight * 1_000) / usual,
        );
        return thousandths.map((weight) => Math.ceil(weight));
      };
      const near = (weight = 0, expected: number) =>
        assert.ok(weight > expected - 10 && weight <= expected, `${weight} thousandths for ${expected}`);
      await sandbox.limit({ memoryMiB: 128 });
      const [all, one] = await weights();
      assert.equal(all, 500, "half of what a process or cgroup has that weighs nothing special");
      near(one, Math.ceil((128 * 1_000) / 1_769));
      await sandbox.limit({ memoryMiB: 2 * 1_769 });
      assert.deepEqual(await weights(), [500, 2_000]);
      await sandbox.limit({ memoryMiB: 512 });
    });

    it("yields to the others while it computes for long, until it is called again, rests or starts anew", async () => {
      // Little memory, so that it computes for long by little: who has a large share of a CPU has to use it, too.
      const other = await world.create({ mounts: [], memoryMiB: 128 });
      const usedBefore = (await world.tier.cpuMs?.()) ?? Number.NaN;
      const yields = async () => {
        const [, own] = await cpuFiles("cpu.idle", other);
        assert.ok(own !== undefined, "the kernel has cpu.idle");
        return (await readNumber(own)) === 1;
      };
      const weight = async () => {
        const files = await cpuFiles("cpu.shares", other);
        return readNumber((files.length > 0 ? files : await cpuFiles("cpu.weight", other))[1] ?? "");
      };
      const usual = await weight();
      const compute = async () => {
        const spinning = await start(other, "/bin/sh", "-c", "while :; do :; done");
        // Both at once: on a busy machine it gets so little then that it soon need not yield any more.
        await eventually(async () => ((await yields()) && (await weight()) !== usual) || undefined, {
          what: "it yields, and weighs less for it",
        });
        // Whatever the spawner has told by now was told before this answer.
        await other.peakMemoryBytes();
        return spinning;
      };
      const isAsBefore = async () => {
        assert.equal(await yields(), false);
        assert.equal(await weight(), usual, "by its memory");
      };
      await other.limitCpu(true);
      let spinning = await compute();
      await spinning.signal("SIGKILL");
      await spinning.exited;
      other.prioritize();
      await other.peakMemoryBytes();
      await isAsBefore();

      spinning = await compute();
      await spinning.signal("SIGKILL");
      await eventually(async () => ((await yields()) ? undefined : true), { what: "it has rested" });
      // Its weight follows, before the spawner answers anything else.
      await other.peakMemoryBytes();
      await isAsBefore();

      spinning = await compute();
      await other.limitCpu(false);
      await isAsBefore();
      await other.limitCpu(true);
      await compute();
      await other.killProcesses();
      await isAsBefore();
      const usedMs = ((await world.tier.cpuMs?.()) ?? Number.NaN) - usedBefore;
      assert.ok(usedMs >= 40, `all sandboxes used ${usedMs} ms, after one computed for long four times`);
      await other.destroy();
    });

    it("knows IPv6 for itself, and no way out by it", async () => {
      const connect = await sh(
        sandbox,
        `exec 2>&1; for host in ::1 2001:db8::1; do python3 -c "import errno, socket; print(errno.errorcode[socket.socket(socket.AF_INET6).connect_ex(('$host', 9))])"; done`,
      );
      assert.equal(connect.output, "ECONNREFUSED\nENETUNREACH\n");
    });

    it("keeps the CPU at full speed or at its share when memory changes", async () => {
      const burn = async () => Number((await inside(sandbox, "burn", "300")).output);
      const quota = async () => {
        const [, version2] = await cpuFiles("cpu.max", sandbox);
        if (version2 !== undefined) return (await readFile(version2, "latin1")).split(" ").map(Number);
        const [, quotaUs] = await cpuFiles("cpu.cfs_quota_us", sandbox);
        const [, periodUs] = await cpuFiles("cpu.cfs_period_us", sandbox);
        return Promise.all([readNumber(quotaUs ?? ""), readNumber(periodUs ?? "")]);
      };
      await sandbox.limitCpu(true);
      await sandbox.limit({ memoryMiB: 128 });
      const most = 300 * 0.072 + 25;
      const small = await burn();
      assert.ok(small < most, `${small} ms of CPU in 300 ms`);
      await sandbox.limit({ memoryMiB: 1024 });
      // Whose turn it is on a busy machine is for chance to say: it burns until it has what it could not have before.
      await eventually(async () => (await burn()) > most || undefined, {
        what: `more than ${most} ms of CPU in 300 ms`,
      });
      const share = Math.round((environmentLimits.cpuPeriodUs * 1_024) / environmentLimits.memoryMiBPerCpu);
      assert.deepEqual(await quota(), [share, environmentLimits.cpuPeriodUs]);
      await sandbox.limitCpu(false);
      await sandbox.limit({ memoryMiB: 512 });
      const [unlimited = 0] = await quota();
      assert.ok(Number.isNaN(unlimited) || unlimited < 0, "none at full speed");
    });

    it("refuses both once it is gone", async () => {
      await sandbox.destroy();
      await assert.rejects(sandbox.attach([{ source: world.code, target: "/opt" }]), { code: "ESRCH" });
      await assert.rejects(sandbox.limit({ memoryMiB: 128 }), { code: "ESRCH" });
    });
  });

/** Those of that name of all sandboxes together and of this one. */
async function cpuFiles(name: string, { id }: Sandbox): Promise<string[]> {
  const own = (await cgroupsOf(id)).filter((path) => existsSync(join(path, name)));
  return own.flatMap((path) => [join(path, "..", name), join(path, name)]);
}

async function readNumber(path: string): Promise<number> {
  return Number(await readFile(path, "latin1"));
}
