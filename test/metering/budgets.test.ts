import assert from "node:assert/strict";
import { test } from "node:test";
import { type EventTargets, silentLog } from "../../src/base/index.ts";
import { Budgets, parseBudget, publicPrices, type UsageLedger } from "../../src/metering/index.ts";
import { UsageTotals } from "../../src/metering/usage-totals.ts";
import { MemoryStateStore } from "../../testkit/memory-storage.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";
import { record } from "./usage-records.ts";

const ACCOUNT = "000000000000";
const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:told`;
const DAY_MS = 86_400_000;
const prices = await publicPrices();

class World {
  clock = new SimulatedClock(Date.UTC(2026, 2, 10, 12));
  readonly state = new MemoryStateStore();
  readonly totals = new UsageTotals();
  readonly told: {
    readonly targetArn: string;
    readonly id: string;
    readonly event: { threshold: number };
  }[] = [];
  readonly warned: unknown[] = [];
  verdict: Awaited<ReturnType<EventTargets["check"]>> = "ok";
  refusing = false;
  budgets = this.open();

  open(): Budgets {
    const ledger: Pick<UsageLedger, "usage"> = {
      usage: async ({ from, to }) =>
        this.totals.rows().filter((row) => row.firstStartedAt >= from && row.firstStartedAt < to),
    };
    const budgets = new Budgets({
      state: this.state,
      ledger,
      prices,
      targets: {
        check: async () => this.verdict,
        deliver: async ({ targetArn, id, payload }) => {
          if (this.refusing) throw new Error("the queue is full");
          this.told.push({ targetArn, id, event: JSON.parse(Buffer.from(payload).toString()) });
        },
      },
      clock: this.clock,
      log: { ...silentLog, warn: (_, fields) => void this.warned.push(fields?.["threshold"]) },
    });
    budgets.start();
    return budgets;
  }

  /** What costs so many dollars: on provisioned concurrency, where nothing is free. */
  spend(dollars: number, name = "f"): void {
    const gbSeconds = dollars / 0.0000097222;
    this.totals.add(
      record(this.clock.now(), {
        of: { name, memoryMiB: 1_024 },
        billedDurationMs: gbSeconds * 1_000,
        provisioned: true,
      }),
    );
  }

  /** Lets time pass, and waits for the comparisons that are due in it. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.budgets.check();
  }

  get thresholds(): number[] {
    return this.told.map(({ event }) => event.threshold);
  }
}

const FIVE = parseBudget(JSON.stringify({ amount: 5, at: [100, 80], notify: FUNCTION }));

test("each threshold is told once a period, also over restarts", async () => {
  const world = new World();
  assert.equal((await world.budgets.set(ACCOUNT, "ours", FIVE)).spent, 0);
  world.spend(3.9);
  await world.pass(120_000);
  assert.deepEqual(world.thresholds, []);
  world.spend(0.2);
  await world.pass(120_000);
  assert.deepEqual(world.thresholds, [80]);
  await world.budgets.close();
  world.budgets = world.open();
  await world.pass(120_000);
  world.spend(2);
  await world.pass(120_000);
  assert.deepEqual(world.thresholds, [80, 100]);
  assert.deepEqual(world.warned, [80, 100]);
  assert.deepEqual(world.budgets.counts(), { budgets: 1, exceeded: 1, alerts: 1 });
  // A month later it begins anew.
  world.clock = new SimulatedClock(world.clock.now() + 30 * DAY_MS);
  await world.budgets.close();
  world.budgets = world.open();
  world.spend(6);
  await world.pass(120_000);
  assert.deepEqual(world.thresholds, [80, 100, 80, 100]);
  assert.equal(new Set(world.told.map(({ id }) => id)).size, 4);
  await world.budgets.close();
});

test("what was spent in the last moments of a period is told of that period", async () => {
  const world = new World();
  const daily = { ...FIVE, period: "day" as const };
  await world.budgets.set(ACCOUNT, "daily", daily);
  world.spend(4.5);
  await world.pass(DAY_MS / 2 - 30_000);
  assert.deepEqual(world.thresholds, [80]);
  world.spend(1);
  await world.pass(60_000);
  assert.deepEqual(world.thresholds, [80, 100]);
  assert.match(world.told[1]?.id ?? "", /2026-03-10/);
  await world.budgets.close();
  // Nor is it lost, or told again, where the period ends while no server runs.
  world.clock = new SimulatedClock(Date.UTC(2026, 2, 11, 23, 59));
  world.spend(4.5);
  world.clock = new SimulatedClock(Date.UTC(2026, 2, 12, 0, 5));
  world.budgets = world.open();
  await world.pass(120_000);
  assert.deepEqual(world.thresholds, [80, 100, 80]);
  assert.match(world.told[2]?.id ?? "", /2026-03-11/);
  world.spend(6);
  await world.pass(120_000);
  assert.deepEqual(world.thresholds, [80, 100, 80, 80, 100]);
  await world.budgets.close();
});

test("what could not be told is told later, under the same id after a crash", async () => {
  const world = new World();
  await world.budgets.set(ACCOUNT, "ours", FIVE);
  world.refusing = true;
  world.spend(4.5);
  await world.pass(120_000);
  assert.deepEqual([world.thresholds, world.warned], [[], []]);
  world.refusing = false;
  world.state.beforeWrite = () => {
    throw new Error("killed between the event and its mark");
  };
  await world.pass(60_000);
  await world.budgets.close();
  world.told.splice(1);
  world.state.beforeWrite = () => undefined;
  world.budgets = world.open();
  await world.pass(120_000);
  assert.deepEqual(world.thresholds, [80, 80]);
  assert.equal(new Set(world.told.map(({ id }) => id)).size, 1, "the queue can tell that it is the same");
  assert.deepEqual(world.warned, [80]);
  await world.budgets.close();
});

test("a budget of one function or day counts nothing else", async () => {
  const world = new World();
  const { budgets } = world;
  await budgets.set(ACCOUNT, "one", parseBudget('{"amount":1,"function":"one"}'));
  await budgets.set(ACCOUNT, "today", parseBudget('{"amount":1,"period":"day"}'));
  world.spend(0.75, "one");
  world.spend(0.75, "other");
  await world.pass(60_000);
  const spent = async () =>
    (await budgets.list(ACCOUNT)).map((budget) => [budget.name, budget.spent.toFixed(2), budget.alerted]);
  assert.deepEqual(await spent(), [
    ["one", "0.75", []],
    ["today", "1.50", [100]],
  ]);
  await world.pass(DAY_MS / 2);
  assert.deepEqual(await spent(), [
    ["one", "0.75", []],
    ["today", "0.00", []],
  ]);
  assert.deepEqual(await budgets.list("111111111111"), []);
  assert.equal(await budgets.delete(ACCOUNT, "one"), true);
  assert.equal(await budgets.delete(ACCOUNT, "one"), false);
  await budgets.close();
});

test("what is no budget is refused", async () => {
  const world = new World();
  const refused = (text: string, why: RegExp) => assert.throws(() => parseBudget(text), why);
  refused("{", /JSON/);
  refused('{"amount":0}', /amount/);
  refused('{"amount":1,"period":"year"}', /period/);
  refused('{"amount":1,"at":[]}', /at: must be a list/);
  refused('{"amount":1,"at":[0]}', /percentage/);
  refused('{"amount":1,"colour":1}', /colour: is unknown/);
  refused('{"amount":1,"notify":"http://example.com"}', /ARN/);
  refused('{"amount":1,"function":"f","tag":{"key":"k","value":"v"}}', /excludes/);
  await assert.rejects(world.budgets.set(ACCOUNT, "a/b", FIVE), /name has/);
  await assert.rejects(world.budgets.set("111111111111", "ours", FIVE), /another account/);
  for (const [verdict, why] of [
    ["missing", /there is no/],
    ["forbidden", /AddPermission/],
    ["unsupported", /nothing here takes/],
  ] as const) {
    world.verdict = verdict;
    await assert.rejects(world.budgets.set(ACCOUNT, "ours", FIVE), why);
  }
  assert.deepEqual(world.state.keys, []);
  await world.budgets.close();
});
