import { Bill, type Cost, type PricedRow } from "./bill.ts";
import type { UsageLedger, UsageRow } from "./interfaces.ts";
import type { PriceList } from "./price-list.ts";
import { gbSeconds, gigabyteMonths, storageGbSeconds } from "./quantities.ts";
import { dayOf } from "./segment-files.ts";

/** What rows of a report are made by, beside `tag:KEY`. */
export const DIMENSIONS = [
  "account",
  "region",
  "function",
  "version",
  "alias",
  "architecture",
  "day",
  "month",
] as const;

export type Dimension = (typeof DIMENSIONS)[number] | `tag:${string}`;

export interface ReportQuery {
  /** All accounts unless given. */
  readonly account?: string;
  /** Epoch milliseconds, [from, to). */
  readonly from: number;
  readonly to: number;
  readonly by: readonly Dimension[];
  /** Of the names of functions; tiers and free tier count all of them. */
  readonly function?: string;
  readonly tag?: { readonly key: string; readonly value: string };
  readonly freeTier: boolean;
}

export interface Quantities {
  readonly requests: number;
  /** Requests that large asynchronous events are charged besides. */
  readonly furtherRequests: number;
  readonly errors: number;
  readonly billedMs: number;
  readonly gbSeconds: number;
  /** Ephemeral storage above 512 MB. */
  readonly ephemeralStorageGbSeconds: number;
  readonly streamedBytes: number;
  /** Above 6 MB of each request. */
  readonly billedStreamedBytes: number;
  /** Provisioned concurrency that was kept ready, and the part of `gbSeconds` that ran on it. */
  readonly provisionedGbSeconds: number;
  readonly provisionedDurationGbSeconds: number;
  /** Of durable executions, beside their invocations. */
  readonly durableOperations: number;
  readonly durableWrittenBytes: number;
  readonly durableRetainedGbMonths: number;
  readonly cost: Cost;
}

/** One group: a text for each dimension that was asked for, empty where there is none. */
export interface ReportRow extends Quantities {
  readonly group: Readonly<Record<string, string>>;
}

export interface UsageReport {
  readonly from: string;
  readonly to: string;
  readonly by: readonly Dimension[];
  readonly currency: string;
  readonly prices: { readonly date: string; readonly source: string };
  readonly freeTier: boolean;
  readonly rows: readonly ReportRow[];
  readonly total: Quantities;
}

/** What was used and what it costs. */
export async function usageReport(
  ledger: Pick<UsageLedger, "usage">,
  query: ReportQuery,
  prices: PriceList,
): Promise<UsageReport> {
  const { account, from, to } = query;
  const ofAccount = account === undefined ? {} : { account };
  // What the month held ahead of the range decides where in free tier and tiers it begins.
  const before = await ledger.usage({ ...ofAccount, from: monthStart(from), to: from });
  const rows = await ledger.usage({ ...ofAccount, from, to });
  const bill = new Bill(prices, query);
  bill.price(before);
  const priced = bill.price(rows).filter(({ row }) => isWanted(row, query));
  const groups = Map.groupBy(priced, ({ row }) => JSON.stringify(groupOf(row, query.by)));
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    by: query.by,
    currency: prices.currency,
    prices: { date: prices.date, source: prices.source },
    freeTier: query.freeTier,
    rows: [...groups]
      .map(([group, members]) => ({ group: JSON.parse(group) as Record<string, string>, ...addUp(members) }))
      .toSorted(byGroup),
    total: addUp(priced),
  };
}

/** Start of the UTC month that holds `time`. */
export function monthStart(time: number): number {
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

function isWanted(row: UsageRow, query: ReportQuery): boolean {
  if (query.function !== undefined && row.functionName !== query.function) return false;
  return query.tag === undefined || tagOf(row, query.tag.key) === query.tag.value;
}

function tagOf(row: UsageRow, key: string): string {
  return row.tags !== undefined && Object.hasOwn(row.tags, key) ? (row.tags[key] ?? "") : "";
}

function groupOf(row: UsageRow, by: readonly Dimension[]): Record<string, string> {
  return Object.fromEntries(by.map((dimension) => [dimension, valueOf(row, dimension)]));
}

function valueOf(row: UsageRow, dimension: Dimension): string {
  switch (dimension) {
    case "account":
      return row.account;
    case "region":
      return row.region;
    case "function":
      return row.functionName;
    case "version":
      return row.version;
    case "alias":
      return row.alias ?? "";
    case "architecture":
      return row.architecture;
    case "day":
      return dayOf(row.start);
    case "month":
      return dayOf(row.start).slice(0, 7);
    default:
      return tagOf(row, dimension.slice("tag:".length));
  }
}

function byGroup(a: ReportRow, b: ReportRow): number {
  for (const [name, value] of Object.entries(a.group)) {
    const other = b.group[name] ?? "";
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}

function addUp(priced: readonly PricedRow[]): Quantities {
  const total = (of: (row: UsageRow) => number): number => priced.reduce((sum, { row }) => sum + of(row), 0);
  const price = (part: keyof Cost): number => priced.reduce((sum, { cost }) => sum + cost[part], 0);
  return {
    requests: total((row) => row.requests),
    furtherRequests: total((row) => row.furtherRequests),
    errors: total((row) => row.errors),
    billedMs: total((row) => row.billedMs),
    gbSeconds: total((row) => gbSeconds(row.memoryMiB, row.billedMs)),
    ephemeralStorageGbSeconds: total((row) => storageGbSeconds(row.ephemeralStorageMiB, row.billedMs)),
    streamedBytes: total((row) => row.streamedBytes),
    billedStreamedBytes: total((row) => row.billedStreamedBytes),
    provisionedGbSeconds: total((row) => gbSeconds(row.memoryMiB, row.provisionedMs)),
    provisionedDurationGbSeconds: total((row) =>
      row.provisioned ? gbSeconds(row.memoryMiB, row.billedMs) : 0,
    ),
    durableOperations: total((row) => row.durableOperations),
    durableWrittenBytes: total((row) => row.durableWrittenBytes),
    durableRetainedGbMonths: total((row) => gigabyteMonths(row.durableRetainedByteSeconds, row.start)),
    cost: {
      requests: price("requests"),
      duration: price("duration"),
      ephemeralStorage: price("ephemeralStorage"),
      streaming: price("streaming"),
      provisioned: price("provisioned"),
      provisionedDuration: price("provisionedDuration"),
      durableOperations: price("durableOperations"),
      durableWritten: price("durableWritten"),
      durableRetained: price("durableRetained"),
      total: price("total"),
    },
  };
}
