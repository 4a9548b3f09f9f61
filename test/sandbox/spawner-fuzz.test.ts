import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { encodeFrame } from "../../src/environments/sandbox/spawner/channel.ts";
import { rootFields, systemTree } from "../../src/environments/sandbox/spawner/root-tree.ts";
import { effort } from "../../testkit/effort.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";
import { until } from "./observe.ts";
import { loopDevices, spawnerCgroups } from "./world.ts";

const SOURCE = join(import.meta.dirname, "../../native/spawner");
const FLAGS = ["-std=gnu17", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const ROUNDS = effort(10);
const FRAMES = 300;
/** Above all other requests' numbers. */
const LATER = 3_000_000_000;
const OPERATIONS = [
  "hello",
  "spawn",
  "spawn-in-gvisor",
  "fork",
  "zygote",
  "start",
  "start",
  "kill",
  "signal",
  "socket",
  "freeze",
  "thaw",
  "limit",
  "attach",
  "assign",
  "uplink",
  "cpu",
  "prioritize",
  "peak",
  "usage",
  "destroy",
];
const ODD = [
  "",
  "0",
  "-1",
  "9223372036854775807",
  "99999999999999999999",
  "%n%s",
  "/",
  "..",
  "a",
  "x".repeat(600),
];

describe("a spawner that gets anything but sound requests", () => {
  let directory: string;
  let program: string;
  let system: string[];
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "lambkin-fuzz-"));
    program = join(directory, "spawner");
    const units = (await readdir(SOURCE))
      .filter((name) => name.endsWith(".c"))
      .map((name) => join(SOURCE, name));
    await promisify(execFile)("cc", [...FLAGS, "-o", program, ...units]);
    system = rootFields(await systemTree(), []);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  interface Running {
    readonly child: ChildProcess;
    readonly channel: Socket;
    readonly said: { errors: string; replies: string };
  }

  /** Its channel without Node's framing of it, so that anything can be written. */
  function run(): Running {
    const child = spawn(program, [directory], {
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      env: { NODE_CHANNEL_FD: "3", ASAN_OPTIONS: "detect_leaks=0" },
    });
    const channel = child.stdio[3] as Socket;
    const said = { errors: "", replies: "" };
    child.stderr?.on("data", (data) => (said.errors += String(data)));
    channel.on("data", (data) => (said.replies += String(data)));
    channel.on("error", () => undefined);
    return { child, channel, said };
  }

  async function endsWell(running: Running): Promise<void> {
    const { child, channel, said } = running;
    channel.write(`\n${JSON.stringify(encodeFrame([4_000_000_000, "hello", ""]))}\n`);
    await answered(running, 4_000_000_000);
    channel.end();
    // With all that it said: its exit may be seen before that is read.
    const [code] = (await once(child, "close")) as [number | null];
    assert.equal(said.errors, "");
    assert.equal(code, 0);
    for (const line of said.replies.trimEnd().split("\n")) JSON.parse(line);
    assert.deepEqual(await spawnerCgroups(child.pid), []);
    await until(async () => (await loopDevices(directory)).length === 0);
  }

  function spawnFrame(number: number, id: string): string {
    return encodeFrame([
      number,
      "spawn",
      id,
      1_900_300_000,
      64 << 20,
      100,
      "",
      1 << 20,
      9001,
      4566,
      0,
      0,
      ...system,
    ]);
  }

  /** Fails by what the spawner said when it ended instead. */
  async function answered({ child, said }: Running, number: number): Promise<void> {
    const answer = new RegExp(`"reply":${number}[,}]`);
    await until(() => answer.test(said.replies) || child.exitCode !== null || child.signalCode !== null);
    assert.deepEqual([child.exitCode, child.signalCode, said.errors], [null, null, ""]);
  }

  function frame(random: SeededRandomness, number: number): string {
    const operation = random.pick(OPERATIONS);
    const fields: (string | number)[] = [
      number,
      operation,
      random.pick(["one", "two", "one", "two", "three", ...ODD]),
    ];
    if (operation.startsWith("spawn")) {
      if (operation === "spawn-in-gvisor") fields.push(1_900_400_000 + number, 16 << 20);
      fields.push(1_900_300_000 + number, 64 << 20, 100, "", 1 << 20, 9001, 4566);
      fields.push(random.pick([0, 1]), random.pick([0, 1]));
      for (const field of system) fields.push(random.chance(0.002) ? random.pick(ODD) : field);
    } else if (operation === "fork") {
      fields.push(
        random.pick(["one", "three", "absent"]),
        1_900_300_000,
        64 << 20,
        100,
        "",
        1 << 20,
        9001,
        4566,
        0,
        random.pick([0, 1]),
      );
      fields.push(...system);
    } else if (operation === "zygote") {
      // None that forks: each dies with its program, or is destroyed before.
      const program = random.pick([["/bin/true"], ["/bin/sleep", "9"], ["/absent"]]);
      fields.push(1_900_300_000, 64 << 20, random.pick([1, 100]), program.length, ...program, 1, "A=b");
      for (const field of system) fields.push(random.chance(0.002) ? random.pick(ODD) : field);
    } else if (operation === "start")
      fields.push(random.below(2), random.below(2) * 9001, "/", 2, "/bin/echo", "x", "A=b");
    else fields.push(random.pick(["100000", "67108864", ...ODD]), 100_000);
    while (random.chance(0.3)) fields[random.below(fields.length)] = random.pick(ODD);
    if (random.chance(0.2)) fields.length = random.below(fields.length) + 1;
    if (random.chance(0.1)) fields.push(...ODD);
    const text = JSON.stringify(encodeFrame(fields));
    if (!random.chance(0.2)) return text;
    const at = random.below(text.length);
    return random.pick([
      text.slice(0, at),
      text.slice(at),
      text.slice(0, at) + random.pick(["\n", "\0", '"', "{}", "€"]) + text.slice(at),
      '{"cmd":"NODE_HANDLE_ACK"}',
      '{"cmd":"NODE_HANDLE_NACK"}',
      "",
    ]);
  }

  it("answers sensibly, reads no byte that is not its own, and leaves nothing", async (context) => {
    const seed = seedOfRun();
    context.diagnostic(`LAMBKIN_SEED=${seed}`);
    const random = seededRandomness(seed);
    const running = run();
    for (let round = 0; round < ROUNDS; round++) {
      const sound = ["one", "two"].map((id, index) => [round * FRAMES + index + 1, id] as const);
      for (const [number, id] of sound) running.channel.write(`${JSON.stringify(spawnFrame(number, id))}\n`);
      for (const [number] of sound) await answered(running, number);
      for (let number = 3; number < FRAMES; number++)
        running.channel.write(`${frame(random, round * FRAMES + number)}\n`);
      for (const [number, id] of sound)
        running.channel.write(`\n${JSON.stringify(encodeFrame([number + LATER, "destroy", id]))}\n`);
      for (const [number] of sound) await answered(running, number + LATER);
    }
    await endsWell(running);
    assert.match(running.said.replies, /"event":"exit"/, "some requests were sound");
  });

  it("refuses more arguments and variables than it has room for", async () => {
    const running = run();
    running.channel.write(`${JSON.stringify(spawnFrame(1, "one"))}\n`);
    await answered(running, 1);
    const empty = Array.from({ length: 100_000 }, () => "");
    for (const [number, count] of [2, 1_000_000].entries())
      running.channel.write(
        `${JSON.stringify(encodeFrame([number + 2, "start", "one", 0, 0, "/", count, "/bin/true", ...empty]))}\n`,
      );
    await until(() => /"reply":2,.*"E2BIG"[^]*"reply":3,.*"E2BIG"/.test(running.said.replies));
    await endsWell(running);
  });

  it("ends when a line never ends, or its channel does", async () => {
    const running = run();
    running.channel.write("x".repeat(1 << 20));
    const [code] = (await once(running.child, "close")) as [number | null];
    assert.equal(code, 0);
    assert.equal(running.said.errors, "");
  });
});
