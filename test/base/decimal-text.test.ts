import assert from "node:assert/strict";
import { test } from "node:test";
import { EpochText, threeDecimals, twoDecimals } from "../../src/base/index.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

test("decimals are those that JavaScript gives", () => {
  const random = seededRandomness(seedOfRun());
  console.log(`seed ${random.seed}`);
  const usual = [0, 0.005, 0.015, 1.005, 2.675, 99.995, 8.345, 0.999_96, -1.5, 1e12, Number.NaN];
  const values = Array.from({ length: 20_000 }, () => {
    const value = random.uniform() * 10 ** random.below(8);
    return random.chance(0.5) ? value : Math.round(value * 1_000) / 1_000;
  });
  for (const value of [...usual, ...values]) {
    assert.equal(twoDecimals(value), value.toFixed(2));
    const exact = Number(threeDecimals(value));
    assert.ok(Number.isNaN(value) || Math.abs(exact - value) <= 0.000_501, `${value} became ${exact}`);
  }
});

test("times are their digits", () => {
  const times = new EpochText();
  const now = 1_700_000_000_000;
  for (const time of [now + 5, now + 45, now + 999, now + 1_000, now, 0, 5, 999, 1_000, -5, now + 0.5])
    assert.equal(times.of(time), String(time));
});
