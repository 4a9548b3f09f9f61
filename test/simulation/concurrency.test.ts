import assert from "node:assert/strict";
import { test } from "node:test";
import { functionArn, invokeLimits } from "../../src/base/index.ts";
import { erratic, type FakeBehaviour } from "../../testkit/fake-environments.ts";
import { type Answer, InvokeWorld } from "../../testkit/invoke-world.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

const FUNCTIONS = ["a", "b", "c", "d"];
const STEPS = 250;
const arnOf = (name: string) => functionArn("000000000000", "us-east-1", name);

interface Share {
  readonly reserved: number | undefined;
  readonly provisioned: number;
}

/** Functions with and without reserves and provisioned environments under a load that their limits can't hold. */
async function simulate(seed: number): Promise<void> {
  const random = seededRandomness(seed);
  const account = 6 + random.below(20);
  const shares = new Map<string, Share>();
  for (const name of FUNCTIONS) {
    const provisioned = random.chance(0.5) ? random.below(3) : 0;
    const reserved = random.chance(0.5) ? provisioned + random.below(4) : undefined;
    shares.set(name, { reserved, provisioned });
  }
  const committed = [...shares.values()].reduce(
    (sum, { reserved, provisioned }) => sum + (reserved ?? provisioned),
    0,
  );
  const unreserved = Math.max(0, account - committed);
  const running = new Map<string, number>();
  const erraticRuns = erratic(random, { start: 0.1, lost: 0.1, crash: 0.1 });
  const behaviour: FakeBehaviour = {
    start: (spec) => erraticRuns.start(spec),
    run: (invocation, spec) => {
      const plan = erraticRuns.run(invocation, spec);
      // A request that loses a provisioned environment gets an on-demand one in its stead, limit or not.
      if (spec.initialization === "provisioned-concurrency") return { ...plan, lost: false };
      if (plan.lost === true) return plan;
      const { functionName } = spec;
      const now = (running.get(functionName) ?? 0) + 1;
      running.set(functionName, now);
      world.clock.after(plan.afterMs, () => void running.set(functionName, running.get(functionName)! - 1));
      const { reserved, provisioned } = shares.get(functionName)!;
      if (reserved !== undefined && now > reserved - provisioned) {
        world.host.violations.push(`${functionName} runs ${now} times, its reserve is ${reserved}`);
      }
      let shared = 0;
      for (const [name, count] of running) if (shares.get(name)!.reserved === undefined) shared += count;
      if (shared > unreserved) world.host.violations.push(`${shared} of ${unreserved} unreserved run`);
      return plan;
    },
  };
  const world = new InvokeWorld({ behaviour, creations: 4, mostEnvironments: 200, seed });
  world.catalog.accountConcurrency = Math.max(account, committed);
  for (const [name, { reserved, provisioned }] of shares) {
    const target = world.catalog.put(name, { version: "1" });
    world.catalog.setConcurrency(arnOf(name), {
      reserved,
      provisioned: provisioned === 0 ? [] : [{ qualifier: "1", target, requested: provisioned }],
    });
  }

  const answers: { readonly name: string; readonly answer: Answer }[] = [];
  let asked = 0;
  for (let step = 0; step < STEPS; step += 1) {
    const name = random.pick(FUNCTIONS);
    const count = random.chance(0.1) ? random.below(30) : random.below(4);
    for (const answering of world.burst(count, name)) {
      asked += 1;
      void answering.then((answer) => {
        answers.push({ name, answer });
      });
    }
    const idle = [...world.host.environments].filter((environment) => environment.idle);
    if (idle.length > 0 && random.chance(0.1)) random.pick(idle).leave();
    await world.clock.advance(random.below(100));
  }
  await world.clock.until(() => answers.length === asked);

  assert.deepEqual(world.host.violations, []);
  for (const { name, answer } of answers) {
    if (answer.error?.status !== 429) continue;
    const ofReserve = String(answer.error.members["Reason"]).startsWith("Reserved");
    assert.equal(ofReserve, shares.get(name)?.reserved !== undefined, name);
  }
  assert.ok(answers.some(({ answer }) => answer.output !== undefined) || unreserved === 0);
  assert.equal(world.usage.length, world.host.dispatches.length);

  await world.clock.advance(invokeLimits.provisionRetryMs * 20);
  for (const [name, { provisioned, reserved }] of shares) {
    const kept = [...world.host.environments].filter(
      ({ spec, provisioned: isProvisioned }) => spec.functionName === name && isProvisioned,
    );
    assert.equal(kept.length, provisioned, `${name} keeps ${kept.length} of ${provisioned}`);
    const report = world.catalog.reports.findLast(({ arn }) => arn === arnOf(name));
    assert.equal(report?.available ?? 0, provisioned);
    const all = [...world.host.environments].filter(({ spec }) => spec.functionName === name);
    assert.ok(reserved === undefined || all.length <= reserved, `${name} has ${all.length} of ${reserved}`);
  }
  const { inFlight, waiting, starting, busy } = world.invoker.counts();
  assert.deepEqual([inFlight, waiting, starting, busy], [0, 0, 0, 0]);
  for (const name of FUNCTIONS) {
    world.catalog.remove(name);
    world.catalog.setConcurrency(arnOf(name), { reserved: undefined, provisioned: [] });
  }
  await world.clock.advance(10);
  assert.equal(world.host.environments.size, 0);
}

test("limits on concurrency hold under load, loss and crashes", async (context) => {
  const first = seedOfRun();
  context.diagnostic(`LAMBKIN_SEED=${first}`);
  for (let round = 0; round < 6; round += 1) {
    const seed = (first + round) >>> 0;
    await simulate(seed).catch((error: unknown) => {
      throw new Error(`LAMBKIN_SEED=${seed} fails`, { cause: error });
    });
  }
});
