import assert from "node:assert/strict";
import { test } from "node:test";
import { toJson } from "../../src/invoke/async/queued-invocation.ts";
import type { Json } from "../../src/storage/index.ts";
import { effort } from "../../testkit/effort.ts";
import type { FakeBehaviour } from "../../testkit/fake-environments.ts";
import { InvokeWorld } from "../../testkit/invoke-world.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

const FUNCTIONS = Array.from({ length: 6 }, (_, index) => `f${index}`);
const EVENTS = 300;
const BACKLOG = 100_000;
const MOST_DELAY_MS = 1_000;
const HOG = "arn:aws:lambda:us-east-1:000000000000:function:hog";
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

/** A machine whose environments wait for one another's CPU time, first in, first out. */
class Processor {
  #freeAt = 0;

  /** Milliseconds until it has worked for so long. */
  work(now: number, cpuMs: number): number {
    this.#freeAt = Math.max(this.#freeAt, now) + cpuMs;
    return this.#freeAt - now;
  }

  saturated(now: number): boolean {
    return this.#freeAt > now + 10;
  }
}

/**
 * Others, some of which share a partition with it, come to a machine that is full of one function's events. Gives how
 * late the latest of their first ones is, beyond what the start of an environment takes. A bounded machine has room for
 * few environments, any other CPU time for few.
 */
async function simulateBacklog(seed: number, bounded: boolean): Promise<number> {
  const random = seededRandomness(seed);
  const startMs = 20 + random.below(200);
  const hogMs = 10 + random.below(400);
  const processor = new Processor();
  const worked = (cpuMs: number) => (bounded ? 0 : processor.work(world.clock.now(), cpuMs));
  const world: InvokeWorld = new InvokeWorld({
    seed,
    creations: 4,
    mostEnvironments: bounded ? 8 + random.below(60) : Number.POSITIVE_INFINITY,
    saturated: () => processor.saturated(world.clock.now()),
    behaviour: {
      start: () => ({ afterMs: startMs + worked(15) }),
      run: (_, { functionName }) => ({
        afterMs: (functionName === "hog" ? 1 + random.below(hogMs) : 10) + worked(3),
      }),
    },
  });
  world.catalog.put("hog");
  const others = Array.from({ length: 15 }, (_, index) => `other-${index}`);
  for (const name of others) world.catalog.put(name);
  const event = hogEvent(world);
  const options = { deadline: Number.MAX_SAFE_INTEGER };
  const backlog = bounded ? BACKLOG : BACKLOG / 4;
  for (let number = 0; number < backlog; number += 1)
    await world.queue.enqueue(HOG, event, { id: `hog-${number}`, ...options });
  world.invoker.start();
  await world.clock.advance(bounded ? 1_000 + random.below(1_000) : 20_000);
  const sentAt = new Map<string, number>();
  for (const name of others) {
    sentAt.set(name, world.clock.now());
    await world.invoke(name, { InvocationType: "Event" });
    await world.clock.advance(random.below(200));
  }
  await world.clock.advance(3_000);
  const left = (await world.queue.depth())[HOG] ?? 0;
  assert.ok(left > backlog / 2, `seed ${seed}: only ${left} of the backlog were left`);
  let most = 0;
  for (const [name, at] of sentAt) {
    const first = world.host.dispatches.find(({ environment }) => environment.spec.functionName === name);
    const delayMs = (first?.at ?? Number.POSITIVE_INFINITY) - at - startMs;
    assert.ok(delayMs <= MOST_DELAY_MS, `seed ${seed}: the first event of ${name} began after ${delayMs} ms`);
    most = Math.max(most, delayMs);
  }
  return most;
}

function hogEvent({ catalog }: InvokeWorld): Json {
  const names = { account: "000000000000", region: "us-east-1", invokedArn: HOG };
  const { traceId, requestId } = { traceId: "Root=1", requestId: "00000000-0000-4000-8000-000000000000" };
  assert.equal(catalog.resolve({ ...names, functionName: HOG }).arn, HOG);
  return toJson({ requestId, ...names, payload: Buffer.from("{}"), traceId });
}

test("a backlog of 100,000 events delays nobody else's first one by more than a second", async (context) => {
  const first = seedOfRun();
  context.diagnostic(`LAMBKIN_SEED=${first}`);
  for (let round = 0; round < effort(1); round += 1) {
    for (const bounded of [true, false]) {
      const most = await simulateBacklog(first + round, bounded);
      const where = bounded ? "where few environments fit" : "where they wait for CPU";
      context.diagnostic(`seed ${first + round}: at most ${most} ms beyond a start, ${where}`);
    }
  }
});
