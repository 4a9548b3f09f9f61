import type { UsageRow } from "./interfaces.ts";
import { type PriceList, type PriceTier, pricesOf } from "./price-list.ts";
import { gbSeconds, gibibytes, gigabyteMonths, storageGbSeconds } from "./quantities.ts";
import { DAY_MS } from "./usage-totals.ts";

/** In the currency of the price list. */
export interface Cost {
  readonly requests: number;
  readonly duration: number;
  readonly ephemeralStorage: number;
  readonly streaming: number;
  /** For concurrency that was kept ready, and for what ran on it. */
  readonly provisioned: number;
  readonly provisionedDuration: number;
  /** Of durable executions: their operations, and data that they wrote and that is kept of them. */
  readonly durableOperations: number;
  readonly durableWritten: number;
  readonly durableRetained: number;
  readonly total: number;
}

export interface PricedRow {
  readonly row: UsageRow;
  readonly cost: Cost;
}

/** What a month and account have used of the free tier so far. */
interface FreeTierUse {
  requests: number;
  gbSeconds: number;
  streamedGb: number;
}

/**
 * Prices usage day by day, in order: the free tier of a month and account goes to who comes first, over all regions and
 * architectures, and a tier's price holds until the month's GB-seconds of account, region and architecture are beyond
 * it. Within a day all pay the same price, so that no order within it matters. What runs on provisioned concurrency has
 * no free tier and no tiers, nor do durable operations and their data. https://aws.amazon.com/lambda/pricing/
 */
export class Bill {
  readonly #prices: PriceList;
  readonly #freeTier: PriceList["freeTier"];
  readonly #free = new Map<string, FreeTierUse>();
  /** GB-seconds of a month, account, region and architecture. */
  readonly #duration = new Map<string, number>();

  constructor(prices: PriceList, { freeTier }: { readonly freeTier: boolean }) {
    this.#prices = prices;
    this.#freeTier = freeTier ? prices.freeTier : { requests: 0, gbSeconds: 0, streamedGb: 0 };
  }

  /** Prices rows that come after all that were priced before. */
  price(rows: readonly UsageRow[]): readonly PricedRow[] {
    const days = Map.groupBy(rows, ({ start }) => Math.floor(start / DAY_MS));
    return [...days.keys()]
      .toSorted((a, b) => a - b)
      .flatMap((day) => {
        const accounts = Map.groupBy(days.get(day) ?? [], ({ account }) => account);
        return [...accounts.values()].flatMap((ofAccount) => this.#day(ofAccount));
      });
  }

  #day(rows: readonly UsageRow[]): readonly PricedRow[] {
    const [first] = rows as readonly [UsageRow, ...UsageRow[]];
    const month = new Date(first.start).toISOString().slice(0, 7);
    const use = this.#useOf(`${month} ${first.account}`);
    const onDemand = rows.filter(({ provisioned }) => !provisioned);
    const shares = {
      requests: this.#charged(use, "requests", sum(onDemand, requestsOf)),
      gbSeconds: this.#charged(use, "gbSeconds", sum(onDemand, gbSecondsOf)),
      streamedGb: this.#charged(use, "streamedGb", sum(onDemand, streamedGbOf)),
    };
    const rates = new Map<string, number>();
    for (const [key, group] of Map.groupBy(onDemand, tierKey)) {
      const used = sum(group, gbSecondsOf);
      const position = `${month} ${first.account} ${key}`;
      const before = this.#duration.get(position) ?? 0;
      this.#duration.set(position, before + used);
      const free = used * (1 - shares.gbSeconds);
      const [{ region, architecture }] = group as [UsageRow, ...UsageRow[]];
      const tiers = pricesOf(this.#prices, region)[architecture].durationGbSecond;
      rates.set(key, used === 0 ? 0 : durationPrice(tiers, used - free, before + free) / used);
    }
    return rows.map((row) => ({ row, cost: this.#cost(row, shares, rates.get(tierKey(row)) ?? 0) }));
  }

  #cost(row: UsageRow, shares: FreeTierUse, durationRate: number): Cost {
    const prices = pricesOf(this.#prices, row.region);
    const ofArchitecture = prices[row.architecture];
    const durable = prices.durable ?? { operationsPerMillion: 0, writtenGb: 0, retainedGbMonth: 0 };
    const share = row.provisioned ? { requests: 1, streamedGb: 1 } : shares;
    const used = gbSecondsOf(row);
    const cost = {
      requests: (requestsOf(row) * share.requests * prices.requestsPerMillion) / 1_000_000,
      duration: row.provisioned ? 0 : used * durationRate,
      ephemeralStorage:
        storageGbSeconds(row.ephemeralStorageMiB, row.billedMs) * prices.ephemeralStorageGbSecond,
      streaming: streamedGbOf(row) * share.streamedGb * prices.streamedGb,
      provisioned: gbSeconds(row.memoryMiB, row.provisionedMs) * ofArchitecture.provisionedGbSecond,
      provisionedDuration: row.provisioned ? used * ofArchitecture.provisionedDurationGbSecond : 0,
      durableOperations: (row.durableOperations * durable.operationsPerMillion) / 1_000_000,
      durableWritten: gibibytes(row.durableWrittenBytes) * durable.writtenGb,
      durableRetained: gigabyteMonths(row.durableRetainedByteSeconds, row.start) * durable.retainedGbMonth,
    };
    return { ...cost, total: Object.values(cost).reduce((total, part) => total + part, 0) };
  }

  /** The share of today's use that the free tier does not cover. */
  #charged(use: FreeTierUse, what: keyof FreeTierUse, used: number): number {
    const free = Math.min(used, Math.max(this.#freeTier[what] - use[what], 0));
    use[what] += used;
    return used === 0 ? 1 : 1 - free / used;
  }

  #useOf(key: string): FreeTierUse {
    let use = this.#free.get(key);
    if (use === undefined) this.#free.set(key, (use = { requests: 0, gbSeconds: 0, streamedGb: 0 }));
    return use;
  }
}

/** The price of `used` GB-seconds in a month in which `before` GB-seconds were already used. */
export function durationPrice(tiers: readonly PriceTier[], used: number, before = 0): number {
  let position = before;
  let left = used;
  let price = 0;
  for (const { upToGbSeconds = Number.POSITIVE_INFINITY, price: perGbSecond } of tiers) {
    if (left <= 0) break;
    const inTier = Math.min(left, Math.max(upToGbSeconds - position, 0));
    price += inTier * perGbSecond;
    position += inTier;
    left -= inTier;
  }
  return price;
}

function requestsOf(row: UsageRow): number {
  return row.requests + row.furtherRequests;
}

function gbSecondsOf(row: UsageRow): number {
  return gbSeconds(row.memoryMiB, row.billedMs);
}

function streamedGbOf(row: UsageRow): number {
  return gibibytes(row.billedStreamedBytes);
}

function tierKey(row: UsageRow): string {
  return `${row.region} ${row.architecture}`;
}

function sum(rows: readonly UsageRow[], of: (row: UsageRow) => number): number {
  return rows.reduce((total, row) => total + of(row), 0);
}
