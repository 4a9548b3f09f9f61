import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addNumbers,
  canonicalNumber,
  compareNumbers,
  encodeNumber,
  numberSize,
  subtractNumbers,
} from "../../../src/services/dynamodb/values/number.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../../../testkit/seeded-randomness.ts";

const OVERFLOW =
  /^Number overflow\. Attempting to store a number with magnitude larger than supported range$/;
const UNDERFLOW =
  /^Number underflow\. Attempting to store a number with magnitude smaller than supported range$/;
const NO_NUMBER = /^The parameter cannot be converted to a numeric value/;
const TOO_PRECISE = /^Attempting to store more than 38 significant digits in a Number$/;

test("numbers are stored in plain decimal notation", () => {
  for (const [text, canonical] of [
    ["0", "0"],
    ["-0", "0"],
    ["+3", "3"],
    ["0042.1200", "42.12"],
    [".5", "0.5"],
    ["5.", "5"],
    ["1e3", "1000"],
    ["1E-3", "0.001"],
    ["-17.4E2", "-1740"],
    ["0e1000", "0"],
    ["1E125", `1${"0".repeat(125)}`],
    ["9.9999999999999999999999999999999999999E+125", `${"9".repeat(38)}${"0".repeat(88)}`],
    ["1E-130", `0.${"0".repeat(129)}1`],
    ["999999999999999", "999999999999999"],
    ["1234567890123456", "1234567890123456"],
    ["31415926535897932384626433832795028841e30", `31415926535897932384626433832795028841${"0".repeat(30)}`],
  ] as const) {
    assert.equal(canonicalNumber(text), canonical, text);
  }
});

test("what is no number of DynamoDB is refused", () => {
  for (const [text, message] of [
    ["", /^The parameter cannot be converted to a numeric value$/],
    ["NaN", NO_NUMBER],
    ["Infinity", NO_NUMBER],
    ["-", NO_NUMBER],
    [".", NO_NUMBER],
    ["e5", NO_NUMBER],
    [" 1", NO_NUMBER],
    ["1 ", NO_NUMBER],
    ["0x10", NO_NUMBER],
    ["1_000", NO_NUMBER],
    ["١", NO_NUMBER],
    ["1e126", OVERFLOW],
    ["-11e125", OVERFLOW],
    [`1e${"9".repeat(400)}`, OVERFLOW],
    ["1e100000000", OVERFLOW],
    ["1e-131", UNDERFLOW],
    [`-1e-${"9".repeat(400)}`, UNDERFLOW],
    ["0.9e-130", UNDERFLOW],
    ["3.14159265358979323846264338327950288419", TOO_PRECISE],
    ["1".repeat(100_000), OVERFLOW],
  ] as const) {
    assert.throws(() => canonicalNumber(text), { code: "ValidationException", message }, text.slice(0, 40));
  }
});

test("sums that do not fit are refused, not rounded", () => {
  assert.equal(addNumbers("1", "10000000000000000000000"), "10000000000000000000001");
  assert.equal(subtractNumbers("10000000000000000000000", "1"), "9999999999999999999999");
  assert.equal(addNumbers("0.1", "0.2"), "0.3");
  assert.equal(subtractNumbers("5", "5.0000"), "0");
  assert.equal(addNumbers("999999999999999", "1"), "1000000000000000");
  const large = canonicalNumber("9e125");
  assert.throws(() => addNumbers(large, large), { message: OVERFLOW });
  assert.throws(() => subtractNumbers(large, `-${large}`), { message: OVERFLOW });
  assert.throws(() => addNumbers(canonicalNumber("1e50"), "1"), { message: OVERFLOW });
  assert.throws(() => subtractNumbers(canonicalNumber("1.1e-130"), canonicalNumber("1e-130")), {
    message: UNDERFLOW,
  });
});

test("a number counts for its digits on both sides of the point", () => {
  for (const [text, bytes] of [
    ["0", 1],
    ["1", 2],
    ["12", 2],
    ["123", 3],
    ["1234", 3],
    ["12345678901234567890123456789012345678", 20],
    ["100", 2],
    ["1010", 3],
    ["0.0000001", 2],
    ["1E125", 2],
    ["1E-100", 2],
    ["1.5", 3],
    ["1.234", 4],
    ["3.14159", 5],
    ["-1", 3],
  ] as const) {
    assert.equal(numberSize(canonicalNumber(text)), bytes, text);
  }
});

/** Digits and exponents chosen so that close and equal numbers are frequent. */
function randomNumber(random: SeededRandomness): string {
  const digits = Array.from({ length: 1 + random.below(random.chance(0.3) ? 38 : 4) }, () =>
    random.below(10),
  );
  const exponent = random.chance(0.5) ? random.below(6) - 3 : random.below(180) - 130;
  const text = `${random.chance(0.5) ? "-" : ""}${digits.join("")}e${exponent}`;
  try {
    return canonicalNumber(text);
  } catch {
    return "0";
  }
}

/** The number times 10^170: every number of DynamoDB is a whole number then. */
function scaled(canonical: string): bigint {
  const [whole = "", fraction = ""] = canonical.replace("-", "").split(".");
  const magnitude = BigInt(whole + fraction.padEnd(170, "0"));
  return canonical.startsWith("-") ? -magnitude : magnitude;
}

test("order, encoding and arithmetic agree with exact integers", () => {
  const seed = seedOfRun();
  const random = seededRandomness(seed);
  const why = `LAMBKIN_SEED=${seed}`;
  for (let round = 0; round < 4_000; round++) {
    const left = randomNumber(random);
    const right = random.chance(0.1) ? left : randomNumber(random);
    const [a, b] = [scaled(left), scaled(right)];
    const order = a < b ? -1 : a > b ? 1 : 0;
    assert.equal(Math.sign(compareNumbers(left, right)), order, `${left} <=> ${right}, ${why}`);
    const bytes = Buffer.compare(encodeNumber(left), encodeNumber(right));
    assert.equal(bytes, order, `encoded ${left} <=> ${right}, ${why}`);
    assert.equal(canonicalNumber(left), left, why);
    for (const [operation, exact] of [
      [addNumbers, a + b],
      [subtractNumbers, a - b],
    ] as const) {
      let result: string | undefined;
      try {
        result = operation(left, right);
      } catch {
        const significant = exact.toString().replace("-", "").replace(/0+$/, "").length;
        assert.ok(
          significant > 38 ||
            exact.toString().replace("-", "").length > 296 ||
            (exact !== 0n && scaledBelowLeast(exact)),
          `${left} and ${right} were refused, ${why}`,
        );
        continue;
      }
      assert.equal(scaled(result), exact, `${operation.name}(${left}, ${right}), ${why}`);
    }
  }
});

function scaledBelowLeast(exact: bigint): boolean {
  const magnitude = exact < 0n ? -exact : exact;
  return magnitude < 10n ** 40n;
}
