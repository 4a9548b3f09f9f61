import { readFile } from "node:fs/promises";
import type { Architecture } from "./interfaces.ts";

/**
 * What Lambda costs, as JSON: AWS's public prices, or somebody's own. `docs/OPERATIONS.md` describes it for users.
 * Prices are in whole units of the currency; GB are 1,024 MB.
 */
export interface PriceList {
  readonly format: 1;
  /** ISO 4217. */
  readonly currency: string;
  /** When the prices were looked up, `YYYY-MM-DD`, and where. */
  readonly date: string;
  readonly source: string;
  /** Of a calendar month and account, over all regions and architectures; not for provisioned concurrency. */
  readonly freeTier: {
    readonly requests: number;
    readonly gbSeconds: number;
    readonly streamedGb: number;
  };
  /** What prices other regions have. */
  readonly defaultRegion: string;
  readonly regions: Readonly<Record<string, RegionPrices>>;
}

export interface RegionPrices extends Readonly<Record<Architecture, ArchitecturePrices>> {
  readonly requestsPerMillion: number;
  /** Above 512 MB. */
  readonly ephemeralStorageGbSecond: number;
  /** Above 6 MB of each request. */
  readonly streamedGb: number;
  /** Free unless given. */
  readonly durable?: DurablePrices;
}

/**
 * Of durable executions, beside their invocations; the same for both architectures.
 * https://aws.amazon.com/lambda/pricing/, "Durable functions"
 */
export interface DurablePrices {
  readonly operationsPerMillion: number;
  readonly writtenGb: number;
  readonly retainedGbMonth: number;
}

export interface ArchitecturePrices {
  /** Of a calendar month (UTC), account and region; the last has no end. */
  readonly durationGbSecond: readonly PriceTier[];
  /** Kept ready. */
  readonly provisionedGbSecond: number;
  /** Run on what is kept ready. */
  readonly provisionedDurationGbSecond: number;
}

/** A price that falls with use: it holds up to so many GB-seconds of a month. */
export interface PriceTier {
  readonly upToGbSeconds?: number;
  readonly price: number;
}

/** The price list is not one; the message says where. */
export class PriceListError extends Error {
  override readonly name = "PriceListError";
}

/** AWS's public prices. */
export async function publicPrices(): Promise<PriceList> {
  return parsePriceList(await readFile(new URL("public-prices.json", import.meta.url), "utf8"));
}

/** Throws a PriceListError for anything that is no price list, down to a name that nothing is known of. */
export function parsePriceList(text: string): PriceList {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new PriceListError("a price list is JSON");
  }
  const list = fields(value, "the price list", [
    "format",
    "currency",
    "date",
    "source",
    "freeTier",
    "defaultRegion",
    "regions",
  ]);
  if (list["format"] !== 1) throw new PriceListError("format: must be 1");
  const currency = pattern(list["currency"], "currency", /^[A-Z]{3}$/, "three capital letters, such as USD");
  const date = pattern(list["date"], "date", /^\d{4}-\d{2}-\d{2}$/, "a day such as 2026-01-31");
  const source = pattern(list["source"], "source", /\S/, "a text");
  const free = fields(list["freeTier"], "freeTier", ["requests", "gbSeconds", "streamedGb"]);
  const regions = record(list["regions"], "regions");
  const named = Object.entries(regions).map(([name, prices]) => [name, regionPrices(prices, name)] as const);
  const defaultRegion = pattern(list["defaultRegion"], "defaultRegion", /\S/, "the name of a region");
  if (!Object.hasOwn(regions, defaultRegion))
    throw new PriceListError(`defaultRegion: there are no prices of ${defaultRegion}`);
  return {
    format: 1,
    currency,
    date,
    source,
    freeTier: {
      requests: amount(free["requests"], "freeTier.requests"),
      gbSeconds: amount(free["gbSeconds"], "freeTier.gbSeconds"),
      streamedGb: amount(free["streamedGb"], "freeTier.streamedGb"),
    },
    defaultRegion,
    regions: Object.fromEntries(named),
  };
}

export function pricesOf(list: PriceList, region: string): RegionPrices {
  const prices = Object.hasOwn(list.regions, region) ? list.regions[region] : undefined;
  return prices ?? (list.regions[list.defaultRegion] as RegionPrices);
}

function regionPrices(value: unknown, region: string): RegionPrices {
  const at = `regions.${region}`;
  const prices = fields(
    value,
    at,
    ["requestsPerMillion", "ephemeralStorageGbSecond", "streamedGb", "x86_64", "arm64"],
    ["durable"],
  );
  return {
    requestsPerMillion: amount(prices["requestsPerMillion"], `${at}.requestsPerMillion`),
    ephemeralStorageGbSecond: amount(prices["ephemeralStorageGbSecond"], `${at}.ephemeralStorageGbSecond`),
    streamedGb: amount(prices["streamedGb"], `${at}.streamedGb`),
    x86_64: architecturePrices(prices["x86_64"], `${at}.x86_64`),
    arm64: architecturePrices(prices["arm64"], `${at}.arm64`),
    ...(prices["durable"] === undefined
      ? {}
      : { durable: durablePrices(prices["durable"], `${at}.durable`) }),
  };
}

function durablePrices(value: unknown, at: string): DurablePrices {
  const prices = fields(value, at, ["operationsPerMillion", "writtenGb", "retainedGbMonth"]);
  return {
    operationsPerMillion: amount(prices["operationsPerMillion"], `${at}.operationsPerMillion`),
    writtenGb: amount(prices["writtenGb"], `${at}.writtenGb`),
    retainedGbMonth: amount(prices["retainedGbMonth"], `${at}.retainedGbMonth`),
  };
}

function architecturePrices(value: unknown, at: string): ArchitecturePrices {
  const prices = fields(value, at, [
    "durationGbSecond",
    "provisionedGbSecond",
    "provisionedDurationGbSecond",
  ]);
  return {
    durationGbSecond: tiers(prices["durationGbSecond"], `${at}.durationGbSecond`),
    provisionedGbSecond: amount(prices["provisionedGbSecond"], `${at}.provisionedGbSecond`),
    provisionedDurationGbSecond: amount(
      prices["provisionedDurationGbSecond"],
      `${at}.provisionedDurationGbSecond`,
    ),
  };
}

function tiers(value: unknown, at: string): readonly PriceTier[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new PriceListError(`${at}: must be a list of at least one tier`);
  let last = 0;
  return value.map((tier, index): PriceTier => {
    const where = `${at}[${index}]`;
    if (index === value.length - 1) {
      const { price } = fields(tier, where, ["price"]);
      return { price: amount(price, `${where}.price`) };
    }
    const { upToGbSeconds, price } = fields(tier, where, ["upToGbSeconds", "price"]);
    const end = amount(upToGbSeconds, `${where}.upToGbSeconds`);
    if (end <= last) throw new PriceListError(`${where}.upToGbSeconds: must be more than ${last}`);
    last = end;
    return { upToGbSeconds: end, price: amount(price, `${where}.price`) };
  });
}

function record(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new PriceListError(`${at}: must be an object`);
  return value as Record<string, unknown>;
}

/** An object of exactly these names, and perhaps the optional ones. */
function fields(
  value: unknown,
  at: string,
  names: readonly string[],
  optional: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  const object = record(value, at);
  for (const name of names) {
    if (!Object.hasOwn(object, name)) throw new PriceListError(`${at}: ${name} is missing`);
  }
  for (const name of Object.keys(object)) {
    if (!names.includes(name) && !optional.includes(name))
      throw new PriceListError(`${at}: ${name} is unknown`);
  }
  return object;
}

function amount(value: unknown, at: string): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
    throw new PriceListError(`${at}: must be a number of 0 or more`);
  return value;
}

function pattern(value: unknown, at: string, expected: RegExp, what: string): string {
  if (typeof value !== "string" || !expected.test(value)) throw new PriceListError(`${at}: must be ${what}`);
  return value;
}
