import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type EnvironmentWorld, openEnvironmentWorld } from "../../testkit/environment-world.ts";
import { eventually } from "../../testkit/eventually.ts";
import { LATE_FREEZES } from "../../testkit/late-freezes.ts";
import { TESTED_TIER } from "../../testkit/tested-tier.ts";

/** Longer than the runtime reads without an event loop's help. */
const LATE_MS = 250;

/** More than fits into one read, and more than is written at once. */
const BYTES = 3_000_000;

const NET = "process.moduleLoadList.includes('NativeModule net')";

describe("the first event of a Node.js function", () => {
  let world: EnvironmentWorld;
  before(async () => {
    world = await openEnvironmentWorld({ tier: TESTED_TIER });
  });
  after(() => world.close());

  const node = (code: string, environment: Readonly<Record<string, string>> = {}) =>
    world.start({ runtime: "nodejs24.x", files: { "index.mjs": code }, environment });

  it("comes without Node.js's network, which later ones have", {
    skip: TESTED_TIER === "gvisor",
  }, async () => {
    const seen: boolean[] = [];
    // One that the machine kept waiting for its event loads it before.
    for (let start = 0; start < 20 && !seen.includes(false); start++) {
      const running = await node(`export const handler = async () => ${NET}`);
      seen.push((await running.invoke()).json);
      assert.equal((await running.invoke()).json, true);
    }
    assert.ok(seen.includes(false));
  });

  for (const waitMs of [0, LATE_MS]) {
    it(`and its answer may be long, ${waitMs} ms after the init`, async () => {
      const running = await node(
        "export const handler = async ({ text }) => ({ length: text.length, text: text + 'ü' })",
      );
      await delay(waitMs);
      for (let round = 0; round < 2; round++) {
        const payload = Buffer.from(JSON.stringify({ text: "ä".repeat(BYTES / 2) }));
        const { json } = await running.invoke(undefined, { payload });
        assert.deepEqual([json.length, json.text.length], [BYTES / 2, BYTES / 2 + 1]);
        assert.ok(json.text.endsWith("äü"));
      }
    });
  }

  it("may be answered by an error, by a stream, and by nothing at all", async () => {
    const failing = await node("export const handler = async () => { throw new RangeError('first') }");
    assert.equal((await failing.invoke()).json.errorType, "RangeError");
    assert.equal((await failing.invoke()).json.errorType, "RangeError");
    const streaming = await node(
      "export const handler = awslambda.streamifyResponse(async (event, stream) => { stream.write('a'); stream.end('b'); })",
    );
    assert.equal((await streaming.invoke()).text, "ab");
    assert.equal((await streaming.invoke()).text, "ab");
    const stuck = await node("export const handler = () => new Promise(() => {})");
    assert.equal((await stuck.invoke()).json.errorType, "Runtime.NodeJsExit");
    const thrown = await node(
      "export const handler = async () => { setImmediate(() => { throw new RangeError('later') }); await new Promise(() => setTimeout(() => {}, 1000)) }",
    );
    assert.equal((await thrown.invoke()).json.errorType, "RangeError");
  });

  it("does not keep a process from ending that waits for it", async () => {
    await using unhurried = await openEnvironmentWorld({ tier: TESTED_TIER, clock: LATE_FREEZES });
    const running = await unhurried.start({
      runtime: "nodejs24.x",
      files: { "index.mjs": "setTimeout(() => process.exit(3), 50); export const handler = async () => 1" },
    });
    await eventually(() => running.environment.state === "reset" || undefined, { what: "its end" });
  });

  it("leaves nothing that the function or what it starts could take for its own", async () => {
    const running = await node(
      `import { execFileSync } from "node:child_process";
       export const handler = async () => [
         Object.keys(process.env).filter((name) => name.startsWith("_LAMBKIN")),
         execFileSync("/bin/ls", ["/proc/self/fd"]).toString().trim().split("\\n").filter((fd) => Number(fd) > 3),
       ];`,
    );
    assert.deepEqual((await running.invoke()).json, [[], []]);
    assert.deepEqual((await running.invoke()).json, [[], []]);
  });
});
