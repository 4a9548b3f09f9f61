/** A price that falls with use: each tier holds up to `upToGbSeconds` of a month. */
export interface PriceTier {
  readonly upToGbSeconds: number;
  readonly perGbSecond: number;
}

/** What AWS charges, in US dollars. Data, so that a region's or a company's own prices can take its place. */
export interface PriceList {
  readonly perRequest: number;
  /** Ephemeral storage above 512 MB. */
  readonly perStorageGbSecond: number;
  /** Tiers of a calendar month (UTC) per account, region and architecture, cheapest last. */
  readonly duration: Readonly<Record<"x86_64" | "arm64", readonly PriceTier[]>>;
}

const BILLION = 1_000_000_000;

/** Public prices of US East (N. Virginia), https://aws.amazon.com/lambda/pricing/, without the free tier. */
export const publicPrices: PriceList = {
  perRequest: 0.2 / 1_000_000,
  perStorageGbSecond: 0.0000000309,
  duration: {
    x86_64: [
      { upToGbSeconds: 6 * BILLION, perGbSecond: 0.0000166667 },
      { upToGbSeconds: 15 * BILLION, perGbSecond: 0.000015 },
      { upToGbSeconds: Number.POSITIVE_INFINITY, perGbSecond: 0.0000133334 },
    ],
    arm64: [
      { upToGbSeconds: 7.5 * BILLION, perGbSecond: 0.0000133334 },
      { upToGbSeconds: 18.75 * BILLION, perGbSecond: 0.0000120001 },
      { upToGbSeconds: Number.POSITIVE_INFINITY, perGbSecond: 0.0000106667 },
    ],
  },
};

/** Ephemeral storage up to this size is free. */
export const freeEphemeralStorageMiB = 512;

/** GB-seconds of memory: configured memory times billed duration. */
export function gbSeconds(memoryMiB: number, billedMs: number): number {
  return (memoryMiB * billedMs) / (1_024 * 1_000);
}

/** GB-seconds of ephemeral storage beyond the free 512 MB. */
export function storageGbSeconds(ephemeralStorageMiB: number, billedMs: number): number {
  return gbSeconds(Math.max(ephemeralStorageMiB - freeEphemeralStorageMiB, 0), billedMs);
}

/** The price of `used` GB-seconds in a month in which `before` GB-seconds were already used. */
export function durationPrice(tiers: readonly PriceTier[], used: number, before = 0): number {
  let position = before;
  let left = used;
  let price = 0;
  for (const tier of tiers) {
    if (left <= 0) break;
    const inTier = Math.min(left, Math.max(tier.upToGbSeconds - position, 0));
    price += inTier * tier.perGbSecond;
    position += inTier;
    left -= inTier;
  }
  return price;
}
