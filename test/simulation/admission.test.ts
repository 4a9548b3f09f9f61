import assert from "node:assert/strict";
import { test } from "node:test";
import { erratic, type FakeBehaviour } from "../../testkit/fake-environments.ts";
import { type Answer, InvokeWorld } from "../../testkit/invoke-world.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

const FUNCTIONS = ["a", "b", "c", "d"];
const STEPS = 250;

interface Mix {
  readonly name: string;
  readonly trouble: { readonly start: number; readonly lost: number; readonly crash: number };
  readonly creations: number;
  readonly mostEnvironments: number;
  /** Probability per step of an update, a deletion, and of an idle environment's end. */
  readonly update: number;
  readonly remove: number;
  readonly reap: number;
}

const calm = { start: 0, lost: 0, crash: 0 };
const mixes: readonly Mix[] = [
  { name: "load only", trouble: calm, creations: 4, mostEnvironments: 50, update: 0, remove: 0, reap: 0 },
  {
    name: "updates",
    trouble: calm,
    creations: 4,
    mostEnvironments: 50,
    update: 0.2,
    remove: 0.02,
    reap: 0.1,
  },
  {
    name: "a full machine",
    trouble: calm,
    creations: 2,
    mostEnvironments: 3,
    update: 0.05,
    remove: 0.01,
    reap: 0,
  },
  {
    name: "everything fails now and then",
    trouble: { start: 0.2, lost: 0.1, crash: 0.2 },
    creations: 3,
    mostEnvironments: 12,
    update: 0.1,
    remove: 0.02,
    reap: 0.2,
  },
];

async function simulate(mix: Mix, seed: number): Promise<void> {
  const random = seededRandomness(seed);
  const behaviour = erratic(random, mix.trouble);
  const current = new Map<string, string>();
  const checked: FakeBehaviour = {
    start: (spec) => behaviour.start(spec),
    run: (invocation, spec) => {
      const generation = spec.key.split("#")[1];
      if (generation !== current.get(spec.functionName)) {
        world.host.violations.push(`${spec.key} was handed new work after it was superseded`);
      }
      return behaviour.run(invocation, spec);
    },
  };
  const world = new InvokeWorld({ ...mix, behaviour: checked, seed });
  // The catalog announces a change when it has made it: `current` has to follow before the invoker acts.
  const put = (name: string): void => {
    current.set(name, `generation-${world.catalog.generations + 1}`);
    world.catalog.put(name);
  };
  for (const name of FUNCTIONS) put(name);

  const answers: Answer[] = [];
  const answering: Promise<void>[] = [];
  for (let step = 0; step < STEPS; step += 1) {
    const name = random.pick(FUNCTIONS);
    const count = random.chance(0.1) ? random.below(30) : random.below(4);
    for (const answer of world.burst(count, name)) {
      answering.push(answer.then((settled) => void answers.push(settled)));
    }
    if (random.chance(mix.update)) put(random.pick(FUNCTIONS));
    if (random.chance(mix.remove)) {
      const removed = random.pick(FUNCTIONS);
      if (current.delete(removed)) world.catalog.remove(removed);
    }
    const idle = [...world.host.environments].filter((environment) => environment.idle);
    if (idle.length > 0 && random.chance(mix.reap)) random.pick(idle).leave();
    await world.clock.advance(random.below(100));
  }
  await world.clock.until(() => answers.length === answering.length);
  await Promise.all(answering);

  assert.deepEqual(world.host.violations, []);
  const dispatched = new Map<string, number>();
  for (const { invocation } of world.host.dispatches) {
    dispatched.set(invocation.requestId, (dispatched.get(invocation.requestId) ?? 0) + 1);
  }
  for (const { requestId, output, error } of answers) {
    const expected = output === undefined ? 0 : 1;
    assert.equal(dispatched.get(requestId) ?? 0, expected, `${requestId} ${error?.code ?? "answered"}`);
  }
  assert.equal(world.usage.length, world.host.dispatches.length);
  assert.ok(world.host.mostAlive <= mix.mostEnvironments, `${world.host.mostAlive} environments`);
  assert.ok(world.host.mostStarting <= mix.creations, `${world.host.mostStarting} at once`);
  assert.ok(world.host.created <= answers.length * 4);
  if (mix.trouble === calm && mix.remove === 0)
    assert.ok(answers.every(({ output }) => output !== undefined));

  await world.clock.advance(10_000);
  const { inFlight, waiting, starting, busy, environments, unsettledEvents } = world.invoker.counts();
  assert.deepEqual([inFlight, waiting, starting, busy, unsettledEvents], [0, 0, 0, 0, 0]);
  assert.equal(environments, world.host.environments.size);
  assert.ok([...world.host.environments].every((environment) => environment.idle));
  for (const name of current.keys()) world.catalog.remove(name);
  await world.clock.advance(10);
  assert.equal(world.host.environments.size, 0);
  assert.equal(world.clock.pendingTimers, 0);
}

for (const mix of mixes) {
  test(`admission: ${mix.name}`, async (context) => {
    const first = seedOfRun();
    context.diagnostic(`LAMBKIN_SEED=${first}`);
    for (let round = 0; round < 4; round += 1) {
      const seed = (first + round) >>> 0;
      await simulate(mix, seed).catch((error: unknown) => {
        throw new Error(`LAMBKIN_SEED=${seed} fails`, { cause: error });
      });
    }
  });
}

test("admission: a wave of one function leaves a start for the first of others", async (context) => {
  const seed = seedOfRun();
  context.diagnostic(`LAMBKIN_SEED=${seed}`);
  const random = seededRandomness(seed);
  const begunAt = new Map<string, number>();
  const behaviour: FakeBehaviour = {
    start: ({ functionName }) => {
      if (!begunAt.has(functionName)) begunAt.set(functionName, world.clock.now());
      return { afterMs: 50 + random.below(900) };
    },
    run: () => ({ afterMs: 200 }),
  };
  const world: InvokeWorld = new InvokeWorld({ behaviour, creations: 4, mostEnvironments: 500, seed });
  world.catalog.put("hog");
  const wave = world.burst(400, "hog");
  for (let n = 0; n < 20; n += 1) {
    await world.clock.advance(1 + random.below(300));
    const name = `other-${n}`;
    world.catalog.put(name);
    const askedAt = world.clock.now();
    wave.push(world.invoke(name));
    await world.clock.until(() => begunAt.has(name));
    assert.equal((begunAt.get(name) ?? 0) - askedAt, 0, `LAMBKIN_SEED=${seed}: the first of ${name} waited`);
    assert.ok(world.host.mostStarting <= 4);
    await world.clock.until(() =>
      [...world.host.environments].some(
        ({ phase, spec }) => spec.functionName === name && phase !== "starting",
      ),
    );
  }
  await world.clock.advance(100_000);
  const answers = await Promise.all(wave);
  assert.ok(answers.every(({ output }) => output !== undefined));
});

test("admission: a burst gets environments for who waits, and at its end no more are left over than may start at once", async (context) => {
  const seed = seedOfRun();
  context.diagnostic(`LAMBKIN_SEED=${seed}`);
  const random = seededRandomness(seed);
  const creations = 2 + random.below(10);
  const runMs = 20 + random.below(2_000);
  const behaviour: FakeBehaviour = {
    start: () => {
      const { waiting, starting } = world.invoker.counts();
      assert.ok(waiting >= starting, `${starting} start for ${waiting} that wait`);
      return { afterMs: 10 + random.below(200) };
    },
    run: () => ({ afterMs: runMs * (0.5 + random.uniform()) }),
  };
  const world: InvokeWorld = new InvokeWorld({ behaviour, creations, mostEnvironments: 1_000, seed });
  world.catalog.put("f");
  const answers = world.burst(500, "f");
  await world.clock.advance(500 * 500);
  for (const { output } of await Promise.all(answers)) assert.equal(output?.StatusCode, 200);
  const used = new Set(world.host.dispatches.map(({ environment }) => environment.id)).size;
  context.diagnostic(`${world.host.created} made with ${creations} at once, ${used} of them used`);
  assert.ok(world.host.created - used <= creations - 1);
});
