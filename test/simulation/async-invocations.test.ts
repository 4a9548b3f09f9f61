import assert from "node:assert/strict";
import { test } from "node:test";
import type { FakeBehaviour } from "../../testkit/fake-environments.ts";
import { InvokeWorld } from "../../testkit/invoke-world.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

const FUNCTIONS = Array.from({ length: 6 }, (_, index) => `f${index}`);
const EVENTS = 300;
const origin = {
  principal: "s3.amazonaws.com",
  sourceArn: "arn:aws:s3:::photos",
  sourceAccount: "000000000000",
};

async function simulate(seed: number): Promise<void> {
  const random = seededRandomness(seed);
  const behaviour: FakeBehaviour = {
    start: () => ({
      afterMs: 20 + random.below(200),
      ...(random.chance(0.15) ? { fails: new Error("no sandbox") } : {}),
    }),
    run: () => ({
      afterMs: random.chance(0.05) ? 45_000 : 1 + random.below(2_000),
      lost: random.chance(0.05),
      crashes: random.chance(0.1),
      ...(random.chance(0.3) ? { outcome: { functionError: "Unhandled", status: "error" } } : {}),
    }),
  };
  const world = new InvokeWorld({ behaviour, seed, creations: 3, mostEnvironments: 12 });
  for (const name of FUNCTIONS) world.catalog.put(name);
  world.invoker.start();
  const start = world.clock.now();

  const accepted = new Set<string>();
  const delivered = new Set<string>();
  for (let number = 0; number < EVENTS; number += 1) {
    const name = random.pick(FUNCTIONS);
    if (random.chance(0.5)) {
      const { output, requestId } = await world.invoke(name, { InvocationType: "Event" });
      assert.equal(output?.StatusCode, 202);
      accepted.add(requestId);
    } else {
      const payload = Buffer.from(JSON.stringify(number));
      delivered.add(String(number));
      const targetArn = `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
      for (let repeat = random.below(3); repeat >= 0; repeat -= 1) {
        await world.invoker.eventTarget.deliver({ targetArn, origin, payload, id: `event-${number}` });
        await world.clock.advance(random.below(500));
      }
    }
    if (random.chance(0.02)) world.catalog.put(random.pick(FUNCTIONS));
    await world.clock.advance(random.below(400));
  }
  let depth = EVENTS;
  while (depth > 0 && world.clock.now() - start < 6 * 3_600_000) {
    await world.clock.advance(60_000);
    depth = Object.keys(await world.queue.depth()).length;
  }
  assert.equal(depth, 0, "events are left");

  assert.deepEqual(world.host.violations, []);
  const attempts = Map.groupBy(world.usage, (record) => record.requestId);
  assert.equal(attempts.size, EVENTS);
  for (const requestId of accepted) assert.ok(attempts.has(requestId), `${requestId} never ran`);
  for (const [requestId, records] of attempts) {
    const last = records.at(-1);
    assert.deepEqual(
      records.map((record) => record.attempt),
      Array.from({ length: records.length }, (_, index) => index + 1),
      requestId,
    );
    assert.ok(last?.status === "success" || records.length === 3, `${requestId} was given up too early`);
    assert.ok(records.slice(0, -1).every((record) => record.status === "error"));
    for (const [index, record] of records.slice(1).entries()) {
      const before = records[index];
      const waited = record.startedAt - (before?.startedAt ?? 0) - (before?.durationMs ?? 0);
      assert.ok(waited >= [60_000, 120_000][index]!, `${requestId} was retried after ${waited} ms`);
    }
  }
  const payloads = world.host.dispatches.map(({ invocation }) => Buffer.from(invocation.payload).toString());
  assert.deepEqual(new Set(payloads.filter((payload) => payload !== "{}")), delivered);
  assert.equal(world.invoker.counts().unsettledEvents, 0);
}

test("queued invocations run as often as they should, whatever fails", async (context) => {
  const first = seedOfRun();
  context.diagnostic(`LAMBKIN_SEED=${first}`);
  for (let round = 0; round < 4; round += 1) {
    const seed = (first + round) >>> 0;
    await simulate(seed).catch((error: unknown) => {
      throw new Error(`LAMBKIN_SEED=${seed} fails`, { cause: error });
    });
  }
});
