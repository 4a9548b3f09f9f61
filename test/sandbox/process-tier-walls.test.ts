import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { silentLog, systemClock } from "../../src/base/index.ts";
import type { Sandbox, SandboxTier } from "../../src/environments/sandbox/index.ts";
import { openProcessTier } from "../../src/environments/sandbox/process/process-tier.ts";
import { outputOf } from "./observe.ts";
import { compileInside, facts } from "./world.ts";

/** What plain processes are kept from, and what docs/SECURITY.md says that they are not kept from. */
describe("the process tier of a server run by root", () => {
  let directory: string;
  let tier: SandboxTier;
  let program: string;
  const sandboxes: Sandbox[] = [];
  before(async () => {
    assert.equal(process.getuid?.(), 0, "these tests run as root");
    directory = await mkdtemp(join(tmpdir(), "lambkin-open-"));
    await chmod(directory, 0o755);
    await mkdir(join(directory, "code"));
    program = join(directory, "code", "inside");
    await compileInside(program);
    await writeFile(join(directory, "private"), "of root alone\n", { mode: 0o600 });
    await writeFile(join(directory, "public"), "of everybody\n", { mode: 0o644 });
    tier = await openProcessTier({
      stateDirectory: join(directory, "state"),
      clock: systemClock,
      log: silentLog,
    });
    for (const id of ["one", "other"])
      sandboxes.push(
        await tier.create(
          {
            id,
            memoryMiB: 128,
            ephemeralStorageMiB: 512,
            mounts: [{ source: join(directory, "code"), target: "/var/task" }],
          },
          {
            onRuntimeApi: (socket) => socket.end(`runtime api of ${id}`),
            onEndpoint: (socket) => socket.end(),
          },
        ),
      );
  });
  after(async () => {
    await tier.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function run(script: string, sandbox = sandboxes[0] as Sandbox): Promise<string> {
    const child = await sandbox.start({
      // Through the shell: a path of the host in the command itself would be taken for one of the sandbox.
      command: ["/bin/sh", "-c", script],
      environment: { PATH: "/usr/bin:/bin", INSIDE: "/var/task/inside" },
      workingDirectory: "/var/task",
    });
    return outputOf(child);
  }
  const inside = (...arguments_: string[]) => run(`exec "$INSIDE" ${arguments_.join(" ")}`);
  const outside = async (...arguments_: string[]) => (await promisify(execFile)(program, arguments_)).stdout;

  it("keeps functions from what is root's, from root's processes and from each other's files", async () => {
    const own = String(process.pid);
    for (const probe of [
      ["read", join(directory, "private")],
      ["read", `/proc/${own}/environ`],
      ["signal", own],
      ["write", join(directory, "code", "new")],
    ]) {
      assert.match(await outside(...probe), / ok\n$/, "the control");
      assert.match(await inside(...probe), / (EACCES|EPERM)\n$/, probe.join(" "));
    }
    assert.equal(
      await run("echo mine >$TMPDIR/mine; cat $TMPDIR/mine", sandboxes[1]),
      "mine\n",
      "the control",
    );
    assert.equal(await inside("read", join(directory, "state/process/other/tmp/mine")), "read EACCES\n");
    const users = await Promise.all(sandboxes.map((sandbox) => run("id -u; id -G", sandbox)));
    assert.equal(new Set(["0\n0\n", ...users]).size, 3, users.join());
    assert.equal((await run("env | cut -d= -f1 | sort | tr '\\n' ' '")).includes("HOME"), false);
    const calls = facts(await inside("system-calls"));
    for (const name of ["mount", "chroot", "setuid-root", "raw-socket", "packet-socket", "sethostname"])
      assert.equal(calls.get(name), "EPERM", name);
    assert.equal(await run("grep NoNewPrivs /proc/self/status | tr -d '\\t'"), "NoNewPrivs:1\n");
  });

  it("shows them the machine all the same: files, processes, listeners, each other's Runtime API", async () => {
    assert.equal(await inside("read", join(directory, "public")), "read ok\n");
    assert.equal(await inside("read", `/proc/${process.pid}/cmdline`), "read ok\n");
    const server = createServer((socket) => socket.end("host"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    assert.equal(await inside("reach", "127.0.0.1", String(port)), "connected host\n");
    server.close();
    const [host, theirs] = (sandboxes[1] as Sandbox).runtimeApiAddress.split(":");
    assert.equal(await inside("reach", host ?? "", theirs ?? ""), "connected runtime api of other\n");
    assert.equal(await run("ls -d /root /home /sys/kernel"), "/home\n/root\n/sys/kernel\n");
  });

  it("filters no system call", async () => {
    const calls = facts(await inside("system-calls"));
    const control = facts(
      (await promisify(execFile)("unshare", ["-n", "-u", "-m", program, "system-calls"])).stdout,
    );
    for (const name of ["ptrace", "keyctl", "unshare-user", "clone-user"]) {
      assert.equal(control.get(name), "ok", "the control");
      assert.equal(calls.get(name), "ok", name);
    }
  });
});
