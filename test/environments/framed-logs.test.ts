import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { environmentLimits } from "../../src/base/index.ts";
import { type EnvironmentWorld, openEnvironmentWorld } from "../../testkit/environment-world.ts";
import { TESTED_TIERS } from "../../testkit/tested-tier.ts";

const NODE = `
console.log("loaded\\nwell");
exports.handler = async (event) => {
  if (event.long) console.log("x".repeat(event.long));
  else console.log("two\\nlines", { of: "what\\rever" });
  if (event.exit) process.exit(3);
  return [process.env._LAMBDA_TELEMETRY_LOG_FD ?? null];
};`;

const PYTHON = `
import logging, os
logging.warning("loaded\\nwell")
def handler(event, context):
    if event.get("long"):
        logging.warning("x" * event["long"])
    else:
        logging.warning("two\\nlines\\r")
        print("raw\\nprint")
    if event.get("throw"):
        raise ValueError("first\\nsecond")
    return [os.environ.get("_LAMBDA_TELEMETRY_LOG_FD"), os.get_inheritable(3)]
`;

const LONG = 300_000;

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html and python-logging.html: a message is one event. */
for (const tier of TESTED_TIERS) {
  describe(`messages of several lines on the ${tier} tier`, () => {
    let world: EnvironmentWorld;
    before(async () => {
      world = await openEnvironmentWorld({ tier });
    });
    after(() => world.close());

    /** What lies between START and END, without what differs from run to run. */
    const own = (log: readonly string[]) =>
      log
        .slice(1, -2)
        .map((line) => line.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, "TIME").replace(/[0-9a-f-]{36}/, "ID"));

    it("of Node.js are one event each", async () => {
      const running = await world.start({ runtime: "nodejs22.x", files: { "index.js": NODE } });
      const { json, log } = await running.invoke({});
      assert.ok(running.log().some((line) => line.endsWith("\tundefined\tINFO\tloaded\nwell\n")));
      assert.deepEqual(own(log), ["TIME\tID\tINFO\ttwo\nlines { of: 'what\\rever' }\n"]);
      assert.equal(json[0], null);
      const long = own((await running.invoke({ long: LONG })).log);
      assert.equal(long.join("").replaceAll("\n", "").length, "TIME\tID\tINFO\t".length + LONG);
      assert.equal(long.length, Math.ceil(LONG / environmentLimits.logEventBytes));
      const last = own((await running.invoke({ exit: true, long: LONG })).log);
      assert.equal(last.join("").replaceAll("\n", "").length, "TIME\tID\tINFO\t".length + LONG);
    });

    it("of Python's logging are one event each, and of print one a line", async () => {
      const running = await world.start({ runtime: "python3.11", files: { "index.py": PYTHON } });
      const { json, log } = await running.invoke({});
      assert.ok(running.log().some((line) => line.endsWith("\t\tloaded\nwell\n")));
      assert.deepEqual(own(log).sort(), ["[WARNING]\tTIME\tID\ttwo\nlines\r\n", "print\n", "raw\n"]);
      assert.deepEqual(json, [null, false]);
      const failed = own((await running.invoke({ throw: true })).log);
      const report = failed.find((line) => line.startsWith("[ERROR]")) ?? "";
      assert.match(
        report,
        /^\[ERROR\] ValueError: first\nsecond\nTraceback \(most recent call last\):\n\u00a0\u00a0File /,
      );
      const long = own((await running.invoke({ long: LONG })).log);
      assert.equal(long.join("").replaceAll("\n", "").length, "[WARNING]\tTIME\tID\t".length + LONG);
    });

    it("are objects in JSON logs", async () => {
      const settings = { logFormat: "JSON", applicationLogLevel: "DEBUG" } as const;
      for (const [runtime, files] of [
        ["nodejs22.x", { "index.js": NODE }],
        ["python3.11", { "index.py": PYTHON }],
      ] as const) {
        const running = await world.start({ runtime, files, settings });
        const { log, requestId } = await running.invoke({});
        const found = log.find((line) => line.includes("lines") && line.startsWith("{")) ?? "";
        assert.equal(JSON.parse(found).requestId, requestId);
        assert.match(JSON.parse(found).message, /^two\nlines/);
      }
    });
  });
}
