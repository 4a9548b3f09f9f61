import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import type { Sandbox } from "../../src/environments/sandbox/index.ts";
import { assertNoWayToHost, outside } from "./attempts.ts";
import { facts, inside, ORIGINS, openSandboxWorld, type SandboxWorld, sh } from "./world.ts";

/** What a hostile function tries, each with a control outside that shows that the attempt itself is sound. */
for (const origin of ORIGINS)
  describe(`the walls of a namespaces sandbox that ${origin} forked`, () => {
    let world: SandboxWorld;
    let sandbox: Sandbox;
    before(async () => {
      world = await openSandboxWorld({ origin });
      sandbox = await world.create({}, { onRuntimeApi: (socket) => socket.end("own") });
    });
    after(async () => {
      await sandbox.destroy();
      await world.close();
    });

    it("gives the user and the names of AWS", async () => {
      const { output } = await sh(sandbox, "id -u; id -g; id -un; id -G; hostname; cat /etc/hosts; umask");
      assert.equal(
        output,
        "993\n990\nsbx_user1051\n990\nsandbox\n127.0.0.1 localhost sandbox.localdomain sandbox\n0022\n",
      );
    });

    it("has a read-only root with /tmp as the only place to write", async () => {
      for (const path of ["/x", "/usr/x", "/var/task/x", "/var/x", "/etc/x", "/opt/x", "/dev/x", "/mnt/x"]) {
        assert.equal((await inside(sandbox, "write", path)).output, "write EROFS\n", path);
      }
      assert.notEqual((await inside(sandbox, "write", "/proc/x")).output, "write ok\n");
      assert.equal((await inside(sandbox, "write", "/dev/shm/x")).output, "write ENOENT\n");
      assert.equal((await inside(sandbox, "write", "/tmp/x")).output, "write ok\n");
      assert.equal((await inside(sandbox, "write", "/dev/null")).output, "write ok\n");
    });

    it("shows no file of the host", async () => {
      const secret = join(world.directory, "code", "greeting.txt");
      for (const path of [
        secret,
        "/root",
        "/home",
        "/etc/shadow",
        "/sys/kernel",
        "/run",
        "/boot",
        "/proc/kcore",
      ]) {
        assert.equal((await inside(sandbox, "read", path)).output, "read ENOENT\n", path);
      }
      assert.equal(await outside(world, "read", secret), "read ok\n", "the control");
      const devices = await sh(sandbox, "cd /dev; echo *");
      assert.equal(devices.output, "fd full null random stderr stdin stdout urandom zero\n");
    });

    it("shows and reaches no process of the host, and not its own init", async () => {
      const { output } = await sh(sandbox, "cd /proc; echo [0-9]*; echo $$");
      const [seen, own] = output.trimEnd().split("\n");
      assert.equal(seen, own);
      const pid = String(process.pid);
      assert.equal(await outside(world, "signal", pid), "signal ok\n", "the control");
      if (process.pid > 100) assert.equal((await inside(sandbox, "signal", pid)).output, "signal ESRCH\n");
      assert.equal((await inside(sandbox, "read", "/proc/1/environ")).output, "read ENOENT\n");
      assert.equal((await inside(sandbox, "read", "/proc/sys/kernel/hostname")).output, "read ENOENT\n");
      // Init has the same user, so only its being pid 1 and not dumpable protects it.
      const attack = await sh(sandbox, "kill -KILL 1; kill -STOP 1; kill -TERM 1; echo still here");
      assert.equal(attack.output, "still here\n");
      assert.equal((await sh(sandbox, "echo up")).output, "up\n");
    });

    it("reaches no listener of the host and no network", () => assertNoWayToHost(world, sandbox));

    it("has a loopback that no other sandbox shares", async () => {
      const other = await world.create({}, { onRuntimeApi: (socket) => socket.end("other") });
      assert.equal((await inside(sandbox, "reach", "127.0.0.1", "9001")).output, "connected own\n");
      assert.equal((await inside(other, "reach", "127.0.0.1", "9001")).output, "connected other\n");
      await other.destroy();
    });

    it("refuses the system calls that sandboxes are left by", async () => {
      const { output, exit } = await inside(sandbox, "system-calls");
      assert.equal(exit.code, 0);
      const results = facts(output);
      const refused = [
        ...["mount", "umount", "pivot_root", "fsopen", "open_tree", "chroot", "unshare-user", "unshare-net"],
        ...["clone-user", "clone-pid", "setns", "ptrace", "keyctl", "add_key", "bpf", "io_uring_setup"],
        ...["perf_event_open", "userfaultfd", "open_by_handle_at", "init_module", "kexec_load", "raw-socket"],
        ...["sethostname", "link-down"],
      ];
      for (const name of refused) assert.equal(results.get(name), "EPERM", name);
      // It has no such user, which comes before the question of privilege.
      assert.equal(results.get("setuid-root"), "EINVAL");
      // C libraries fall back to clone only on this one.
      assert.equal(results.get("clone3"), "ENOSYS");
      for (const name of ["packet-socket", "vsock-socket"])
        assert.equal(results.get(name), "EAFNOSUPPORT", name);
      assert.equal(results.get("netfilter-socket"), "EPERM");
      for (const name of ["clone", "route-socket", "unix-socket", "udp-socket"])
        assert.equal(results.get(name), "ok", name);

      // In namespaces of its own, because outside of a sandbox some of these calls would change the host.
      const unshared = ["-n", "-u", "-m", world.program, "system-calls"];
      const control = facts((await promisify(execFile)("unshare", unshared)).stdout);
      const working = ["sethostname", "link-down", "mount", "raw-socket", "unshare-user", "clone-user"];
      for (const name of [...working, "ptrace", "keyctl", "clone"])
        assert.equal(control.get(name), "ok", `outside, ${name} works`);
    });

    it("holds no privilege and can gain none", async () => {
      const { output } = await sh(
        sandbox,
        "grep -E '^(Cap|NoNewPrivs|Seccomp:|Groups)' /proc/self/status | tr -d '\\t '",
      );
      assert.deepEqual(output.trimEnd().split("\n"), [
        "Groups:",
        ...["Inh", "Prm", "Eff", "Bnd", "Amb"].map((set) => `Cap${set}:0000000000000000`),
        "NoNewPrivs:1",
        "Seccomp:2",
      ]);
      assert.equal((await sh(sandbox, "grep -vc nosuid /proc/self/mountinfo")).output, "0\n");
    });

    it("passes on no descriptor and no variable of the server", async () => {
      assert.equal((await inside(sandbox, "descriptors")).output, "0 1 2 \n");
      assert.equal((await sh(sandbox, "env | cut -d= -f1 | sort | tr '\\n' ' '")).output, "PATH PWD ");
      assert.equal((await sh(sandbox, "tr '\\0' '\\n' </proc/self/environ")).output, "PATH=/usr/bin:/bin\n");
      const control = await promisify(execFile)("/bin/cat", ["/proc/self/environ"], {
        env: { LAMBKIN_TEST_SECRET: "of the server" },
      });
      assert.match(control.stdout, /of the server/, "the control");
      const limits = await sh(sandbox, "ulimit -n; ulimit -Hn; ulimit -c; cat </dev/stdin | wc -c");
      assert.equal(limits.output, "1024\n1024\n0\n0\n");
    });
  });
