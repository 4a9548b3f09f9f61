import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Sandbox } from "../../src/environments/sandbox/index.ts";
import { inside, ORIGINS, openSandboxWorld, type SandboxWorld, sh, spawnerCgroups, start } from "./world.ts";

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
        const own = (await spawnerCgroups()).filter((path) =>
          existsSync(join(path, sandbox.id, "cpu.shares")),
        );
        return Promise.all(
          own
            .flatMap((path) => [path, join(path, sandbox.id)])
            .map((path) => readNumber(join(path, "cpu.shares"))),
        );
      };
      await sandbox.limit({ memoryMiB: 128 });
      assert.deepEqual(await weights(), [
        512,
        Math.floor((1024 * Math.floor((128 * 1_000) / 1_769)) / 1_000),
      ]);
      await sandbox.limit({ memoryMiB: 2 * 1_769 });
      assert.deepEqual(
        await weights(),
        [512, 2 * 1024],
        "what a process has that weighs nothing special, twice",
      );
      await sandbox.limit({ memoryMiB: 512 });
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
      await sandbox.limitCpu(true);
      await sandbox.limit({ memoryMiB: 128 });
      const small = await burn();
      await sandbox.limit({ memoryMiB: 1024 });
      const large = await burn();
      assert.ok(small < 300 * 0.072 + 25, `${small} ms of CPU in 300 ms`);
      assert.ok(large > small * 2, `${large} ms after ${small}`);
    });

    it("refuses both once it is gone", async () => {
      await sandbox.destroy();
      await assert.rejects(sandbox.attach([{ source: world.code, target: "/opt" }]), { code: "ESRCH" });
      await assert.rejects(sandbox.limit({ memoryMiB: 128 }), { code: "ESRCH" });
    });
  });

async function readNumber(path: string): Promise<number> {
  return Number(await readFile(path, "latin1"));
}
