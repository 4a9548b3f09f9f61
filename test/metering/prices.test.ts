import assert from "node:assert/strict";
import { test } from "node:test";
import { durationPrice, publicPrices } from "../../src/metering/index.ts";
import { gbSeconds, storageGbSeconds } from "../../src/metering/prices.ts";

function near(actual: number, expected: number): void {
  assert.ok(
    Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    `${actual} instead of ${expected}`,
  );
}

test("a million requests of 100 ms at 128 MB", () => {
  const used = gbSeconds(128, 1_000_000 * 100);
  near(used, 12_500);
  near(durationPrice(publicPrices.duration.x86_64, used), 0.20833375);
  near(durationPrice(publicPrices.duration.arm64, used), 0.1666675);
  near(1_000_000 * publicPrices.perRequest, 0.2);
});

test("three million requests of 120 ms at 1536 MB", () => {
  const used = gbSeconds(1_536, 3_000_000 * 120);
  near(used, 540_000);
  near(durationPrice(publicPrices.duration.x86_64, used), 9.000018);
});

test("tiers of a month", () => {
  const tiers = publicPrices.duration.x86_64;
  near(durationPrice(tiers, 6e9), 100_000.2);
  near(durationPrice(tiers, 7e9), 100_000.2 + 15_000);
  near(durationPrice(tiers, 20e9), 100_000.2 + 9e9 * 0.000015 + 5e9 * 0.0000133334);
  near(durationPrice(tiers, 1e9, 6e9), 15_000);
  near(durationPrice(tiers, 2e9, 5e9), 1e9 * 0.0000166667 + 15_000);
  near(durationPrice(tiers, 1, 1e12), 0.0000133334);
  near(durationPrice(publicPrices.duration.arm64, 7.5e9) / 7.5e9, 0.0000133334);
  assert.equal(durationPrice(tiers, 0, 5e9), 0);
});

test("ephemeral storage costs beyond 512 MB only", () => {
  assert.equal(storageGbSeconds(512, 60_000), 0);
  near(storageGbSeconds(1_536, 60_000), 60);
  near(storageGbSeconds(10_240, 1_000) * publicPrices.perStorageGbSecond, 9.5 * 0.0000000309);
});
