import assert from "node:assert/strict";
import { test } from "node:test";
import { CpuSaturation, environmentLimits, poolLimits } from "../../src/base/index.ts";
import { StartBudget } from "../../src/environments/index.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";

test("the pool takes what requests leave, one while there are some, and both are told when there is room", () => {
  const budget = new StartBudget(4, new SimulatedClock());
  const told: string[] = [];
  budget.onRequestDone(() => told.push("request"));
  budget.onSpareDone(() => told.push("spare"));
  const spares = Array.from({ length: poolLimits.startsAtOnce }, () => budget.takeSpare());
  assert.ok(spares.every((release) => release !== undefined));
  assert.equal(budget.takeSpare(), undefined);
  assert.equal(budget.requested, false);
  const requests = [budget.take(ignore), budget.take(ignore)];
  assert.equal(budget.requested, true);
  assert.equal(budget.free, false);
  for (const release of spares) release?.();
  requests.push(budget.take(ignore));
  const spare = budget.takeSpare();
  assert.ok(spare !== undefined);
  assert.equal(budget.takeSpare(), undefined);
  spare();
  requests.push(budget.take(ignore));
  assert.equal(budget.takeSpare(), undefined);
  for (const release of requests) {
    release();
    release();
  }
  assert.deepEqual(told, ["spare", "spare", "spare", "request", "request", "request", "request"]);
});

test("whatever comes, no more start than the budget has, and every share comes back", async (context) => {
  const seed = seedOfRun();
  context.diagnostic(`LAMBKIN_SEED=${seed}`);
  const random = seededRandomness(seed);
  const clock = new SimulatedClock();
  const size = 1 + random.below(6);
  const budget = new StartBudget(size, clock);
  let held = 0;
  let expired = 0;
  const releases: (() => void)[] = [];
  const hold = (release: () => void): void => {
    held += 1;
    let given = false;
    const end = (): void => {
      release();
      if (!given) held -= 1;
      given = true;
    };
    clock.after(environmentLimits.startShareMs, end);
    releases.push(end);
  };
  for (let step = 0; step < 2_000; step += 1) {
    if (random.chance(0.4) && budget.free) {
      hold(
        budget.take(() => {
          expired += 1;
        }),
      );
    }
    const spare = random.chance(0.4) ? budget.takeSpare() : undefined;
    if (spare !== undefined) hold(spare);
    assert.ok(held <= size, `${held} of ${size} at step ${step}`);
    if (random.chance(0.5) && releases.length > 0) random.pick(releases)();
    if (random.chance(0.1)) await clock.advance(random.below(400));
  }
  await clock.advance(2 * environmentLimits.startShareMs);
  assert.ok(expired > 0);
  assert.equal(held, 0);
  for (let share = 0; share < size; share += 1) {
    assert.ok(budget.free);
    budget.take(ignore);
  }
  assert.equal(budget.free, false);
});

test("the last share is for functions without an environment, and spares do not stand in their way", () => {
  const budget = new StartBudget(3, new SimulatedClock());
  budget.take(ignore);
  assert.ok(budget.freeFor("further"));
  const spare = budget.takeSpare();
  assert.ok(spare !== undefined);
  assert.equal(budget.freeFor("further"), false);
  budget.take(ignore);
  assert.ok(budget.freeFor("first"));
  budget.take(ignore);
  assert.equal(budget.freeFor("first"), false);
});

test("where no CPU is left, what takes long counts on, and fewer start at once until one is quick", async () => {
  const clock = new SimulatedClock();
  let saturated = true;
  const budget = new StartBudget(5, clock, () => saturated);
  const { startShareMostMs, startShareMs } = environmentLimits;
  let expired = 0;
  const take = () => budget.take(() => void (expired += 1));
  const releases = [take(), take()];
  assert.ok(budget.freeFor("further"));
  await clock.advance(startShareMs);
  assert.deepEqual([expired, budget.freeFor("further"), budget.freeFor("first")], [0, false, true]);
  releases[0]?.();
  assert.ok(budget.freeFor("further"));
  take()();
  releases.push(take(), take());
  assert.ok(budget.freeFor("further"), "a quick start shows that there is CPU");
  await clock.advance(startShareMs);
  saturated = false;
  await clock.advance(startShareMs);
  assert.equal(expired, 3);
  saturated = true;
  take();
  await clock.advance(startShareMostMs);
  assert.equal(expired, 4);
  assert.equal(clock.pendingTimers, 0);
});

test("where no CPU is left, further starts leave it to first ones, except for one in a while", async () => {
  const clock = new SimulatedClock();
  const budget = new StartBudget(5, clock, () => true);
  const { furtherAtLeastMs, startShareMs } = environmentLimits;
  budget.take(ignore);
  await clock.advance(startShareMs);
  assert.ok(budget.freeFor("further"));
  const release = budget.take(ignore, "first");
  assert.equal(budget.freeFor("further"), false);
  await clock.advance(furtherAtLeastMs - startShareMs);
  assert.ok(budget.freeFor("further"));
  budget.take(ignore);
  assert.equal(budget.freeFor("further"), false);
  assert.ok(budget.freeFor("first"));
  release();
  await clock.advance(furtherAtLeastMs);
  assert.equal(budget.freeFor("further"), false, "two of them are half of what may start");
});

test("where no CPU is left, events get a further environment once in a while, callers at once", async () => {
  const clock = new SimulatedClock();
  let saturated = false;
  const budget = new StartBudget(5, clock, () => saturated);
  const { furtherAtLeastMs } = environmentLimits;
  budget.take(ignore, "deferrable")();
  assert.ok(budget.freeFor("deferrable"));
  saturated = true;
  assert.equal(budget.freeFor("deferrable"), false);
  assert.ok(budget.defers);
  assert.ok(budget.freeFor("further"));
  await clock.advance(furtherAtLeastMs);
  assert.ok(budget.freeFor("deferrable"));
  budget.take(ignore, "deferrable")();
  assert.equal(budget.freeFor("deferrable"), false);
  for (let share = 1; share < 5; share += 1) budget.take(ignore);
  await clock.advance(furtherAtLeastMs);
  assert.equal(budget.freeFor("deferrable"), false, "they take part in the budget like others");
  assert.equal(budget.defers, false);
});

test("a machine has no CPU left when it was hardly idle since it was asked before", async () => {
  const clock = new SimulatedClock();
  const times = { idleMs: 0, allMs: 0 };
  const saturation = new CpuSaturation(clock, () => ({ ...times }));
  const passes = async (ms: number, idleShare: number) => {
    times.allMs += 2 * ms;
    times.idleMs += 2 * ms * idleShare;
    await clock.advance(ms);
  };
  await passes(1_000, 0);
  assert.equal(saturation.now, true);
  await passes(environmentLimits.saturatedOverMs - 1, 1);
  assert.equal(saturation.now, true, "too soon to look again");
  await passes(1, 1);
  assert.equal(saturation.now, false);
});

test("a machine is saturated by functions when they and the server had most of its CPU", async () => {
  const clock = new SimulatedClock();
  const times = { idleMs: 0, allMs: 0 };
  let [processMs, functionsMs]: [number, number | undefined] = [100, 0];
  const own = { processMs: () => processMs, functionsMs: async () => functionsMs };
  const saturation = new CpuSaturation(clock, () => ({ ...times }), own);
  const passes = async (serverShare: number, functionsShare: number, idleShare = 0) => {
    const ms = environmentLimits.saturatedOverMs;
    times.allMs += 2 * ms;
    times.idleMs += 2 * ms * idleShare;
    processMs += 2 * ms * serverShare;
    if (functionsMs !== undefined) functionsMs += 2 * ms * functionsShare;
    await clock.advance(ms);
    return saturation.byOurs;
  };
  for (let look = 0; look < 3; look += 1) assert.equal(await passes(0.2, 0.2), false, "others had more");
  for (let look = 0; look < 2; look += 1) await passes(0.2, 0.4);
  assert.equal(await passes(0.2, 0.4), true);
  assert.equal(await passes(0.2, 0.4, 0.2), false, "there is some left");
  functionsMs = undefined;
  assert.equal(await passes(0.6, 0), true, "the server's alone counts");
});

function ignore(): void {
  // The share is given back by hand.
}
