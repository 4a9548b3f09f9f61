import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { meteringLimits, silentLog } from "../../src/base/index.ts";
import { openUsageLedger, ProvisionedMeter, type UsageLedger } from "../../src/metering/index.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";
import { subject } from "./usage-records.ts";

const STEP_MS = meteringLimits.provisionedStepMs;
const MINUTE_MS = 60_000;
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:resize";
const everything = { from: 0, to: Number.POSITIVE_INFINITY };

let directory: string;
let clock: SimulatedClock;
let ledger: UsageLedger;
let meter: ProvisionedMeter;
/** By version. */
let wanted: Map<string, number>;
let changed: (functionArn: string) => void;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lambkin-provisioned-"));
  clock = new SimulatedClock(Date.UTC(2026, 2, 10, 12));
  wanted = new Map();
  await start();
});

afterEach(async () => {
  meter.close();
  await ledger.close();
  await rm(directory, { recursive: true });
});

async function start(): Promise<void> {
  ledger = await openUsageLedger({ directory, clock, log: silentLog });
  meter = new ProvisionedMeter({
    functions: () => (wanted.size === 0 ? [] : [ARN]),
    // Another object each time, as after any change of the function.
    allotments: () =>
      [...wanted].map(([version, requested]) => ({ target: subject({ version }), requested })),
    onChange: (listener) => (changed = listener),
    ledger,
    clock,
  });
  meter.start();
}

async function restart({ afterMs }: { readonly afterMs: number }): Promise<void> {
  meter.close();
  await ledger.close();
  await clock.advance(afterMs);
  await start();
}

function provision(version: string, requested: number): void {
  if (requested === 0) wanted.delete(version);
  else wanted.set(version, requested);
  changed(ARN);
}

/** Environment-minutes that are charged. */
async function minutes(version = "1", range = everything): Promise<number> {
  const rows = (await ledger.usage(range)).filter((row) => row.version === version);
  assert.ok(rows.every((row) => row.provisioned && row.requests === 0));
  return rows.reduce((sum, { provisionedMs }) => sum + provisionedMs, 0) / MINUTE_MS;
}

test("what is asked for is charged from then on, in steps that are paid when they begin", async () => {
  assert.equal(await minutes(), 0);
  await clock.advance(MINUTE_MS);
  provision("1", 3);
  assert.equal(await minutes(), 15);
  await clock.advance(STEP_MS - 1);
  assert.equal(await minutes(), 15);
  await clock.advance(1);
  assert.equal(await minutes(), 30);
  await clock.advance(10 * STEP_MS);
  assert.equal(await minutes(), 180);
});

test("more is charged from then to the step's end, less from the next step on", async () => {
  provision("1", 3);
  await clock.advance(2 * MINUTE_MS);
  provision("1", 5);
  assert.equal(await minutes(), 15 + 2 * 3);
  provision("1", 5);
  await clock.advance(3 * MINUTE_MS);
  assert.equal(await minutes(), 21 + 25);
  await clock.advance(MINUTE_MS);
  provision("1", 2);
  assert.equal(await minutes(), 46, "a step that is paid is paid");
  await clock.advance(4 * MINUTE_MS);
  assert.equal(await minutes(), 46 + 10);
});

test("what is taken away is charged to the end of its step, and coming back within it costs nothing", async () => {
  provision("1", 4);
  await clock.advance(MINUTE_MS);
  provision("1", 0);
  await clock.advance(MINUTE_MS);
  provision("1", 4);
  assert.equal(await minutes(), 20);
  await clock.advance(MINUTE_MS);
  provision("1", 0);
  await clock.advance(20 * STEP_MS);
  assert.equal(await minutes(), 20);
  assert.equal(clock.pendingTimers, 0, "nothing is waited for");
  // A step begins when it is asked for again, not where the last ones would have begun.
  await clock.advance(MINUTE_MS);
  provision("1", 1);
  await clock.advance(STEP_MS - 1);
  assert.equal(await minutes(), 25);
});

test("versions have steps of their own", async () => {
  provision("1", 1);
  await clock.advance(MINUTE_MS);
  provision("2", 10);
  await clock.advance(4 * MINUTE_MS);
  assert.deepEqual([await minutes("1"), await minutes("2")], [10, 50]);
  await clock.advance(MINUTE_MS);
  assert.deepEqual([await minutes("1"), await minutes("2")], [10, 100]);
});

test("a step over midnight belongs to the day on which it began, and none is lost or doubled", async () => {
  const midnight = Date.UTC(2026, 2, 11);
  await clock.advance(midnight - 7 * MINUTE_MS - clock.now());
  provision("1", 2);
  await clock.advance(8 * MINUTE_MS);
  assert.equal(await minutes("1", { from: 0, to: midnight }), 20);
  assert.equal(await minutes("1", { from: midnight, to: Number.POSITIVE_INFINITY }), 0);
  await restart({ afterMs: 0 });
  assert.equal(await minutes(), 20);
  await clock.advance(3 * MINUTE_MS);
  assert.equal(await minutes("1", { from: midnight, to: Number.POSITIVE_INFINITY }), 10);
  assert.equal(await minutes(), 30);
});

test("a restart within a step repeats nothing, also of what was added in it", async () => {
  provision("1", 3);
  await clock.advance(MINUTE_MS);
  provision("1", 5);
  assert.equal(await minutes(), 15 + 8);
  await restart({ afterMs: MINUTE_MS });
  assert.equal(await minutes(), 23);
  provision("1", 6);
  assert.equal(await minutes(), 23 + 3);
  await clock.advance(3 * MINUTE_MS);
  assert.equal(await minutes(), 26 + 30);
});

test("time without a server costs nothing beyond the step that was paid", async () => {
  provision("1", 3);
  await restart({ afterMs: 60 * MINUTE_MS });
  assert.equal(await minutes(), 30, "the first step and the one that begins now");
  wanted.clear();
  await restart({ afterMs: 60 * MINUTE_MS });
  await clock.advance(60 * MINUTE_MS);
  assert.equal(await minutes(), 30);
});
