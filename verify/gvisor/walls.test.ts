import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import type { Sandbox } from "../../src/environments/sandbox/index.ts";
import {
  assertNoWayByAbstractSocket,
  assertNoWayByLinks,
  assertNoWayBySharedMemory,
  assertNoWayToHost,
  outside,
} from "../../test/sandbox/attempts.ts";
import { facts, inside, openSandboxWorld, type SandboxWorld, sh } from "../../test/sandbox/world.ts";

/** What a hostile function tries, each with a control outside that shows that the attempt itself is sound. */
describe("the walls of gVisor", () => {
  let world: SandboxWorld;
  let sandbox: Sandbox;
  before(async () => {
    world = await openSandboxWorld();
    sandbox = await world.create({ memoryMiB: 512 }, { onRuntimeApi: (socket) => socket.end("own") });
  });
  after(async () => {
    await sandbox?.destroy();
    await world?.close();
  });

  it("show another kernel than that of this machine", async () => {
    const host = await readFile("/proc/version", "utf8");
    const shown = (await sh(sandbox, "cat /proc/version; dmesg 2>/dev/null | head -1")).output;
    assert.notEqual(shown.split("\n")[0], host.trim());
    assert.match(shown, /^Linux version 4\.4\.0 /);
  });

  it("give the user and the names of AWS", async () => {
    const { output } = await sh(sandbox, "id -u; id -g; id -un; hostname; cat /etc/hosts; umask");
    const hosts = "127.0.0.1 localhost sandbox.localdomain sandbox";
    assert.equal(output, `993\n990\nsbx_user1051\nsandbox\n${hosts}\n0022\n`);
  });

  it("have /tmp as the only place on disk to write, and show no file of the host", async () => {
    for (const path of [
      "/x",
      "/usr/x",
      "/var/task/x",
      "/etc/x",
      "/opt/x",
      "/mnt/x",
      "/sys/x",
      "/var/rapid/init",
    ])
      assert.match((await inside(sandbox, "write", path)).output, /^write (EACCES|EROFS)$/m, path);
    assert.equal((await inside(sandbox, "write", "/tmp/x")).output, "write ok\n");
    const secret = join(world.directory, "code", "greeting.txt");
    for (const path of [secret, "/root", "/home", "/etc/shadow", "/run", "/runsc", "/bundle", "/proc/keys"])
      assert.equal((await inside(sandbox, "read", path)).output, "read ENOENT\n", path);
    for (const path of [secret, "/etc/shadow", "/root"])
      assert.equal(await outside(world, "read", path), "read ok\n", `the control of ${path}`);
  });

  it("are not left by a symbolic link in a package or a layer", () =>
    assertNoWayByLinks(world, (source) =>
      world.create({ mounts: ["/var/task", "/opt"].map((target) => ({ source, target })) }),
    ));

  it("hide the processes of the host, and their init stands above every signal of theirs", async () => {
    const pid = String(process.pid);
    assert.equal(await outside(world, "signal", pid), "signal ok\n", "the control");
    assert.equal((await inside(sandbox, "signal", pid)).output, "signal ESRCH\n");
    assert.equal((await sh(sandbox, "cd /proc; echo [0-9]*; echo 1 $$")).output.split("\n").length, 3);
    const attack =
      "for s in STOP TERM KILL; do kill -$s 1 2>/dev/null && echo reached; done; echo still here";
    assert.equal((await sh(sandbox, attack)).output, "still here\n");
    const control = await sh(sandbox, "sleep 60 & kill -STOP $! && kill -KILL $! && echo reached");
    assert.equal(control.output, "reached\n");
    const tried = facts((await inside(sandbox, "intrude", "1")).output);
    const child = facts((await inside(sandbox, "intrude-child")).output);
    for (const name of ["environ", "fd"]) {
      assert.equal(child.get(name), "ok", `the control, a child of its own: ${name}`);
      assert.equal(tried.get(name), "EACCES", name);
    }
    for (const name of ["process_vm_readv", "process_vm_writev", "mem"])
      assert.notEqual(tried.get(name), "ok");
  });

  it("refuse the system calls that sandboxes are left by", async () => {
    const results = facts((await inside(sandbox, "system-calls")).output);
    const unshared = ["-n", "-u", "-m", world.program, "system-calls"];
    const control = facts((await promisify(execFile)("unshare", unshared)).stdout);
    for (const name of [
      "sethostname",
      "link-down",
      "mount",
      "raw-socket",
      "unshare-user",
      "clone-user",
      "ptrace",
    ]) {
      assert.equal(control.get(name), "ok", `outside, ${name} works`);
      assert.notEqual(results.get(name), "ok", name);
    }
    const further = [
      ...[
        "umount",
        "pivot_root",
        "chroot",
        "setns",
        "keyctl",
        "add_key",
        "bpf",
        "io_uring_setup",
        "init_module",
      ],
      ...["perf_event_open", "userfaultfd", "open_by_handle_at", "kexec_load", "setuid-root", "clone-pid"],
      ...["packet-socket", "vsock-socket", "netfilter-socket"],
    ];
    for (const name of further) {
      assert.ok(results.has(name), `${name} was tried`);
      assert.notEqual(results.get(name), "ok", name);
    }
    for (const name of ["clone", "route-socket", "unix-socket", "udp-socket"])
      assert.equal(results.get(name), "ok", name);
  });

  it("hold no capability, pass on no descriptor and no variable of the server", async () => {
    const status = await sh(sandbox, "grep -E '^(Cap|Seccomp:)' /proc/self/status | tr -d '\\t '");
    assert.deepEqual(status.output.trimEnd().split("\n"), [
      ...["Inh", "Prm", "Eff", "Bnd"].map((set) => `Cap${set}:0000000000000000`),
      "Seccomp:2",
    ]);
    assert.equal((await inside(sandbox, "descriptors")).output, "0 1 2 \n");
    assert.equal((await sh(sandbox, "tr '\\0' '\\n' </proc/self/environ")).output, "PATH=/usr/bin:/bin\n");
    assert.equal((await sh(sandbox, "ulimit -n; ulimit -Hn; ulimit -c")).output, "1024\n1024\n0\n");
  });

  it("reach no listener of the host, no abstract socket and no other sandbox's Runtime API", async () => {
    await assertNoWayToHost(world, sandbox);
    await assertNoWayByAbstractSocket(world, sandbox);
    const other = await world.create({}, { onRuntimeApi: (socket) => socket.end("other") });
    assert.equal((await inside(sandbox, "reach", "127.0.0.1", "9001")).output, "connected own\n");
    assert.equal((await inside(other, "reach", "127.0.0.1", "9001")).output, "connected other\n");
    await other.destroy();
  });

  it("keep shared memory of the host and of a neighbour apart", async () => {
    const neighbour = await world.create();
    await assertNoWayBySharedMemory(world, sandbox, neighbour);
    await neighbour.destroy();
  });
});
