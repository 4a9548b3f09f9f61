import type { UsageSummary } from "./interfaces.ts";
import { durationPrice, gbSeconds, type PriceList, storageGbSeconds } from "./prices.ts";
import type { UsageTotalsRow } from "./usage-totals.ts";

/** Start of the UTC month that holds `time`. */
export function monthStart(time: number): number {
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

type Row = Readonly<UsageTotalsRow>;

/** Rows whose GB-seconds count towards the same price tiers. */
function tierKey(row: Row): string {
  return `${monthStart(row.hour)} ${row.account} ${row.region} ${row.architecture}`;
}

function sumGbSeconds(rows: readonly Row[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const row of rows) {
    const key = tierKey(row);
    sums.set(key, (sums.get(key) ?? 0) + gbSeconds(row.memoryMiB, row.billedMs));
  }
  return sums;
}

/**
 * Sums rows by function and version and prices them. `before` is what the same months held ahead of the range: it
 * decides in which price tier the range begins. Within a month all functions of an account, region and architecture
 * pay the same price per GB-second.
 */
export function summarizeRows(
  rows: readonly Row[],
  before: readonly Row[],
  prices: PriceList,
): readonly UsageSummary[] {
  const used = sumGbSeconds(rows);
  const usedBefore = sumGbSeconds(before);
  const rates = new Map<string, number>();
  for (const row of rows) {
    const key = tierKey(row);
    if (rates.has(key)) continue;
    const amount = used.get(key) ?? 0;
    const price = durationPrice(prices.duration[row.architecture], amount, usedBefore.get(key) ?? 0);
    rates.set(key, amount === 0 ? 0 : price / amount);
  }

  const groups = Map.groupBy(
    rows,
    (row) => `${row.account} ${row.region} ${row.functionName} ${row.version} ${row.architecture}`,
  );
  return [...groups.values()].map((group) => summarizeGroup(group, rates, prices));
}

function summarizeGroup(
  group: readonly Row[],
  rates: ReadonlyMap<string, number>,
  prices: PriceList,
): UsageSummary {
  const [first] = group as readonly [Row, ...Row[]];
  let requests = 0;
  let errors = 0;
  let billedMs = 0;
  let memoryGbSeconds = 0;
  let ephemeralGbSeconds = 0;
  let duration = 0;
  for (const row of group) {
    const amount = gbSeconds(row.memoryMiB, row.billedMs);
    requests += row.requests;
    errors += row.errors;
    billedMs += row.billedMs;
    memoryGbSeconds += amount;
    ephemeralGbSeconds += storageGbSeconds(row.ephemeralStorageMiB, row.billedMs);
    duration += amount * (rates.get(tierKey(row)) ?? 0);
  }
  const cost = {
    requests: requests * prices.perRequest,
    duration,
    storage: ephemeralGbSeconds * prices.perStorageGbSecond,
  };
  return {
    account: first.account,
    region: first.region,
    functionName: first.functionName,
    version: first.version,
    architecture: first.architecture,
    requests,
    errors,
    billedMs,
    gbSeconds: memoryGbSeconds,
    storageGbSeconds: ephemeralGbSeconds,
    cost: { ...cost, total: cost.requests + cost.duration + cost.storage },
  };
}
