import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import type { Sandbox } from "../../src/environments/sandbox/index.ts";
import { until } from "./observe.ts";
import {
  compileInside,
  facts,
  inside,
  ORIGINS,
  openSandboxWorld,
  type SandboxWorld,
  sh,
  spawnerCgroups,
  spawnerOf,
  start,
} from "./world.ts";

const run = promisify(execFile);

/** What comes of an attempt in a sandbox, and what the same gives root outside, where that is the same everywhere. */
const ATTEMPTS: readonly (readonly [name: string, inside: string, outside?: string])[] = [
  ["userfaultfd", "EPERM", "ok"],
  ["fanotify", "EPERM", "ok"],
  ["quotactl", "EPERM"],
  ["name-handle", "EPERM", "ok"],
  ["by-handle", "EPERM", "ok"],
  ["kernel-log", "EPERM", "ok"],
  ["kcmp", "EPERM", "ok"],
  // Their number is the machine's, so that one function could leave its databases none.
  ["aio", "ENOSYS", "ok"],
  // Of the machine's disks nothing is flushed: even a descriptor that is none is taken for one.
  ["flush-of-nothing", "ok", "EBADF"],
  ["real-time", "EPERM", "ok"],
  ["nice", "EACCES", "ok"],
  ["never-killed", "EACCES"],
  ["int80", "SIGSYS"],
  ["sctp", "EPROTONOSUPPORT"],
  ["sctp-packets", "ESOCKTNOSUPPORT"],
  ["dccp", "ESOCKTNOSUPPORT"],
  ["udplite", "EPROTONOSUPPORT"],
  ["l2tp", "EPROTONOSUPPORT"],
  ["tcp", "ok", "ok"],
  ["udp", "ok", "ok"],
  ["own-filter", "ok", "ok"],
  ["overridden", "EPERM", "ok"],
  ["from-memory", "EPERM", "ok"],
];

/** Files of the kernel's, most of which tell of the whole machine or change it. */
const KERNEL_FILES = [
  ...["kcore", "kallsyms", "kmsg", "sysrq-trigger", "keys", "timer_list", "kpagecount", "modules", "cmdline"],
  ...["sys/kernel/core_pattern", "sys/kernel/perf_event_paranoid", "sys/kernel/modprobe", "sys/fs/file-max"],
  ...["sys/vm/drop_caches", "sys/net/ipv4/ip_forward", "sys/user/max_user_namespaces", "1/exe", "1/ns/net"],
].map((name) => `/proc/${name}`);
const DEVICES = [
  ...["mem", "kmem", "kvm", "fuse", "tty", "ptmx", "pts", "userfaultfd", "loop-control", "net/tun", "vsock"],
  ...["kmsg", "shm", "mqueue", "hugepages", "uinput", "btrfs-control", "mapper/control"],
].map((name) => `/dev/${name}`);
const SYSTEM = ["/sys", "/sys/kernel/debug", "/sys/kernel/tracing", "/sys/fs/cgroup", "/sys/fs/bpf"];
const ALL_HAVE = ["/proc/kallsyms", "/proc/keys", "/proc/sys/kernel/core_pattern", "/sys"];

for (const origin of ORIGINS)
  describe(`what hostile code tries in a sandbox that ${origin} forked`, () => {
    let world: SandboxWorld;
    let sandbox: Sandbox;
    let attacks: string;
    before(async () => {
      world = await openSandboxWorld({ origin });
      attacks = path.join(world.code, "attacks");
      await compileInside(attacks, "attacks.c");
      sandbox = await world.create();
    });
    after(async () => {
      await sandbox?.destroy();
      await world?.close();
    });

    async function attack(from: Sandbox, ...how: readonly string[]): Promise<Map<string, string>> {
      return facts((await sh(from, ["/var/task/attacks", ...how].join(" "))).output);
    }

    /** In namespaces of its own, where it can change nothing of the host. */
    async function outside(...how: readonly string[]): Promise<Map<string, string>> {
      return facts((await run("unshare", ["-n", "-u", "-m", "-i", attacks, ...how])).stdout);
    }

    it("comes to nothing by system calls and sockets", async () => {
      const [tried, control] = await Promise.all([attack(sandbox, "all"), outside("all")]);
      for (const [name, expected, works] of ATTEMPTS) {
        if (name === "int80" && process.arch !== "x64") continue;
        assert.equal(tried.get(name), expected, name);
        if (works !== undefined) assert.equal(control.get(name), works, `the control of ${name}`);
      }
      const kinds = [...tried].filter(([name]) => /^(family|netlink)-/.test(name));
      assert.ok(kinds.length > 60);
      for (const [name, result] of kinds)
        assert.equal(result, name.startsWith("family") ? "EAFNOSUPPORT" : "EPERM", name);
      // AF_PACKET, and the kernel's events.
      for (const name of ["family-17", "netlink-15"])
        assert.equal(control.get(name), "ok", `the control of ${name}`);
    });

    it("finds no file that tells of the kernel, and no device", async () => {
      const paths = [...KERNEL_FILES, ...DEVICES, ...SYSTEM];
      const found = await attack(sandbox, "open-each", ...paths);
      for (const name of paths) assert.equal(found.get(name), "ENOENT", name);
      const control = await outside("open-each", ...ALL_HAVE);
      for (const name of ALL_HAVE) assert.equal(control.get(name), "ok", `the control of ${name}`);
    });

    it("leaves no core dump, and starts no program of the host that takes one", async () => {
      const died = await attack(sandbox, "crash", "/tmp");
      assert.deepEqual([...died.values()], ["died", "died"]);
      assert.equal((await sh(sandbox, "ls -A /tmp")).output, "");
      // At 0 the kernel would still start what core_pattern names; at 1 it does not.
      const limit = await sh(sandbox, "ulimit -c 0; grep 'core file' /proc/self/limits");
      assert.match(limit.output, /^Max core file size +1 +1 +bytes/);
      const place = path.join(world.directory, "dumps");
      await mkdir(place);
      assert.equal((await outside("crash", place)).get("without-limit"), "dumped", "the control");
      if (/^[^/|@]/.test(await readFile("/proc/sys/kernel/core_pattern", "utf8")))
        assert.equal((await readdir(place)).length, 1, "the control: a file");
    });

    it("gets no descriptor to another sandbox, nor a byte out of band", async () => {
      const neighbour = await world.create();
      const receiver = await start(neighbour, "/var/task/attacks", "receive", "meeting");
      await once(receiver.output, "data");
      assert.deepEqual(
        [...(await attack(neighbour, "pass", "meeting")).values()],
        ["ok", "ok"],
        "the control",
      );
      const tried = await attack(sandbox, "pass", "meeting");
      assert.deepEqual([...tried.values()], ["ECONNREFUSED", "ENOENT"]);
      await neighbour.destroy();
    });

    it("becomes nobody else by a set-user-ID program of a package or a layer", async () => {
      const source = path.join(world.directory, "owned");
      await mkdir(source);
      await copyFile(attacks, path.join(source, "attacks"));
      await chmod(path.join(source, "attacks"), 0o6755);
      const target = await world.create({ mounts: [{ source, target: "/var/task" }] });
      await target.attach([{ source, target: "/opt" }]);
      for (const place of ["/var/task", "/opt"])
        assert.equal((await sh(target, `${place}/attacks user`)).output, "993 990\n", place);
      const nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
      const control = await run("setpriv", [...nobody, path.join(source, "attacks"), "user"]);
      assert.equal(control.stdout, "0 0\n", "the control");
      await target.destroy();
    });

    it("uses up descriptors of its own process alone", async () => {
      const neighbour = await world.create();
      for (const what of ["timerfd", "epoll", "memfd"]) {
        const held = await start(sandbox, "/var/task/inside", "use-up", "5000", what, "hold");
        const [said] = await once(held.output, "data");
        assert.match(String(said), /^10[12]\d EMFILE\n$/, `the control: no more ${what}`);
        assert.equal((await inside(neighbour, "use-up", "100", what)).output, "100 all\n", what);
        await sandbox.killProcesses();
      }
      await neighbour.destroy();
    });

    it("leaves numbers for other processes, however many sandboxes are full of its own", async () => {
      const spawner = (await spawnerOf(process.pid)) as number;
      const files = (await spawnerCgroups(spawner)).map((at) => path.join(at, "pids.max"));
      const read = (file: string) => readFile(file, "utf8").catch(() => undefined);
      const found = await Promise.all(files.map(async (file) => ({ file, text: await read(file) })));
      const [limit] = found.filter(({ text }) => text !== undefined);
      assert.ok(limit?.text !== undefined, "there is a limit for all together");
      const most = Number(await readFile("/proc/sys/kernel/pid_max", "utf8"));
      assert.ok(Number(limit.text) <= (most * 3) / 4, `${limit.text} of ${most}`);
      // So that it is soon reached.
      await writeFile(limit.file, "300");
      const other = await world.create({ memoryMiB: 512 });
      const forked = async () => (await inside(other, "fork", "900")).output.trim().split(" ");
      const full = "i=0; while [ $((i+=1)) -le 200 ]; do sleep 600 & done; echo up; wait";
      await once((await start(sandbox, "/bin/sh", "-c", full)).output, "data");
      const [few, error] = await forked();
      assert.ok(error === "EAGAIN" && Number(few) < 100, `${few} ${error}`);
      await sandbox.killProcesses();
      await writeFile(limit.file, limit.text);
      assert.deepEqual(await forked(), ["900", "all"], "the control");
      await other.destroy();
    });

    it("hurts its own init, and with it itself alone", async () => {
      const [hurt, neighbour] = await Promise.all([world.create(), world.create()]);
      assert.deepEqual([...(await attack(hurt, "hurt-init")).values()], ["ok", "ok"]);
      await assert.rejects(start(hurt, "/bin/sh", "-c", "true"));
      assert.equal((await sh(neighbour, "echo alive")).output, "alive\n");
      await hurt.destroy();
      const next = await world.create();
      assert.equal((await sh(next, "echo alive")).output, "alive\n");
      await Promise.all([neighbour.destroy(), next.destroy()]);
      await until(async () => (await spawnerOf(process.pid)) !== undefined);
    });
  });
