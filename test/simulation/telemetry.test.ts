import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { environmentLimits, sleep } from "../../src/base/index.ts";
import { Subscriber } from "../../src/environments/telemetry/subscriber.ts";
import type { Subscription } from "../../src/environments/telemetry/subscription.ts";
import { effort } from "../../testkit/effort.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";

const RUNS = effort(15);
const STEPS = 40;
const LONG_MS = 60_000;

const SUBSCRIPTION: Subscription = {
  api: "telemetry",
  schemaVersion: "2022-12-13",
  types: ["platform"],
  maxItems: 1_000,
  maxBytes: 262_144,
  timeoutMs: 100,
  destination: { protocol: "TCP", port: 1 },
};

describe("telemetry of slow and failing subscribers", () => {
  const seed = seedOfRun();
  it(`arrives in order, and what does not is told (seed ${seed})`, async () => {
    let dropped = 0;
    for (let run = 0; run < RUNS; run += 1) dropped += await simulate(seed + run);
    assert.ok(dropped > 0, "some runs drop something");
  });
});

/** Returns how many records were dropped. */
async function simulate(seed: number): Promise<number> {
  const random = seededRandomness(seed);
  const clock = new SimulatedClock();
  const arrived: number[] = [];
  let told = 0;
  let logged = 0;
  let failing = 0;
  let slowMs = 0;
  let sending = 0;
  const take = (events: readonly string[]) => {
    assert.ok(events.length <= SUBSCRIPTION.maxItems + 1);
    assert.ok(Buffer.byteLength(events.join("")) <= SUBSCRIPTION.maxBytes + 1_024);
    for (const text of events) {
      const event = JSON.parse(text) as { n?: number; record?: { droppedRecords: number } };
      if (event.record !== undefined) told += event.record.droppedRecords;
      else arrived.push(event.n ?? -1);
    }
  };
  const subscriber = new Subscriber(
    SUBSCRIPTION,
    {
      async send(events) {
        sending += 1;
        assert.equal(sending, 1, "one batch at a time");
        await sleep(clock, random.below(slowMs + 1));
        sending -= 1;
        if (random.chance(failing)) throw new Error("not taken");
        take(events);
      },
      close: () => undefined,
    },
    clock,
    ({ droppedRecords }) => {
      logged += droppedRecords;
    },
  );
  let pushed = 0;
  const push = (bytes: number) => subscriber.push(JSON.stringify({ n: pushed++, pad: "x".repeat(bytes) }));
  for (let step = 0; step < STEPS; step += 1) {
    failing = random.pick([0, 0.3, 1]);
    slowMs = random.pick([0, 50, 2_000]);
    const size = random.pick([1, 100, 20_000, 200_000]);
    for (let count = random.below(20); count >= 0; count -= 1) push(size);
    if (random.chance(0.2)) subscriber.pause();
    else if (random.chance(0.5)) subscriber.resume();
    if (random.chance(0.2)) subscriber.flush();
    await clock.advance(random.pick([0, 10, 200, 3_000]));
  }
  failing = 0;
  subscriber.resume();
  await clock.until(() => !subscriber.busy, LONG_MS * environmentLimits.telemetryAttempts);
  // What is buffered, or nothing but the notice.
  subscriber.flush();
  await clock.until(() => !subscriber.busy, LONG_MS);
  const context = `seed ${seed}: ${arrived.length} arrived, ${told} told as dropped`;
  assert.deepEqual(
    arrived,
    arrived.toSorted((one, other) => one - other),
    context,
  );
  assert.equal(new Set(arrived).size + told, pushed, `${context}, of ${pushed}`);
  assert.equal(logged, told, context);
  return told;
}
