import assert from "node:assert/strict";
import { test } from "node:test";
import { ServiceError } from "../../src/base/index.ts";
import { describeJsonFault } from "../../src/invoke/json-fault.ts";
import { isJson } from "../../src/invoke/json-text.ts";
import { checkedPayload } from "../../src/invoke/payload.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

const event = (mostBytes: number) => ({ operation: "InvokeFunction", mostBytes });

const VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const at = (line: number, column: number): string =>
  `Source: REDACTED (\`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION\` disabled); line: ${line}, column: ${column}`;

const faults: readonly (readonly [string | Uint8Array, string, number?])[] = [
  ["   ", "No content to map due to end-of-input"],
  ["hello", `Unrecognized token 'hello': was expecting ${VALUE}`],
  ["'a'", `Unexpected character (''' (code 39)): expected a valid value ${VALUE}`],
  [Buffer.of(0x99), `Unexpected character ((CTRL-CHAR, code 153)): expected a valid value ${VALUE}`],
  [Buffer.from([0x22, 0x87, 0x22]), "Invalid UTF-8 start byte 0x87"],
  [Buffer.from([0x22, 0xc3, 0x28, 0x22]), "Invalid UTF-8 middle byte 0x28"],
  ["{a:1}", "Unexpected character ('a' (code 97)): was expecting double-quote to start field name"],
  ['{"a":1,}', "Unexpected character ('}' (code 125)): was expecting double-quote to start field name"],
  ['{"a" 1}', "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value"],
  ['{"a":1 "b":2}', `Unexpected character ('"' (code 34)): was expecting comma to separate Object entries`],
  ["[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries"],
  ["[1,]", `Unexpected character (']' (code 93)): expected a valid value ${VALUE}`],
  ["[[1]", `Unexpected end-of-input: expected close marker for Array (start marker at [${at(1, 1)}])`],
  ['\n {"a":{', `Unexpected end-of-input: expected close marker for Object (start marker at [${at(2, 7)}])`],
  ['{"a"', "Unexpected end-of-input within/between Object entries"],
  ['"abc', "Unexpected end-of-input: was expecting closing quote for a string value"],
  [
    '"a\nb"',
    "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value",
  ],
  ['"\\x"', "Unrecognized character escape 'x' (code 120)"],
  ['"\\u12g4"', "Unexpected character ('g' (code 103)): expected a hex-digit for character escape sequence"],
  ["01", "Invalid numeric value: Leading zeroes not allowed"],
  [
    "-x",
    "Unexpected character ('x' (code 120)): expected digit (0-9) to follow minus sign, for valid numeric value",
  ],
  ["1.x", "Unexpected character ('x' (code 120)): Decimal point not followed by a digit"],
  ["1e", "Unexpected end-of-input in a Number value"],
  ["1x", "Unexpected character ('x' (code 120)): Expected space separating root-level values"],
  ["{} {}", "Trailing token found after value"],
];

test("faults of JSON in the words that callers know", () => {
  for (const [input, message] of faults) {
    const text = describeJsonFault(Buffer.from(input));
    assert.equal(text.slice(0, text.lastIndexOf("\n at [")), message, String(input));
  }
});

test("an invalid payload is refused with the place of the fault", () => {
  assert.throws(
    () => checkedPayload(Buffer.from('{"a":1,\n oops}'), event(1_000)),
    (error) =>
      error instanceof ServiceError &&
      error.status === 400 &&
      error.message ===
        `Could not parse request body into json: Could not parse payload into json: Unexpected character ('o' (code 111)): was expecting double-quote to start field name\n at [${at(2, 2)}]`,
  );
});

test("what JSON.parse takes is JSON, and nothing else", () => {
  const random = seededRandomness(seedOfRun());
  console.log(`seed ${random.seed}`);
  const texts = [
    ' {"a": [1, -0.5e+10, "ä\\u00e4\\n\\"", {}, []], "b":{"c":null, "":[[true],false]}}\n',
    '[0,-1,2.25,1E3,1e-3,"\\\\",""]',
    '"\u2028 \ud83d\ude00"',
    "-12.5",
    "\t null\r\n",
  ];
  const pieces = [
    '{ } [ ] " , : \\ u e + - . 0 1 5 9 a true false null \n \t \0 \x7f \ufeff ä \\u 1e5 ":'.split(" "),
    " ",
  ].flat();
  let taken = 0;
  for (let round = 0; round < 40_000; round += 1) {
    let bytes = Buffer.from(random.pick(texts));
    for (let edits = random.below(4); edits > 0; edits -= 1) {
      const from = random.below(bytes.length + 1);
      const to = from + random.below(3);
      const put = random.chance(0.05) ? Buffer.of(random.below(256)) : Buffer.from(random.pick(pieces));
      bytes = Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(to)]);
    }
    const text = bytes.toString();
    let parses = Buffer.from(text).equals(bytes);
    try {
      JSON.parse(text);
    } catch {
      parses = false;
    }
    if (parses) taken += 1;
    assert.equal(isJson(bytes), parses, JSON.stringify(text));
  }
  assert.ok(taken > 1_000);
});

test("nesting has a limit, so that no payload takes long to check", () => {
  const nested = (depth: number): Uint8Array => Buffer.from("[".repeat(depth) + "]".repeat(depth));
  assert.equal(checkedPayload(nested(1_000), event(10_000)).length, 2_000);
  for (const deep of [nested(1_001), nested(3_000_000), Buffer.from('{"a":'.repeat(1_001))]) {
    assert.throws(
      () => checkedPayload(deep, event(deep.length)),
      /Document nesting depth \(1001\) exceeds the maximum allowed \(1000, /,
    );
  }
  const flat = Buffer.from(
    JSON.stringify({ brackets: '[\\"{'.repeat(5_000), list: Array.from({ length: 5_000 }, () => [{}]) }),
  );
  assert.equal(checkedPayload(flat, event(flat.length)), flat);
});

test("every faulty document has a description, whatever its bytes", () => {
  const random = seededRandomness(seedOfRun());
  const alphabet = Buffer.from('{}[]:,"\\u0123456789abcdefnrtsl.eE+- \n\u00e9');
  for (let round = 0; round < 20_000; round += 1) {
    const bytes = Uint8Array.from({ length: random.below(24) + 1 }, () =>
      random.chance(0.05) ? random.below(256) : random.pick([...alphabet]),
    );
    try {
      assert.equal(checkedPayload(bytes, event(100)), bytes);
      JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch (error) {
      assert.ok(error instanceof ServiceError, `seed ${random.seed}: ${String(error)}`);
      assert.ok(
        !error.message.includes("json: Unexpected character\n"),
        `seed ${random.seed}: ${error.message}`,
      );
    }
  }
});
