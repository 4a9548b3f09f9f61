import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { cacheDirectory, environmentLimits, silentLog, systemClock } from "../../src/base/index.ts";
import { openSandboxTier } from "../../src/environments/sandbox/index.ts";
import {
  encodeFrame,
  readableFrom,
  SpawnerChannel,
  SpawnerError,
  type SpawnerEvent,
  serverFrom,
} from "../../src/environments/sandbox/spawner/channel.ts";
import { compileSpawner } from "../../src/environments/sandbox/spawner/compile.ts";
import { spawnFields } from "../../src/environments/sandbox/spawner/plain-spawn.ts";
import { rootFields, systemTree } from "../../src/environments/sandbox/spawner/root-tree.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";
import { until } from "./observe.ts";
import {
  loopDevices,
  ORIGINS,
  onlyLoopDevicesOf,
  openSandboxWorld,
  processesWith,
  sh,
  spawnerCgroups,
  spawnerOf,
  start,
} from "./world.ts";

const SOURCE = join(import.meta.dirname, "../../native/spawner");

describe("the spawner", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "lambkin-spawner-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("compiles without a warning", async () => {
    const sources = (await readdir(SOURCE)).filter((name) => name.endsWith(".c"));
    assert.ok(sources.length > 5, `${sources.length} files read`);
    const flags = ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-o", join(directory, "checked")];
    await promisify(execFile)("cc", [...flags, ...sources.map((name) => join(SOURCE, name))]);
  });

  it("is compiled once, also by two at a time", async () => {
    const cache = join(directory, "cache");
    const [first, second] = await withQuickCompiler(() =>
      Promise.all([compileSpawner(cache), compileSpawner(cache)]),
    );
    assert.equal(first, second);
    assert.deepEqual(await readdir(cache), [first.slice(cache.length + 1)]);
    // The same file, not an equal one made anew.
    const { ino, mtimeMs } = await stat(first);
    assert.equal(await compileSpawner(cache), first);
    const again = await stat(first);
    assert.deepEqual([again.ino, again.mtimeMs], [ino, mtimeMs]);
  });

  it("is compiled again where the cached one is damaged", async () => {
    const cache = join(directory, "cache");
    const program = await withQuickCompiler(() => compileSpawner(cache));
    const whole = await readFile(program);
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(flipped.readUInt8(5_000) ^ 1, 5_000);
    for (const damage of [whole.subarray(0, whole.length >> 1), flipped]) {
      await rm(program);
      await writeFile(program, damage, { mode: 0o755 });
      await withoutCompiler(() => assert.rejects(compileSpawner(cache), /no C compiler/));
    }
    assert.equal(await withQuickCompiler(() => compileSpawner(cache)), program);
    assert.notDeepEqual(await readFile(program), flipped);
    await assert.rejects(promisify(execFile)(program, [directory], { env: {} }), { code: 2 });
  });

  async function withPath<T>(path: string, run: () => Promise<T>): Promise<T> {
    const usual = process.env["PATH"];
    process.env["PATH"] = path;
    try {
      return await run();
    } finally {
      process.env["PATH"] = usual;
    }
  }

  const withoutCompiler = <T>(run: () => Promise<T>) => withPath(directory, run);

  /** What is compiled does not matter here, only when: the machine's compiler, told last not to optimize. */
  async function withQuickCompiler<T>(run: () => Promise<T>): Promise<T> {
    const programs = join(directory, "quick");
    const { stdout } = await promisify(execFile)("sh", ["-c", "command -v cc"]);
    await mkdir(programs, { recursive: true });
    await writeFile(join(programs, "cc"), `#!/bin/sh\nexec ${stdout.trim()} "$@" -O0\n`, { mode: 0o755 });
    return withPath(`${programs}${delimiter}${process.env["PATH"]}`, run);
  }

  it("is not used as anything but Lambkin's child", async () => {
    const program = await compileSpawner(join(directory, "cache"));
    await assert.rejects(promisify(execFile)(program, [directory], { env: {} }), { code: 2 });
  });

  it("leaves the process tier where there is no compiler, and says so", async () => {
    await withoutCompiler(async () => {
      const tier = await openSandboxTier({
        cacheDirectory: join(directory, "no-compiler"),
        stateDirectory: join(directory, "state"),
        endpointPort: 4566,
        clock: systemClock,
        log: silentLog,
      });
      assert.equal(tier.name, "process");
      assert.match(tier.report.limits[0]?.detail ?? "", /no C compiler/);
      await tier.close();
    });
  });

  it("leaves nothing of a sandbox that was still being made when the tier was closed", async () => {
    const listeners = () =>
      process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;
    const before = listeners();
    const world = await openSandboxWorld();
    await world.create();
    const making = Promise.allSettled([world.create(), world.create()]);
    await world.tier.close();
    const made = await making;
    assert.equal(made.filter(({ status }) => status === "fulfilled").length, 2);
    await assert.rejects(world.create(), /closing/);
    await world.close();
    assert.equal(listeners(), before);
    await until(async () => (await loopDevices(world.directory)).length === 0);
  });

  it("makes every /tmp itself when what makes them ahead has died", async () => {
    const world = await openSandboxWorld();
    try {
      const spawner = await spawnerOf(process.pid);
      const [helper] = (await readFile(`/proc/${spawner}/task/${spawner}/children`, "latin1")).split(" ");
      const first = await world.create();
      process.kill(Number(helper), "SIGKILL");
      const sandboxes = [first, ...(await Promise.all([world.create(), world.create(), world.create()]))];
      await onlyLoopDevicesOf(sandboxes.length, world.directory, false);
      for (const sandbox of sandboxes)
        assert.equal((await sh(sandbox, "ls -A /tmp; echo x > /tmp/y; cat /tmp/y")).output, "x\n");
      await Promise.all(sandboxes.map((sandbox) => sandbox.destroy()));
      await onlyLoopDevicesOf(0, world.directory, false);
    } finally {
      await world.close();
    }
  });

  for (const origin of ORIGINS)
    it(`leaves nothing of a sandbox of ${origin} when whoever makes it is killed, and goes on`, async () => {
      const world = await openSandboxWorld({ origin });
      try {
        const spawner = (await spawnerOf(process.pid)) ?? 0;
        const children = async () =>
          (await readFile(`/proc/${spawner}/task/${spawner}/children`, "latin1")).split(" ").filter(Boolean);
        const known = new Set(await children());
        const made = new AbortController();
        // Makers and inits; which of them, and how far they have come, is as it happens.
        const killing = (async () => {
          for (let n = 0; !made.signal.aborted; n++) {
            for (const pid of await children()) {
              if (known.has(pid)) continue;
              known.add(pid);
              if (n % 2 === 0) kill(Number(pid));
            }
          }
        })();
        const wanted = Array.from({ length: 12 }, () => world.create({ mounts: [] }));
        for (const one of await Promise.allSettled(wanted))
          if (one.status === "fulfilled") await one.value.destroy();
          else assert.ok(one.reason instanceof SpawnerError, String(one.reason));
        made.abort();
        await killing;
        const listeners = { onRuntimeApi: () => undefined, onEndpoint: () => undefined };
        const spec = { id: "next", memoryMiB: 128, ephemeralStorageMiB: 512, mounts: [] };
        const next = await world.tier.create(spec, listeners);
        assert.equal((await sh(next, "echo up")).output, "up\n");
        await next.destroy();
        assert.equal(await spawnerOf(process.pid), spawner);
        const left = async () => {
          const cgroups = await spawnerCgroups(spawner);
          const inside = await Promise.all(cgroups.map((path) => readdir(path, { withFileTypes: true })));
          return inside.flat().filter((entry) => entry.isDirectory() && !entry.name.startsWith("zygote-"));
        };
        // An init whose maker died before it could say so ends when it is its turn, and its cgroup goes with it.
        await until(async () => (await left()).length === 0);
      } finally {
        await world.close();
      }
    });

  it("is started anew after its death, which takes its sandboxes along", async () => {
    const world = await openSandboxWorld();
    try {
      const sandboxes = [await world.create(), await world.create()];
      const token = `anew-${process.pid}`;
      const [busy, frozen] = sandboxes as [(typeof sandboxes)[0], (typeof sandboxes)[0]];
      const running = await Promise.all(
        sandboxes.map((sandbox) => start(sandbox, "/var/task/inside", "count", token)),
      );
      for (const { output } of running) await once(output, "data");
      for (const { output } of running) output.resume();
      assert.equal((await processesWith(token)).length, 2, "a control: they run");
      await frozen.freeze();
      const spawner = await spawnerOf(process.pid);
      assert.ok(spawner !== undefined, "a control: it runs");
      process.kill(spawner, "SIGKILL");
      for (const { exited } of running)
        assert.deepEqual(await exited, { signal: "SIGKILL", outOfMemory: false });
      await assert.rejects(busy.freeze(), /spawner/);
      await assert.rejects(start(busy, "/bin/true"), /spawner/);
      const next = await world.create();
      assert.equal((await sh(next, "echo up")).output, "up\n");
      await Promise.all([busy.destroy(), frozen.destroy(), next.destroy()]);
      assert.notEqual(await spawnerOf(process.pid), spawner);
      assert.deepEqual(await spawnerCgroups(spawner), []);
      await until(async () => (await loopDevices(world.directory)).length === 0);
      assert.deepEqual(await processesWith(token), []);
    } finally {
      await world.close();
    }
  });
});

describe("Node's child-process channel, as the spawner speaks it", () => {
  let directory: string;
  let program: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "lambkin-channel-"));
    program = await compileSpawner(cacheDirectory());
  });
  after(() => rm(directory, { recursive: true, force: true }));

  function open(options: { program?: string; clock?: typeof systemClock } = {}) {
    const events: SpawnerEvent[] = [];
    const ends: Error[] = [];
    const channel = new SpawnerChannel({
      program,
      stateDirectory: directory,
      clock: systemClock,
      log: silentLog,
      onEvent: (event) => events.push(event),
      onEnd: (reason) => ends.push(reason),
      ...options,
    });
    return { channel, events, ends };
  }

  it("carries requests, replies, listening sockets and pipes", async () => {
    const { channel, events, ends } = open();
    const { values } = await channel.request("hello", "").reply;
    assert.equal(typeof values["privileged"], "boolean");

    const fields = spawnFields({
      user: 1_900_200_000,
      memoryBytes: 128 << 20,
      processes: 100,
      tmpTemplate: "",
      tmpBytes: 64 << 20,
      runtimePort: 9001,
      endpointPort: 4566,
      uplink: 0,
      spare: 0,
      tree: rootFields(await systemTree(), []),
    });
    const spawned = await channel.request("spawn", "one", fields, 2).reply;
    assert.deepEqual([...spawned.handles.keys()].sort(), ["endpoint", "runtimeApi"]);
    for (const handle of spawned.handles.values()) {
      assert.equal(handle.constructor.name, "TCP");
      const server = serverFrom(handle);
      await once(server, "listening");
      server.close();
    }

    const { number, reply } = channel.request(
      "start",
      "one",
      [0, 0, "/", 2, "/bin/echo", "through a pipe"],
      1,
    );
    const output = (await reply).handles.get("output");
    assert.equal(output?.constructor.name, "Pipe");
    const received: unknown[] = await readableFrom(output).toArray();
    assert.equal(Buffer.concat(received as Buffer[]).toString(), "through a pipe\n");
    await until(() => events.length === 1);
    assert.deepEqual(events, [
      { event: "exit", sandbox: "one", process: number, code: 0, outOfMemory: false },
    ]);

    await assert.rejects(channel.request("freeze", "two").reply, { name: "SpawnerError", code: "ESRCH" });
    await assert.rejects(channel.request("dance", "one").reply, { code: "ENOSYS" });
    await assert.rejects(channel.request("start", "one", [0, 0, "/", 1, "/no"], 1).reply, { code: "ENOENT" });
    await channel.request("destroy", "one").reply;
    assert.deepEqual(ends, []);
    await channel.close();
    assert.equal(ends.length, 1);
    await assert.rejects(channel.request("hello", "").reply);
  });

  it("takes requests in a flood, large ones and odd ones", async () => {
    const { channel, ends } = open();
    const flood = Array.from({ length: 300 }, () => channel.request("hello", "").reply);
    assert.equal((await Promise.all(flood)).length, 300);
    await assert.rejects(channel.request("spawn", "../../etc", ["x".repeat(100 * 1024)], 2).reply, {
      code: "EINVAL",
    });
    await assert.rejects(channel.request("spawn", 'a"b', [], 2).reply, { code: "EINVAL" });
    await assert.rejects(channel.request("spawn", "none", [], 2).reply);
    await assert.rejects(channel.request("hello", "", ["x".repeat(200 * 1024)]).reply, { code: "E2BIG" });
    await assert.rejects(channel.request("hello", "", ["nul\0inside"]).reply, { code: "EINVAL" });
    await channel.request("hello", "").reply;
    assert.deepEqual(ends, []);
    await channel.close();
  });

  it("frames fields as NUL-terminated text", () => {
    assert.equal(Buffer.from(encodeFrame([7, "start", "", "ü"]), "base64").toString(), "7\0start\0\0ü\0");
    assert.throws(() => encodeFrame(["x".repeat(environmentLimits.spawnerRequestBytes)]), { code: "E2BIG" });
  });

  it("fails what waits when the other side ends or cannot be started", async () => {
    for (const broken of ["/bin/false", join(directory, "nothing")]) {
      const { channel, ends } = open({ program: broken });
      await assert.rejects(channel.request("hello", "").reply);
      await until(() => ends.length === 1);
      await channel.close();
    }
  });

  it("kills a spawner that does not answer", async () => {
    const mute = join(directory, "mute");
    await writeFile(mute, "#!/bin/sh\nexec sleep 600\n", { mode: 0o755 });
    const clock = new SimulatedClock();
    const { channel, ends } = open({ program: mute, clock });
    const reply = channel.request("hello", "").reply;
    const rejected = assert.rejects(reply, /does not answer "hello"/);
    const pid = channel.pid;
    await clock.advance(environmentLimits.spawnerReplyMs);
    await rejected;
    assert.equal(ends.length, 1);
    await channel.close();
    assert.throws(() => process.kill(pid ?? 0, 0), { code: "ESRCH" });
  });

  it("kills a spawner that does not end when its channel is closed", async () => {
    const deaf = join(directory, "deaf");
    await writeFile(deaf, "#!/bin/sh\nexec sleep 600\n", { mode: 0o755 });
    const clock = new SimulatedClock();
    const { channel } = open({ program: deaf, clock });
    const { pid } = channel;
    const closed = channel.close();
    await clock.advance(environmentLimits.spawnerEndMs);
    await closed;
    assert.throws(() => process.kill(pid ?? 0, 0), { code: "ESRCH" });
  });
});

/** Unless it has ended by itself. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "ESRCH");
  }
}
