import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import type { Sandbox } from "../../src/environments/sandbox/index.ts";
import {
  assertNoWayByAbstractSocket,
  assertNoWayByLinks,
  assertNoWayBySharedMemory,
  outside,
} from "./attempts.ts";
import { until } from "./observe.ts";
import {
  facts,
  inside,
  ORIGINS,
  openSandboxWorld,
  processesWith,
  type SandboxWorld,
  sh,
  start,
} from "./world.ts";

/** Ways from one function to another, and to the host by what a package or a name may hold. */
for (const origin of ORIGINS)
  describe(`the way out of a namespaces sandbox that ${origin} forked`, () => {
    let world: SandboxWorld;
    before(async () => {
      world = await openSandboxWorld({ origin });
    });
    after(() => world.close());

    it("is not a symbolic link in a package or a layer", () =>
      assertNoWayByLinks(world, async (source) => {
        const sandbox = await world.create({ mounts: [{ source, target: "/var/task" }] });
        await sandbox.attach([{ source, target: "/opt" }]);
        return sandbox;
      }));

    it("is not a link that took the place of a directory on the way to a package or a layer", async () => {
      const place = path.join(world.directory, "replaced");
      await mkdir(path.join(place, "package/code"), { recursive: true });
      await mkdir(path.join(place, "host/code"), { recursive: true });
      await writeFile(path.join(place, "package/code/note"), "of the package\n");
      await writeFile(path.join(place, "host/code/note"), "of the host\n");
      const source = path.join(place, "package/code");
      const note = async (sandbox: Sandbox, at: string) => (await sh(sandbox, `cat ${at}/note`)).output;
      const exact = [{ source, target: "/var/task", exact: true }];
      const good = await world.create({ mounts: exact });
      await good.attach([{ source, target: "/opt" }]);
      for (const at of ["/var/task", "/opt"]) assert.equal(await note(good, at), "of the package\n");
      await good.destroy();

      await rename(path.join(place, "package"), path.join(place, "aside"));
      await symlink("host", path.join(place, "package"));
      await assert.rejects(world.create({ mounts: exact }), { code: "ELOOP" });
      const sandbox = await world.create({ mounts: [{ source, target: "/var/task" }] });
      assert.equal(
        await note(sandbox, "/var/task"),
        "of the host\n",
        "the control: mounts of the machine's own",
      );
      await assert.rejects(sandbox.attach([{ source, target: "/opt" }]), { code: "ELOOP" });
      assert.equal((await sh(sandbox, "ls /opt")).output, "");
      await sandbox.destroy();
    });

    it("is not an abstract socket", async () => {
      const sandbox = await world.create();
      await assertNoWayByAbstractSocket(world, sandbox);
      await sandbox.destroy();
    });

    it("is not its own init, which has the same user", async () => {
      const sandbox = await world.create();
      const control = facts((await inside(sandbox, "intrude-child")).output);
      for (const name of ["process_vm_readv", "process_vm_writev", "pidfd_getfd", "mem", "environ", "fd"])
        assert.equal(control.get(name), "ok", `a child of its own: ${name}`);
      const tried = facts((await inside(sandbox, "intrude", "1")).output);
      for (const name of ["process_vm_readv", "process_vm_writev", "pidfd_getfd"])
        assert.equal(tried.get(name), "EPERM", name);
      for (const name of ["mem", "environ", "fd"]) assert.equal(tried.get(name), "ENOENT", name);
      await sandbox.destroy();
    });

    it("is not shared memory, of the host or of a neighbour", async () => {
      const [sandbox, neighbour] = await Promise.all([world.create(), world.create()]);
      await assertNoWayBySharedMemory(world, sandbox, neighbour);
      await Promise.all([sandbox.destroy(), neighbour.destroy()]);
    });

    it("is not another function's package, /tmp or memory", async () => {
      const other = await world.create({
        mounts: [
          { source: world.code, target: "/var/task" },
          { source: world.code, target: "/opt/other" },
        ],
      });
      const sandbox = await world.create();
      const marked = await start(other, "/bin/sh", "-c", "echo mine >/tmp/mine; echo up; exec sleep 600");
      await once(marked.output, "data");
      assert.equal(
        (await inside(other, "read", "/opt/other/greeting.txt")).output,
        "read ok\n",
        "the control",
      );
      assert.equal((await inside(other, "read", "/tmp/mine")).output, "read ok\n", "the control");
      assert.equal((await inside(sandbox, "read", "/opt/other/greeting.txt")).output, "read ENOENT\n");
      assert.equal((await inside(sandbox, "read", "/tmp/mine")).output, "read ENOENT\n");
      // The control: what it said came before its last execve.
      await until(async () => (await sleeping(other)) === "1\n");
      assert.equal(await sleeping(sandbox), "0\n");
      await Promise.all([other.destroy(), sandbox.destroy()]);
    });

    it("is not what the sandbox before it left", async () => {
      const key = String(0x4c4d424c);
      const name = `lambkin-left-${process.pid}`;
      const leave = [
        "echo mine >/tmp/mine",
        `/var/task/inside shared-memory ${key} create`,
        `setsid /var/task/inside listen-abstract ${name} & setsid sleep 600 &`,
      ].join("\n");
      const looks = [
        ["read", "/tmp/mine"],
        ["shared-memory", key],
        ["reach-abstract", name],
      ] as const;
      const first = await world.create({ id: "again" });
      await once((await start(first, "/bin/sh", "-c", leave)).output, "data");
      const seen = async (sandbox: Sandbox) => {
        const results = await Promise.all(looks.map((look) => inside(sandbox, ...look)));
        return [...results.map(({ output }) => output.trim().split(" ")[1]), await sleeping(sandbox)];
      };
      // Both come up in the background. The listener accepts nothing, so it can be reached a few times at most.
      await until(async () => (await sleeping(first)) === "1\n");
      await until(async () => (await seen(first))[2] === "ok");
      assert.deepEqual(
        await seen(first),
        ["ok", "ok", "ok", "1\n"],
        "the control: the same sandbox sees it all",
      );
      await first.destroy();
      // By the same name, and soon, so that whatever is reused would be.
      const next = await world.create({ id: "again" });
      assert.deepEqual(await seen(next), ["ENOENT", "ENOENT", "ECONNREFUSED", "0\n"]);
      assert.equal((await sh(next, "ls -A /tmp; ls -A /dev/shm 2>/dev/null")).output, "");
      await next.destroy();
    });

    it("is not a keyring of the server: every sandbox has a session keyring of its own", async () => {
      const sandbox = await world.create();
      const token = `keyring-${process.pid}`;
      const program = await start(sandbox, "/var/task/inside", "count", token);
      await once(program.output, "data");
      program.output.resume();
      const [pid] = await processesWith(token);
      const status = await readFile(`/proc/${pid}/status`, "latin1");
      const user = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]);
      assert.ok(user > 0);
      const keyrings = async (uid: number) => {
        const options = { uid, gid: uid };
        const { stdout } = await promisify(execFile)("/bin/cat", ["/proc/keys"], options);
        return stdout.split("\n").filter((line) => /keyring\s+_ses/.test(line) && line.includes(` ${uid} `))
          .length;
      };
      assert.equal(await keyrings(user), 1);
      assert.equal(await keyrings(user + 1), 0, "the control: nobody has one by being looked at");
      await sandbox.destroy();
      await until(async () => (await keyrings(user)) === 0);
    });

    it("is not exhaustion: a neighbour lives through a fork bomb and a memory hog", async () => {
      const neighbour = await world.create();
      const counting = await start(neighbour, "/var/task/inside", "count");
      counting.output.resume();
      const bomb = await world.create({ memoryMiB: 256 });
      const hog = await world.create({ memoryMiB: 128 });
      const [forked, allocated] = await Promise.all([
        inside(bomb, "fork", "5000"),
        inside(hog, "allocate", "400"),
      ]);
      assert.match(forked.output, /^\d+ EAGAIN$/m);
      assert.deepEqual(allocated.exit, { signal: "SIGKILL", outOfMemory: true });
      assert.equal((await sh(neighbour, "echo alive")).output, "alive\n");
      assert.equal((await sh(hog, "echo alive")).output, "alive\n", "only the process died");
      const first = await Promise.race([counting.exited, Promise.resolve("running")]);
      assert.equal(first, "running");
      await Promise.all([neighbour, bomb, hog].map((sandbox) => sandbox.destroy()));
      assert.deepEqual(await counting.exited, { signal: "SIGKILL", outOfMemory: false });
    });

    it("is not what the kernel counts by user: root and a neighbour have theirs", async () => {
      const [sandbox, neighbour] = await Promise.all([world.create(), world.create()]);
      for (const what of ["inotify", "timers", "queues"]) {
        const held = await start(sandbox, "/var/task/inside", "use-up", "200000", what, "hold");
        const [said] = await once(held.output, "data");
        assert.match(String(said), /^[1-9]\d* E(AGAIN|MFILE)\n$/, `the control: no more ${what}`);
        assert.equal(await outside(world, "use-up", "3", what), "3 all\n", what);
        // Forks of one zygote have its numbers in common; see docs/SECURITY.md.
        if (origin === "the spawner" || what === "timers")
          assert.equal((await inside(neighbour, "use-up", "3", what)).output, "3 all\n", what);
        await sandbox.killProcesses();
      }
      await Promise.all([sandbox.destroy(), neighbour.destroy()]);
    });

    it("is not memory that the network holds", async () => {
      const sandbox = await world.create({ memoryMiB: 128 });
      const control = Number(await outside(world, "clog", "20"));
      assert.ok(control > 64, `the control: ${control} MiB`);
      const { exit, output } = await inside(sandbox, "clog", "60");
      if (!exit.outOfMemory) assert.ok(Number(output) < 128, `${output.trim()} MiB`);
      await sandbox.destroy();
    });

    it("is not a flood: neither output that nobody reads nor a full disk harms the server or a neighbour", async () => {
      const [flooding, filling, neighbour] = await Promise.all([
        world.create(),
        world.create(),
        world.create(),
      ]);
      const before = process.memoryUsage().rss;
      const flood = await start(flooding, "/usr/bin/yes", "x".repeat(10_000));
      const filled = await inside(filling, "fill", "2000", "/tmp/large");
      assert.match(filled.output, /^\d+ ENOSPC$/m);
      assert.match((await inside(filling, "write", "/tmp/other")).output, /^write (ok|ENOSPC)$/m);
      assert.equal((await inside(neighbour, "fill", "100", "/tmp/large")).output, "100 all\n");
      const grownMiB = (process.memoryUsage().rss - before) / 1024 / 1024;
      assert.ok(grownMiB < 64, `the server grew by ${grownMiB} MiB`);
      await flooding.killProcesses();
      assert.equal((await flood.exited).signal, "SIGKILL");
      flood.output.resume();
      await Promise.all([flooding, filling, neighbour].map((sandbox) => sandbox.destroy()));
    });
  });

/** How many processes of a sandbox are called sleep, as they are from when they have executed it. */
async function sleeping(sandbox: Sandbox): Promise<string> {
  return (await sh(sandbox, "cat /proc/[0-9]*/comm | grep -c sleep")).output;
}
