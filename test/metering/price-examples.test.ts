/**
 * The examples of https://aws.amazon.com/lambda/pricing/ (US East, N. Virginia), to the cent that the page gives. Usage
 * is what its text says, the amounts are its results; where the page leaves the free tier out, so does the test.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Bill, type Cost, durationPrice } from "../../src/metering/bill.ts";
import { parsePriceList, publicPrices, type UsageRow } from "../../src/metering/index.ts";
import { completeRow } from "../../src/metering/usage-totals.ts";

const prices = await publicPrices();
const MONTH = Date.UTC(2026, 2, 1);
const DAY_MS = 86_400_000;
const MILLION = 1_000_000;

function row(changes: Partial<UsageRow>): UsageRow {
  return completeRow({
    start: MONTH,
    account: "000000000000",
    region: "us-east-1",
    functionName: "f",
    version: "1",
    architecture: "x86_64",
    memoryMiB: 1_024,
    ephemeralStorageMiB: 512,
    ...changes,
  });
}

function bill(rows: readonly UsageRow[], freeTier = true): Cost {
  const sums = { requests: 0, duration: 0, ephemeralStorage: 0, streaming: 0 };
  const durable = { durableOperations: 0, durableWritten: 0, durableRetained: 0 };
  const total = { ...sums, ...durable, provisioned: 0, provisionedDuration: 0, total: 0 };
  for (const { cost } of new Bill(prices, { freeTier }).price(rows))
    for (const name of Object.keys(total) as (keyof Cost)[]) total[name] += cost[name];
  return total;
}

/** Each part to the cent, as the page rounds it. */
function cents(cost: Cost): Partial<Record<keyof Cost, string>> {
  return Object.fromEntries(
    Object.entries(cost).flatMap(([name, amount]) => (amount === 0 ? [] : [[name, amount.toFixed(2)]])),
  );
}

test("mobile application backend: $2.73", () => {
  const used = row({ memoryMiB: 1_536, requests: 3 * MILLION, billedMs: 3 * MILLION * 120 });
  assert.deepEqual(cents(bill([used])), { requests: "0.40", duration: "2.33", total: "2.73" });
});

test("enriching streaming telemetry: $249.49, without the free tier", () => {
  const used = row({ requests: 10_000 * 24 * 31, billedMs: 10_000 * 24 * 31 * 2_000 });
  assert.deepEqual(cents(bill([used], false)), { requests: "1.49", duration: "248.00", total: "249.49" });
});

test("machine learning with ephemeral storage: $106.41", () => {
  const used = row({
    memoryMiB: 4_096,
    ephemeralStorageMiB: 2_048,
    requests: 6 * MILLION,
    billedMs: 6 * MILLION * 280,
  });
  assert.deepEqual(cents(bill([used])), {
    requests: "1.00",
    duration: "105.33",
    ephemeralStorage: "0.08",
    total: "106.41",
  });
});

test("provisioned concurrency, launch of a mobile application: $19.96", () => {
  const rows = [
    row({ memoryMiB: 1_536, requests: 2.5 * MILLION, billedMs: 2.5 * MILLION * 120 }),
    row({
      memoryMiB: 1_536,
      provisioned: true,
      requests: 0.5 * MILLION,
      billedMs: 0.5 * MILLION * 100,
      provisionedMs: 100 * 8 * 3_600_000,
    }),
  ];
  const cost = cents(bill(rows));
  assert.deepEqual([cost.provisioned, cost.provisionedDuration, cost.duration], ["18.00", "0.73", "0.83"]);
  assert.equal(cost.requests, "0.40");
  assert.equal(cost.total, "19.96");
});

test("provisioned concurrency, a sale of 24 hours: $32.26", () => {
  const used = row({
    memoryMiB: 4_096,
    provisioned: true,
    requests: 2 * MILLION,
    billedMs: 2 * MILLION * 280,
    provisionedMs: 7 * 24 * 3_600_000,
  });
  assert.deepEqual(cents(bill([used])), {
    requests: "0.40",
    provisioned: "10.08",
    provisionedDuration: "21.78",
    total: "32.26",
  });
});

test("streamed web content after the streaming of the free tier is used up: $39.04", () => {
  const before = row({ start: MONTH, functionName: "other", billedStreamedBytes: 100 * 1_024 ** 3 });
  const used = row({
    start: MONTH + DAY_MS,
    memoryMiB: 1_536,
    requests: 3 * MILLION,
    billedMs: 3 * MILLION * 500,
    billedStreamedBytes: MILLION * 1_024 ** 2,
  });
  const cost = bill([before, used]);
  assert.deepEqual(cents(cost), { requests: "0.40", duration: "30.83", streaming: "7.81", total: "39.05" });
  // The page adds up rounded parts.
  assert.equal((0.4 + 30.83 + 7.81).toFixed(2), "39.04");
});

test("durable executions: $32.00 for the operations of a million of them", () => {
  const used = row({
    durableOperations: MILLION * 4,
    durableWrittenBytes: 2 * 1_024 ** 3,
    // 4 GB over the whole of March.
    durableRetainedByteSeconds: 4 * 1_024 ** 3 * 31 * 86_400,
  });
  assert.deepEqual(cents(bill([used])), {
    durableOperations: "32.00",
    durableWritten: "0.50",
    durableRetained: "0.60",
    total: "33.10",
  });
  const { "us-east-1": region = assert.fail() } = prices.regions;
  const { durable, ...without } = region;
  assert.deepEqual(durable, { operationsPerMillion: 8, writtenGb: 0.25, retainedGbMonth: 0.15 });
  const own = parsePriceList(JSON.stringify({ ...prices, regions: { "us-east-1": without } }));
  const [priced] = new Bill(own, { freeTier: true }).price([used]);
  assert.equal(priced?.cost.total, 0, "a price list that says nothing of them");
});

test("tiers: $100,000 for the first 6 billion GB-seconds, then less", () => {
  const { x86_64, arm64 } = prices.regions["us-east-1"] ?? assert.fail();
  const near = (actual: number, expected: number) =>
    assert.ok(Math.abs(actual - expected) <= 1e-9 * expected, `${actual} instead of ${expected}`);
  near(durationPrice(x86_64.durationGbSecond, 6e9), 100_000.2);
  near(durationPrice(x86_64.durationGbSecond, 7e9), 100_000.2 + 15_000);
  near(durationPrice(x86_64.durationGbSecond, 20e9), 100_000.2 + 9e9 * 0.000015 + 5e9 * 0.0000133334);
  near(durationPrice(x86_64.durationGbSecond, 2e9, 5e9), 1e9 * 0.0000166667 + 15_000);
  near(durationPrice(arm64.durationGbSecond, 8.5e9), 7.5e9 * 0.0000133334 + 1e9 * 0.0000120001);
  // Through the bill, over two months, two regions and two accounts, which have tiers of their own.
  const huge = { requests: 1, billedMs: 4e12 };
  const rows = [
    row(huge),
    row({ ...huge, start: MONTH + DAY_MS }),
    row({ ...huge, start: MONTH + DAY_MS, region: "eu-west-1" }),
    row({ ...huge, start: MONTH + DAY_MS, account: "111111111111" }),
    row({ ...huge, start: Date.UTC(2026, 3, 1) }),
  ];
  near(bill(rows, false).duration, 4 * 4e9 * 0.0000166667 + 2e9 * 0.0000166667 + 2e9 * 0.000015);
});

test("the free tier is one for both architectures and all regions, and another for each month and account", () => {
  const half = { requests: 500_000, billedMs: 300_000_000 };
  const rows = [
    row(half),
    row({ ...half, architecture: "arm64", region: "eu-west-1" }),
    row({ ...half, start: MONTH + DAY_MS }),
    row({ ...half, account: "111111111111" }),
    row({ ...half, start: Date.UTC(2026, 3, 1) }),
  ];
  const bills = rows.map((_, at) => {
    const priced = new Bill(prices, { freeTier: true }).price(rows);
    return priced.find(({ row: found }) => found === rows[at])?.cost.total.toFixed(6);
  });
  // 400,000 of the first day's 600,000 GB-seconds are free, a third of each is charged.
  assert.deepEqual(bills, [
    (100_000 * 0.0000166667).toFixed(6),
    (100_000 * 0.0000133334).toFixed(6),
    (300_000 * 0.0000166667 + 0.1).toFixed(6),
    "0.000000",
    "0.000000",
  ]);
});
