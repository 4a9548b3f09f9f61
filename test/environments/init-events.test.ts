/** What is told of an init, by how and for what an environment came up: in the text log, and as events. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { initLimitMs } from "../../src/environments/init-limit.ts";
import {
  type EnvironmentWorld,
  type FunctionOptions,
  openEnvironmentWorld,
} from "../../testkit/environment-world.ts";
import { eventually } from "../../testkit/eventually.ts";

const POOLED = "_LAMBKIN_WAIT";
const NODE = `
const started = require("node:fs").readFileSync("/proc/self/environ", "latin1");
exports.handler = async () => started.includes("${POOLED}");`;
const PYTHON = `
started = open("/proc/self/environ").read()
def handler(event, context):
    return "${POOLED}" in started
`;
const FAILS = { "index.js": "throw new Error('no');", "index.py": "raise ValueError('no')" };

const KINDS = [
  { what: "on demand", settings: {}, type: "on-demand", told: "with the first invocation" },
  { what: "ahead of a request", settings: { ahead: true }, type: "on-demand", told: "nowhere" },
  {
    what: "as provisioned",
    settings: { initialization: "provisioned-concurrency" },
    type: "provisioned-concurrency",
    told: "by itself",
  },
  {
    what: "as of a snapshot",
    settings: { initialization: "snap-start" },
    type: "snap-start",
    told: "by itself",
  },
] as const;

describe("an init", () => {
  const worlds: Record<string, EnvironmentWorld> = {};
  before(async () => {
    // Long enough for a loaded machine, and short for the one that takes longer.
    const [fresh, pooled, hasty] = await Promise.all([
      openEnvironmentWorld({ tier: "namespaces" }),
      openEnvironmentWorld({ tier: "namespaces", pooled: true }),
      openEnvironmentWorld({ tier: "namespaces", initMs: 300 }),
    ]);
    Object.assign(worlds, { fresh, pooled, hasty });
  });
  after(() => Promise.all(Object.values(worlds).map((world) => world.close())));

  const worldOf = (name: string): EnvironmentWorld => {
    const world = worlds[name];
    assert.ok(world !== undefined);
    return world;
  };

  for (const from of ["fresh", "pooled"] as const) {
    for (const runtime of ["nodejs22.x", "python3.11"]) {
      for (const { settings, told, type, what } of KINDS) {
        it(`${what}, ${from}, is told ${told}: ${runtime}`, async () => {
          const world = worldOf(from);
          const options: FunctionOptions = {
            runtime,
            files: { "index.js": NODE, "index.py": PYTHON },
            memoryMiB: 256,
            settings,
          };
          const mayWait = from === "pooled" && type === "on-demand";
          const start = async (logFormat: "Text" | "JSON") => {
            if (mayWait) {
              world.host.expect({ runtime, memoryMiB: 256, ephemeralStorageMiB: 512, environment: {} });
              await eventually(() => world.host.waiting(runtime) > 0 || undefined, {
                what: "a sandbox that waits",
              });
            }
            const running = await world.start({
              ...options,
              settings: { ...settings, logFormat, systemLogLevel: "DEBUG" },
            });
            const { json, outcome } = await running.invoke({});
            assert.equal(json, mayWait);
            assert.equal(outcome.initDurationMs !== undefined, told === "with the first invocation");
            assert.equal(outcome.provisioned, type === "provisioned-concurrency");
            return { running, outcome };
          };

          const text = await start("Text");
          const lines = text.running.log();
          const [initStart = "", ...rest] = lines;
          assert.match(
            initStart,
            /^INIT_START Runtime Version: [a-z]+:\d[\w.]*\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}\n$/,
          );
          if (told === "by itself")
            assert.match(rest.shift() ?? "", /^INIT_REPORT Init Duration: [\d.]+ ms\n$/);
          const [start_ = "", end = "", report = ""] = rest;
          assert.match(start_, /^START /);
          assert.match(end, /^END /);
          assert.match(
            report,
            told === "with the first invocation"
              ? /MB\tInit Duration: [\d.]+ ms\t\n$/
              : /Max Memory Used: \d+ MB\t\n$/,
          );
          assert.equal(rest.length, 3);

          const { running, outcome } = await start("JSON");
          const events = running.log().map((line) => JSON.parse(line) as { type: string; record: any });
          assert.deepEqual(
            events.map((event) => event.type),
            [
              "platform.initStart",
              "platform.initRuntimeDone",
              "platform.initReport",
              "platform.start",
              "platform.runtimeDone",
              "platform.report",
            ],
          );
          const [started, done, initReport, , , reported] = events.map(({ record }) => record);
          const { runtimeVersion, runtimeVersionArn, ...named } = started;
          assert.match(runtimeVersion, /^[a-z]+:\d/);
          assert.match(runtimeVersionArn, /^arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}$/);
          assert.deepEqual(Object.entries(named), [
            ["initializationType", type],
            ["phase", "init"],
            ["functionName", running.spec.functionName],
            ["functionArn", running.spec.functionArn],
            ["functionVersion", "$LATEST"],
            ["instanceId", outcome.logStream],
            ["instanceMaxMemory", 256],
          ]);
          assert.deepEqual(done, { initializationType: type, phase: "init", status: "success" });
          const { metrics, ...of } = initReport;
          assert.deepEqual(of, done);
          assert.ok(metrics.durationMs > 0);
          assert.equal(
            reported.metrics.initDurationMs,
            told === "with the first invocation" ? metrics.durationMs : undefined,
          );
        });
      }
    }
  }

  it("that no request waits for fails for good, and says so", async () => {
    for (const runtime of ["nodejs22.x", "python3.11"]) {
      for (const { settings } of KINDS.slice(1, 3)) {
        const world = worldOf("fresh");
        const logGroup = `/failed/${runtime}/${JSON.stringify(settings).replace(/\W/g, "")}`;
        await assert.rejects(world.start({ runtime, files: FAILS, logGroup, settings }), {
          name: "InitFailed",
        });
        const [, events = []] = [...world.logs].find(([key]) => key.startsWith(`${logGroup} `)) ?? [];
        const last = events.at(-1)?.message ?? "";
        assert.match(last, /^INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: /);
      }
    }
  });

  it("that no request waits for may take longer", async () => {
    const files = {
      "index.mjs": "await new Promise((r) => setTimeout(r, 600)); export const handler = async () => 1;",
    };
    const running = await worldOf("hasty").start({
      runtime: "nodejs22.x",
      files,
      initialization: "provisioned-concurrency",
    });
    assert.match(running.log().at(-1) ?? "", /^INIT_REPORT Init Duration: [\d.]+ ms\n$/);
    assert.equal((await running.invoke({})).json, 1);
    const limit = (
      initialization: "on-demand" | "provisioned-concurrency" | "snap-start",
      timeoutMs: number,
    ) => initLimitMs({ initialization, timeoutMs }, 10_000);
    assert.equal(limit("on-demand", 900_000), 10_000);
    assert.equal(limit("provisioned-concurrency", 3_000), 130_000);
    assert.equal(limit("snap-start", 3_000), 130_000);
    assert.equal(limit("provisioned-concurrency", 900_000), 900_000);
  });
});
