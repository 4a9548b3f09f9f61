import assert from "node:assert/strict";
import { test } from "node:test";
import { keepAliveLimits } from "../../src/base/index.ts";
import { steady } from "../../testkit/fake-environments.ts";
import { InvokeWorld } from "../../testkit/invoke-world.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const GIB = 1024 ** 3;
/** What the look for environments that can go may be late. */
const SWEEP = keepAliveLimits.sweepMs + SECOND;

async function invoke(world: InvokeWorld, name: string): Promise<void> {
  const answering = world.invoke(name);
  await world.clock.advance(SECOND);
  assert.equal((await answering).output?.StatusCode, 200);
}

/** Invokes a function again and again, `gap` after the end of the last time. */
async function habit(world: InvokeWorld, name: string, times: number, gap: () => number): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    await invoke(world, name);
    await world.clock.advance(gap());
  }
}

const alive = (world: InvokeWorld): number => world.host.environments.size;

test("a function that is not known yet keeps its environment for a fixed time, and nothing is left then", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  await invoke(world, "f");
  await world.clock.advance(keepAliveLimits.fixedMs - 2 * SECOND);
  assert.equal(alive(world), 1);
  await world.clock.advance(SWEEP + SECOND);
  assert.equal(alive(world), 0);
  assert.equal(world.invoker.counts().idleEnded, 1);
  assert.equal(world.clock.pendingTimers, 0);
});

test("an environment stays while a debugger is attached, however long, and however short room and memory are", async () => {
  const world = new InvokeWorld({ mostEnvironments: 1 });
  world.catalog.put("f");
  world.catalog.put("g");
  await invoke(world, "f");
  const [environment] = world.host.environments;
  assert.ok(environment !== undefined);
  environment.debugged = true;
  world.memory = { totalBytes: 8 * GIB, availableBytes: GIB / 100 };
  const other = world.invoke("g");
  await world.clock.advance(6 * HOUR);
  assert.deepEqual([...world.host.environments], [environment]);
  assert.notEqual((await other).output?.StatusCode, 200);
  await invoke(world, "f");
  assert.deepEqual([...world.host.environments], [environment]);
  environment.debugged = false;
  world.memory = { totalBytes: 8 * GIB, availableBytes: 4 * GIB };
  await world.clock.advance(keepAliveLimits.fixedMs + SWEEP);
  assert.equal(alive(world), 0);
});

test("one that comes back within seconds gives its environment up after little more than a minute", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  await habit(world, "f", 30, () => 5 * SECOND);
  await world.clock.advance(1.2 * MINUTE + SWEEP);
  assert.equal(alive(world), 0);
});

test("one that comes every fifteen minutes keeps its environment until then, and no longer", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  await habit(world, "f", 13, () => 14.5 * MINUTE);
  const { coldStarts } = world.invoker.counts();
  await habit(world, "f", 10, () => 14.5 * MINUTE);
  assert.equal(world.invoker.counts().coldStarts, coldStarts);
  assert.equal(world.invoker.counts().warmedAhead, 0);
  await world.clock.advance(3 * MINUTE);
  assert.equal(alive(world), 0);
});

test("one that comes every hour has no environment in between, and one just before it comes", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  await habit(world, "f", 13, () => HOUR);
  const before = world.invoker.counts();
  assert.ok(before.warmedAheadUsed <= 2);
  for (let n = 0; n < 10; n += 1) {
    await invoke(world, "f");
    await world.clock.advance(2 * MINUTE);
    assert.equal(alive(world), 0);
    await world.clock.advance(48 * MINUTE);
    assert.equal(alive(world), 0);
    await world.clock.advance(8 * MINUTE);
    assert.equal(alive(world), 1);
    await world.clock.advance(2 * MINUTE);
  }
  const after = world.invoker.counts();
  assert.equal(after.coldStarts, before.coldStarts);
  assert.ok(after.warmedAheadUsed - before.warmedAheadUsed >= 9);
  // It stays away: what was made ahead goes, and no further one comes.
  await world.clock.advance(12 * HOUR);
  assert.equal(alive(world), 0);
  assert.equal(world.invoker.counts().warmedAhead, after.warmedAhead);
  assert.equal(world.clock.pendingTimers, 0);
});

test("what is made ahead says so, and its failure is not that of the request that came meanwhile", async () => {
  let broken = false;
  const behaviour = steady({
    start: ({ ahead }) =>
      ahead === true && broken ? { afterMs: 500, fails: new Error("init") } : { afterMs: 50 },
  });
  const world = new InvokeWorld({ behaviour });
  world.catalog.put("f");
  await habit(world, "f", 14, () => HOUR);
  await invoke(world, "f");
  broken = true;
  await world.clock.advance(2 * MINUTE);
  await world.clock.until(() => alive(world) > 0);
  const [made] = world.host.environments;
  assert.deepEqual([made?.spec.ahead, made?.spec.initialization], [true, "on-demand"]);
  await invoke(world, "f");
  assert.equal([...world.host.environments].at(-1)?.spec.ahead, undefined);
});

test("nothing is made ahead of a function that was changed or deleted, has no concurrency, or with little memory", async () => {
  for (const change of ["update", "delete", "limit", "memory"]) {
    const world = new InvokeWorld();
    const { arn } = world.catalog.put("f");
    await habit(world, "f", 14, () => HOUR);
    await invoke(world, "f");
    await world.clock.advance(5 * MINUTE);
    assert.equal(alive(world), 0, change);
    const { created } = world.host;
    if (change === "update") world.catalog.put("f");
    if (change === "delete") world.catalog.remove("f");
    if (change === "limit") world.catalog.setConcurrency(arn, { reserved: 0, provisioned: [] });
    if (change === "memory") world.memory = { totalBytes: 8 * GIB, availableBytes: GIB / 4 };
    await world.clock.advance(6 * HOUR);
    assert.equal(world.host.created, created, change);
    assert.equal(world.clock.pendingTimers, 0, change);
  }
});

test("under memory pressure those go first that are soon made again, or hardly used, and none that just worked", async () => {
  const world = new InvokeWorld({
    behaviour: steady({ start: ({ functionName }) => ({ afterMs: functionName === "slow" ? 5_000 : 100 }) }),
  });
  for (const name of ["slow", "quick", "rare", "working"]) world.catalog.put(name);
  for (const name of ["slow", "quick"]) {
    for (let n = 0; n < 12; n += 1) {
      const answering = world.invoke(name);
      await world.clock.advance(3 * MINUTE);
      await answering;
    }
  }
  for (const name of ["rare", "slow", "quick"]) {
    const answering = world.invoke(name);
    await world.clock.advance(10 * SECOND);
    await answering;
  }
  await world.clock.advance(15 * SECOND);
  await invoke(world, "working");
  const names = (): string[] => [...world.host.environments].map(({ spec }) => spec.functionName).sort();
  assert.deepEqual(names(), ["quick", "rare", "slow", "working"]);
  const short = (mib: number) => {
    world.memory = {
      totalBytes: 8 * GIB,
      availableBytes: 8 * GIB * keepAliveLimits.pressureShare - mib * 1024 ** 2,
    };
  };
  for (const left of [["quick", "slow", "working"], ["slow", "working"], ["working"], ["working"]]) {
    short(30);
    await world.clock.advance(keepAliveLimits.sweepMs);
    short(-1);
    await world.clock.advance(10);
    assert.deepEqual(names(), left);
  }
  assert.equal(world.invoker.counts().idleEvicted, 3);
});

/** Functions as they are: timers, some with noise, traffic in bursts, and ones that nobody can foretell. */
function gapsOf(kind: number, random: SeededRandomness): () => number {
  const spread = (mean: number, share: number) => mean * (1 - share + 2 * share * random.uniform());
  const kinds = [
    () => spread(30 * SECOND, 0.5),
    () => spread(5 * MINUTE, 0.1),
    () => spread(30 * MINUTE, 0.02),
    () => spread(HOUR, 0.05),
    () => (random.chance(0.8) ? spread(5 * SECOND, 1) : spread(40 * MINUTE, 0.3)),
    () => -Math.log(1 - random.uniform()) * 50 * MINUTE,
  ];
  return kinds[kind % kinds.length] ?? (() => HOUR);
}

test("over days of many functions there are fewer cold starts than with a fixed time, and nothing goes wrong", async (context) => {
  const seed = seedOfRun();
  context.diagnostic(`LAMBKIN_SEED=${seed}`);
  const random = seededRandomness(seed);
  const world = new InvokeWorld({ seed, creations: 4, mostEnvironments: 1_000 });
  const end = world.clock.now() + 36 * HOUR;
  let running = 0;
  let answered = 0;
  let fixedColdStarts = 0;
  const keepRunning = (name: string, gap: () => number): void => {
    let idleSince = Number.NEGATIVE_INFINITY;
    const next = (): void => {
      if (world.clock.now() >= end) return;
      if (world.clock.now() - idleSince > keepAliveLimits.fixedMs) fixedColdStarts += 1;
      running += 1;
      void world.invoke(name).then(({ output }) => {
        assert.equal(output?.StatusCode, 200);
        running -= 1;
        answered += 1;
        idleSince = world.clock.now();
        world.clock.after(gap(), next);
      });
    };
    next();
  };
  for (let n = 0; n < 12; n += 1) {
    world.catalog.put(`f${n}`);
    keepRunning(`f${n}`, gapsOf(n, random));
  }
  await world.clock.advance(36 * HOUR);
  await world.clock.until(() => running === 0);
  const { coldStarts, warmedAhead, warmedAheadUsed } = world.invoker.counts();
  context.diagnostic(
    `${answered} invocations, ${coldStarts} cold starts, ${fixedColdStarts} with a fixed time, ${warmedAheadUsed} of ${warmedAhead} made ahead were used`,
  );
  assert.deepEqual(world.host.violations, []);
  assert.ok(coldStarts < fixedColdStarts, `${coldStarts} cold starts, ${fixedColdStarts} with a fixed time`);
  assert.ok(warmedAheadUsed > warmedAhead / 2);
  await world.clock.advance(12 * HOUR);
  assert.equal(world.host.environments.size, 0);
  assert.equal(world.clock.pendingTimers, 0);
});
