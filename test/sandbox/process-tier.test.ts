import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { silentLog, systemClock } from "../../src/base/index.ts";
import type { Sandbox, SandboxTier } from "../../src/environments/sandbox/index.ts";
import { openProcessTier } from "../../src/environments/sandbox/process/process-tier.ts";
import { alive, drained, outputOf, readFrom, stopped, until } from "./observe.ts";

describe("process tier", () => {
  let directory: string;
  let code: string;
  let tier: SandboxTier;
  let created = 0;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "lambkin-process-"));
    code = join(directory, "code");
    await mkdir(code);
    await writeFile(join(code, "greeting.txt"), "hello from the package\n");
    await chmod(directory, 0o755);
    tier = await openProcessTier({
      stateDirectory: join(directory, "state"),
      clock: systemClock,
      log: silentLog,
    });
  });
  after(async () => {
    await tier.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function create(memoryMiB = 128): Promise<Sandbox> {
    created++;
    return tier.create(
      {
        id: `p${created}`,
        memoryMiB,
        ephemeralStorageMiB: 512,
        mounts: [{ source: code, target: "/var/task" }],
      },
      {
        onRuntimeApi: (socket) => socket.end("runtime api\n"),
        onEndpoint: (socket) => socket.end("endpoint\n"),
      },
    );
  }

  function sh(sandbox: Sandbox, script: string, environment: Record<string, string> = {}) {
    return sandbox.start({
      command: ["/bin/sh", "-c", script],
      environment: { PATH: "/usr/bin:/bin", ...environment },
      workingDirectory: "/var/task",
    });
  }

  it("translates inside-paths of command, variables and working directory", async () => {
    const sandbox = await create();
    const process = await sandbox.start({
      command: ["/bin/cat", "/var/task/greeting.txt", "greeting.txt"],
      environment: {},
      workingDirectory: "/var/task",
    });
    assert.equal(await outputOf(process), "hello from the package\nhello from the package\n");
    assert.deepEqual(await process.exited, { code: 0, outOfMemory: false });
    const variables = await sh(sandbox, 'echo "$LAMBDA_TASK_ROOT|$LIST|$JSON|$TMPDIR"; echo err >&2', {
      LAMBDA_TASK_ROOT: "/var/task",
      LIST: "/opt/lib:/var/task/lib:/var/tasks",
      JSON: '{"path":"/var/task"}',
    });
    const tmp = join(directory, "state/process", sandbox.id, "tmp");
    assert.equal(
      await outputOf(variables),
      `${code}|/opt/lib:${code}/lib:/var/tasks|{"path":"/var/task"}|${tmp}\nerr\n`,
    );
    await sandbox.destroy();
  });

  it("wires both listeners to its own sandbox", async () => {
    const sandbox = await create();
    assert.equal(await readFrom(sandbox.runtimeApiAddress), "runtime api\n");
    assert.equal(await readFrom(sandbox.endpointUrl.replace("http://", "")), "endpoint\n");
    await sandbox.destroy();
    await assert.rejects(readFrom(sandbox.runtimeApiAddress), { code: "ECONNREFUSED" });
  });

  it("signals one process with its group and gives it a pipe for a log", async () => {
    const sandbox = await create();
    const command = "echo log >&3; trap 'echo asked; exit 3' TERM; echo ready; sleep 60 & wait";
    const ends = await sandbox.start({
      command: ["/bin/sh", "-c", command],
      environment: {},
      workingDirectory: "/tmp",
      withLog: true,
    });
    const logged = once(ends.log as Readable, "data");
    assert.equal(String((await once(ends.output, "data"))[0]), "ready\n");
    await ends.signal("SIGTERM");
    assert.deepEqual(await ends.exited, { code: 3, outOfMemory: false });
    assert.equal(String((await logged)[0]), "log\n");
    await sandbox.destroy();
  });

  it("freezes, thaws, and keeps the directory over a kill", async () => {
    const sandbox = await create();
    const first = await sh(
      sandbox,
      "echo kept >$TMPDIR/note; echo $$; i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done",
    );
    const [said] = await once(first.output, "data");
    const pid = Number.parseInt(String(said), 10);
    let lines = 0;
    first.output.on("data", (data) => (lines += String(data).split("\n").length - 1));
    await until(() => lines > 2);
    await sandbox.freeze();
    await until(() => stopped(pid));
    await drained();
    const seen = lines;
    await delay(100);
    assert.equal(lines, seen, "a stopped process counts no further");
    await sandbox.thaw();
    await until(() => lines > seen);
    await sandbox.freeze();
    await sandbox.killProcesses();
    assert.equal((await first.exited).signal, "SIGKILL");
    assert.equal(await outputOf(await sh(sandbox, "cat $TMPDIR/note")), "kept\n");
    await sandbox.destroy();
    await sandbox.destroy();
    assert.equal(existsSync(join(directory, "state/process", sandbox.id)), false);
  });

  it("kills what exceeds the memory limit and tells so", async () => {
    const sandbox = await create(128);
    // Through the shell: a path of the host in the command itself would be taken for one of the sandbox.
    const program = "const a=[];setInterval(()=>a.push(Buffer.alloc(8<<20,1)),5)";
    const process = await sh(sandbox, `exec '${globalThis.process.execPath}' -e '${program}'`);
    process.output.resume();
    assert.deepEqual(await process.exited, { signal: "SIGKILL", outOfMemory: true });
    assert.ok((await sandbox.peakMemoryBytes()) > 128 * 1024 * 1024);
    await sandbox.destroy();
  });

  it("leaves no process behind, also none that left its group", async () => {
    const sandbox = await create();
    const process = await sh(sandbox, "setsid sh -c 'echo $$; exec sleep 4321' & exec sleep 4322");
    const pid = await new Promise<number>((resolve) =>
      process.output.once("data", (data) => resolve(Number(data))),
    );
    assert.ok(alive(pid), "the control");
    await sandbox.destroy();
    assert.equal(alive(pid), false);
  });

  it("rejects a program that is not there", async () => {
    const sandbox = await create();
    await assert.rejects(
      sandbox.start({ command: ["/var/task/bootstrap"], environment: {}, workingDirectory: "/var/task" }),
      { code: "ENOENT" },
    );
    await sandbox.destroy();
  });
});
