import assert from "node:assert/strict";
import { test } from "node:test";
import { headroomLimits, invokeLimits } from "../../src/base/index.ts";
import type { FakeEnvironment } from "../../testkit/fake-environments.ts";
import { type Answer, InvokeWorld } from "../../testkit/invoke-world.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

const MIB = 1024 * 1024;
const STEP_MS = 10;

interface Habit {
  readonly memoryMiB: number;
  readonly initMiB: number;
  readonly peakMiB: number;
  /** In which the first invocation of an environment grows to the peak. */
  readonly growMs: number;
  readonly runMs: number;
  /** By what each further invocation adds to it. */
  readonly leak: number;
}

/** A machine whose memory is what the environments of functions use, besides what others do. */
class Machine {
  readonly world: InvokeWorld;
  readonly totalMiB: number;
  readonly habits = new Map<string, Habit>();
  othersMiB: number;
  leastAvailableMiB = Number.POSITIVE_INFINITY;
  readonly #worked = new Map<FakeEnvironment, { began: number; times: number }>();

  constructor(seed: number, totalMiB: number, othersMiB: number, creations = 8) {
    this.totalMiB = totalMiB;
    this.othersMiB = othersMiB;
    const random = seededRandomness(seed);
    this.world = new InvokeWorld({
      seed,
      creations,
      mostEnvironments: Number.POSITIVE_INFINITY,
      memory: () => ({ totalBytes: totalMiB * MIB, availableBytes: this.availableMiB * MIB }),
      behaviour: {
        start: () => ({ afterMs: 20 + random.uniform() * 200 }),
        run: (_, { functionName }) => ({
          afterMs: this.habit(functionName).runMs * (1 + random.uniform()),
        }),
        memoryMiB: (environment) => this.#used(environment),
      },
    });
  }

  habit(name: string): Habit {
    const habit = this.habits.get(name);
    assert.ok(habit !== undefined);
    return habit;
  }

  put(name: string, habit: Habit): void {
    this.habits.set(name, habit);
    this.world.catalog.put(name, { memoryMiB: habit.memoryMiB });
  }

  get reserveMiB(): number {
    return Math.min(this.totalMiB * headroomLimits.reserveShare, headroomLimits.reserveMostBytes / MIB);
  }

  get availableMiB(): number {
    let usedMiB = this.othersMiB;
    for (const environment of this.world.host.environments) usedMiB += this.#used(environment);
    return this.totalMiB - usedMiB;
  }

  #used(environment: FakeEnvironment): number {
    const { initMiB, peakMiB, growMs, leak, memoryMiB } = this.habit(environment.spec.functionName);
    const worked = this.#worked.get(environment);
    if (worked === undefined) return environment.phase === "starting" ? initMiB / 2 : initMiB;
    const grown = Math.min(1, (this.world.clock.now() - worked.began) / growMs);
    const leaked = initMiB + (peakMiB - initMiB) * grown * (1 + leak) ** (worked.times - 1);
    return Math.min(leaked, memoryMiB);
  }

  /** Lets time pass, and looks at the memory all the while. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      await this.world.clock.advance(STEP_MS);
      const { dispatches } = this.world.host;
      for (const { environment, at } of dispatches.splice(0)) {
        const before = this.#worked.get(environment);
        this.#worked.set(environment, { began: before?.began ?? at, times: (before?.times ?? 0) + 1 });
      }
      this.leastAvailableMiB = Math.min(this.leastAvailableMiB, this.availableMiB);
    }
  }

  async untilDone<T>(work: Promise<T>): Promise<T> {
    const done = new AbortController();
    void work.then(() => done.abort());
    while (!done.signal.aborted) await this.pass(100);
    return work;
  }
}

const mixes = [
  { totalMiB: 2_048, leaks: 0, keptShare: 1 },
  { totalMiB: 16_384, leaks: 0, keptShare: 1 },
  { totalMiB: 65_536, leaks: 0, keptShare: 1 },
  // What environments that are kept use more with each invocation is what the reserve is for.
  { totalMiB: 16_384, leaks: 0.3, keptShare: 0.5 },
];

for (const { totalMiB, leaks, keptShare } of mixes) {
  const which = leaks > 0 ? "grows and leaks" : "grows";
  test(`functions whose memory ${which} leave the reserve of a machine of ${totalMiB} MiB`, async (context) => {
    const seed = seedOfRun();
    context.diagnostic(`LAMBKIN_SEED=${seed}`);
    const random = seededRandomness(seed);
    const machine = new Machine(seed, totalMiB, totalMiB / 5);
    const { world } = machine;
    const names = Array.from({ length: 40 }, (_, n) => `f${n}`);
    for (const name of names) {
      const memoryMiB = 128 * 2 ** random.below(totalMiB > 4_000 ? 5 : 3);
      const initMiB = 3 + random.below(50);
      const peakMiB = initMiB + (memoryMiB - initMiB) * random.uniform();
      const growMs = 50 + random.below(700);
      const leak = random.chance(leaks) ? 0.02 : 0;
      machine.put(name, { memoryMiB, initMiB, peakMiB, growMs, runMs: growMs + random.below(3_000), leak });
    }
    // Only what was seen of a function says what its first environments will use.
    for (const name of names) {
      await machine.untilDone(world.invoke(name));
    }
    machine.leastAvailableMiB = Number.POSITIVE_INFINITY;
    const answers: Promise<Answer>[] = [];
    for (let step = 0; step < 150; step += 1) {
      const count = random.chance(0.1) ? random.below(60) : random.below(4);
      answers.push(...world.burst(count, random.pick(names)));
      await machine.pass(STEP_MS * random.below(20));
    }
    const settled = await machine.untilDone(Promise.all(answers));
    assert.ok(
      machine.leastAvailableMiB >= machine.reserveMiB * keptShare,
      `${machine.leastAvailableMiB} MiB were left`,
    );
    const codes = new Set(settled.map(({ output, error }) => output?.StatusCode ?? error?.code));
    assert.ok(codes.has(200));
    codes.delete(200);
    codes.delete("TooManyRequestsException");
    assert.deepEqual([...codes], []);
    assert.deepEqual(world.host.violations, []);

    for (const name of names) world.catalog.remove(name);
    await machine.pass(100);
    assert.equal(world.host.environments.size, 0);
    assert.equal(world.clock.pendingTimers, 0);
  });
}

const small = { memoryMiB: 128, initMiB: 10, peakMiB: 40, growMs: 50, runMs: 100, leak: 0 } as const;

test("requests wait while others use up the memory, and run when they give it back", async () => {
  const machine = new Machine(1, 4_096, 500);
  const { world } = machine;
  machine.put("kept", small);
  machine.put("f", { ...small, runMs: 60_000 });
  const kept = world.invoke("kept");
  await machine.pass(1_000);
  assert.equal((await kept).output?.StatusCode, 200);
  const running = world.burst(3, "f");
  await machine.pass(2_000);
  machine.othersMiB = 4_000 - machine.reserveMiB;
  const waiting = world.burst(20, "f");
  await machine.pass(5_000);
  // What was idle made room first.
  assert.deepEqual(
    [...world.host.environments].map(({ spec }) => spec.functionName),
    ["f", "f", "f"],
  );
  assert.equal(world.invoker.counts().waiting, 20);
  machine.othersMiB = 500;
  await machine.pass(2_000);
  assert.equal(world.invoker.counts().waiting, 0);
  assert.equal(world.host.environments.size, 23);
  await world.clock.advance(120_000);
  for (const answer of await Promise.all([...running, ...waiting]))
    assert.equal(answer.output?.StatusCode, 200);
  assert.equal(world.logged.filter((line) => line.startsWith("environments wait for memory")).length, 1);
});

test("who waited in vain for memory is told so as for concurrency", async () => {
  const machine = new Machine(1, 4_096, 500);
  const { world } = machine;
  machine.put("f", { ...small, runMs: 500_000 });
  const running = world.invoke("f");
  await machine.pass(2_000);
  machine.othersMiB = 4_000;
  const waiting = world.invoke("f");
  await world.clock.advance(invokeLimits.waitMs);
  const { error } = await waiting;
  assert.deepEqual(
    [error?.code, error?.status, error?.members["Reason"], error?.headers["retry-after"]],
    ["TooManyRequestsException", 429, "ConcurrentInvocationLimitExceeded", "1"],
  );
  await world.clock.advance(1_000_000);
  assert.equal((await running).output?.StatusCode, 200);
});

test("a function that may use more than the machine has does not keep smaller ones from running, and runs", async () => {
  const machine = new Machine(1, 4_096, 500);
  const { world } = machine;
  machine.put("long", { ...small, runMs: 30_000 });
  machine.put("huge", { ...small, memoryMiB: 10_240 });
  machine.put("f", small);
  const long = world.invoke("long");
  await machine.pass(2_000);
  const huge = world.invoke("huge");
  const others = world.burst(5, "f");
  await machine.pass(1_000);
  for (const answer of await Promise.all(others)) assert.equal(answer.output?.StatusCode, 200);
  await machine.pass(invokeLimits.starvationMs + 1_000);
  assert.equal((await huge).output?.StatusCode, 200);
  await machine.pass(60_000);
  await long;
});

test("a function that nothing is known of counts with all that it may use", async () => {
  const machine = new Machine(1, 16_384, 4_000);
  machine.put("f", { memoryMiB: 2_048, initMiB: 30, peakMiB: 2_040, growMs: 900, runMs: 2_000, leak: 0 });
  const answers = machine.world.burst(60, "f");
  await machine.pass(60_000);
  assert.ok(machine.leastAvailableMiB >= machine.reserveMiB, `${machine.leastAvailableMiB} MiB were left`);
  for (const answer of await Promise.all(answers)) assert.equal(answer.output?.StatusCode, 200);
});

test("a thousand environments that need little start at once where they have shown how little", async () => {
  const machine = new Machine(1, 16_384, 4_000, 33);
  const { world } = machine;
  machine.put("f", { ...small, initMiB: 3, peakMiB: 4, runMs: 60_000 });
  const answers = world.burst(invokeLimits.accountConcurrency, "f");
  // Of which they start for four, and one or two show it.
  await machine.pass(6_000);
  assert.equal(world.host.environments.size, invokeLimits.accountConcurrency);
  await world.clock.advance(120_000);
  for (const answer of await Promise.all(answers)) assert.equal(answer.output?.StatusCode, 200);
});
