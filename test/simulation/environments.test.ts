import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import {
  type EnvironmentWorld,
  openEnvironmentWorld,
  type RunningFunction,
} from "../../testkit/environment-world.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

const ENVIRONMENTS = 8;
const STEPS = 25;

const NODE = `
exports.handler = async (event, context) => {
  console.log("said by", context.awsRequestId);
  if (event.do === "throw") throw new Error(context.awsRequestId);
  if (event.do === "exit") process.exit(1);
  if (event.do === "hang") await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (event.do === "after") setTimeout(() => process.exit(2), event.ms);
  return context.awsRequestId;
};`;

const PYTHON = `
import os, threading, time
def handler(event, context):
    print("said by", context.aws_request_id)
    if event.get("do") == "throw":
        raise ValueError(context.aws_request_id)
    if event.get("do") == "exit":
        os._exit(1)
    if event.get("do") == "hang":
        time.sleep(60)
    if event.get("do") == "after":
        threading.Timer(event["ms"] / 1000, lambda: os._exit(2)).start()
    return context.aws_request_id
`;

let world: EnvironmentWorld;
before(async () => {
  world = await openEnvironmentWorld({ tier: process.platform === "linux" ? "namespaces" : "process" });
});
after(() => world.close());

/** Every invocation gets an answer of its own and whole log lines, whatever happens to its environment. */
it("environments under random failures lose and mix up nothing", async () => {
  const seed = seedOfRun();
  console.log(`seed ${seed}`);
  const random = seededRandomness(seed);
  const plans = Array.from({ length: ENVIRONMENTS }, (_, index) => ({
    runtime: index % 2 === 0 ? "nodejs22.x" : "python3.11",
    steps: Array.from({ length: STEPS }, () => ({
      do: random.pick(["answer", "answer", "answer", "throw", "exit", "hang", "after"]),
      ms: random.below(30),
      pauseMs: random.pick([0, 0, 20, 60]),
    })),
  }));
  await Promise.all(
    plans.map(async ({ runtime, steps }) => {
      const running = await world.start({
        runtime,
        files: { "index.js": NODE, "index.py": PYTHON },
        timeoutMs: 300,
      });
      for (const step of steps) await check(running, step);
      await running.environment.retire();
      assert.equal(await running.gone, undefined);
      assertWholeLog(running.log(), STEPS);
    }),
  );
  assert.deepEqual(world.host.inventory(), []);
});

async function check(
  running: RunningFunction,
  step: { readonly do: string; readonly ms: number; readonly pauseMs: number },
): Promise<void> {
  const { outcome, requestId, json, log, text } = await running.invoke(step);
  const died = ["Runtime.ExitError", "Sandbox.Timedout"].includes(outcome.errorType ?? "");
  const expected = { answer: "success", throw: "error", exit: "error", hang: "timeout", after: "success" };
  // What was set to happen afterwards may hit the next invocation, but is then told as what it is.
  if (!died) assert.equal(outcome.status, expected[step.do as keyof typeof expected], text);
  if (outcome.status === "success") assert.equal(json, requestId);
  else assert.ok(text.includes(requestId), text);
  assert.ok(log.some((line) => line.startsWith(`REPORT RequestId: ${requestId}\t`)));
  if (outcome.status === "success") {
    assert.ok(
      log.some((line) => line.includes(`said by ${requestId}`)),
      log.join(""),
    );
  }
  await delay(step.pauseMs);
}

function assertWholeLog(lines: readonly string[], invocations: number): void {
  const ids = { START: [] as string[], END: [] as string[], REPORT: [] as string[] };
  for (const line of lines) {
    assert.ok(line.endsWith("\n"));
    const [, kind, id] = /^(START|END|REPORT) RequestId: (\S+)/.exec(line) ?? [];
    if (kind !== undefined) ids[kind as keyof typeof ids].push(id as string);
  }
  assert.equal(ids.START.length, invocations);
  assert.deepEqual(ids.END, ids.START);
  assert.deepEqual(ids.REPORT, ids.START);
}
