import assert from "node:assert/strict";
import { test } from "node:test";
import { compilePattern } from "../../../src/services/logs/filter-pattern.ts";
import { seededRandomness, seedOfRun } from "../../../testkit/seeded-randomness.ts";

const EVENT = JSON.stringify({
  eventType: "UpdateTrail",
  sourceIPAddress: "111.111.111.111",
  arrayKey: ["value", "another value"],
  objectList: [
    { name: "a", id: 1 },
    { name: "b", id: 2 },
  ],
  SomeObject: null,
  cluster: { "c.h": "x y", flag: true, off: false },
  latency: 50.5,
  code: 404,
  text: "1e2",
  nothing: "",
});
const ACCESS = '127.0.0.1 Prod frank [10/Oct/2026:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';

/** [pattern, message, whether it matches] */
const cases: readonly (readonly [string, string, boolean])[] = [
  ["", "anything", true],
  ["ERROR", "[ERROR 400] BAD REQUEST", true],
  ["error", "[ERROR 400] BAD REQUEST", false],
  ["ERROR ARGUMENTS", "ERROR of ARGUMENTS", true],
  ["ERROR ARGUMENTS", "ERROR only", false],
  ['"INTERNAL SERVER ERROR"', "x INTERNAL SERVER ERROR y", true],
  ['"a \\"quoted\\" word"', 'say a "quoted" word', true],
  ["?ERROR ?WARN", "WARN", true],
  ["?ERROR ?WARN", "INFO", false],
  ["ERROR -ARGUMENTS", "ERROR of ARGUMENTS", false],
  ["ERROR -ARGUMENTS", "ERROR", true],
  ['ERROR -"of ARG"', "ERROR of ARGUMENTS", false],
  ["%AUTHORIZED%", "UNAUTHORIZED", true],
  ["%^AUTHORIZED%", "UNAUTHORIZED", false],
  ["%[4-5]0\\d%", "status 503!", true],
  ["%[4-5]0\\d%", "status 603", false],
  ["%^a+b?c{2,3}$%", "aaacc", true],
  ["%^a+b?c{2,3}$%", "aabcccc", false],
  ["%^a{2,}$%", "a", false],
  ["%^a{2,}$%", "aaaa", true],
  ["%[^a-z]%", "abc", false],
  ["%cat|^dog$%", "dogs", false],
  ["%cat|^dog$%", "concatenate", true],
  ["%\\x41\\.b%", "A.b", true],
  ["%a.c%", "aéc", true],
  ["-%a.c% b", "b", true],

  ['{ $.eventType = "UpdateTrail" }', EVENT, true],
  ["{ $.eventType = UpdateTrail }", EVENT, true],
  ['{ $.eventType != "UpdateTrail" }', EVENT, false],
  ["{ $.sourceIPAddress != 123.123.* }", EVENT, true],
  ["{ $.sourceIPAddress = 111.* }", EVENT, true],
  ['{ $.sourceIPAddress = "*.111" }', EVENT, true],
  ['{ $.eventType = "*date*l" }', EVENT, true],
  ['{ $.eventType = "UpdateTrai" }', EVENT, false],
  ["{ $.eventType = %^Upd% }", EVENT, true],
  ["{ $.eventType != %^Upd% }", EVENT, false],
  ['{ $.arrayKey[0] = "value" }', EVENT, true],
  ['{ $.arrayKey[1] = "value" }', EVENT, false],
  ['{ $.arrayKey[*] = "another*" }', EVENT, true],
  ["{ $.objectList[1].id = 2 }", EVENT, true],
  ["{ $.objectList[2].id = 2 }", EVENT, false],
  ["{ $.SomeObject IS NULL }", EVENT, true],
  ["{ $.latency IS NULL }", EVENT, false],
  ["{ $.SomeOtherObject NOT EXISTS }", EVENT, true],
  ["{ $.SomeObject NOT EXISTS }", EVENT, false],
  ["{ $.constructor NOT EXISTS }", EVENT, true],
  ["{ $.cluster.flag IS TRUE && $.cluster.off IS FALSE }", EVENT, true],
  ["{ $.cluster.flag IS FALSE }", EVENT, false],
  [`{ $.cluster['c.h'] = "x y" }`, EVENT, true],
  [`{ $.cluster.["c.h"] = "x*" }`, EVENT, true],
  ["{ $.latency > 50 && $.latency < 51 }", EVENT, true],
  ["{ $.latency >= 50.5 && $.latency <= 5.05e1 }", EVENT, true],
  ["{ $.latency > 50.5 }", EVENT, false],
  ["{ $.code = 404 }", EVENT, true],
  ["{ $.code = 4* }", EVENT, true],
  ["{ $.code != 5* }", EVENT, true],
  ["{ $.text = 100 }", EVENT, true],
  ['{ $.nothing = "" }', EVENT, true],
  ["{ $.missing != 1 }", EVENT, false],
  ['{ ($.code = 1 || $.code = 404) && $.eventType = "U*" }', EVENT, true],
  ['{ $.code = 404 || $.code = 1 && $.eventType = "no" }', EVENT, true],
  ['{ ($.code = 404 || $.code = 1) && $.eventType = "no" }', EVENT, false],
  ["{ $.code = 404 }", "404", false],
  ["{ $.code = 404 }", "{ broken", false],

  ["[ip, server, user, time, request, status, bytes]", ACCESS, true],
  ["[ip, server, user, time, request, status]", ACCESS, false],
  ["[..., status = 4*, bytes]", ACCESS, true],
  ["[..., status = 4*, bytes > 2000]", ACCESS, false],
  ["[ip = %127\\.0\\.0\\.[1-9]%, ...]", ACCESS, true],
  ["[ip, server, ..., request = *html*, status = 404 || status = 410, bytes]", ACCESS, true],
  ["[ip, ..., status != 200 && status != 404, bytes]", ACCESS, false],
  ['[..., request = "GET *", status, bytes]', ACCESS, true],
  ["[w1=ERROR, w2]", "ERROR there", true],
  ["[w1=ERROR, w2]", "there ERROR", false],
  ["[...]", "", true],
];

test("patterns match as AWS documents them", () => {
  for (const [pattern, message, matches] of cases)
    assert.equal(compilePattern(pattern)(message), matches, `${pattern} on ${message}`);
});

test("what is no pattern is refused with InvalidParameterException", () => {
  for (const pattern of [
    "a&b",
    '"open',
    '"a"b',
    "%a",
    "%(a)%",
    "%a!%",
    "%[b-a]%",
    "%a{3,2}%",
    "%a{9999}%",
    "%\\q%",
    "%[a%",
    "%%",
    "%a% %b% %c%",
    "{",
    "{}",
    "{ $ = 1 }",
    "{ $.a }",
    "{ $.a == 1 }",
    "{ $.a > x }",
    "{ $.a = 1 && }",
    "{ $.a = 1 } x",
    "{ ($.a = 1 }",
    "{ $.a IS 1 }",
    "{ $.a[x] = 1 }",
    `{ ${"(".repeat(100)}$.a = 1${")".repeat(100)} }`,
    "[a, ..., b, ...]",
    "[a = ]",
    "[a = 1 && b = 2]",
    "[a] b",
    "[a",
  ]) {
    assert.throws(
      () => compilePattern(pattern),
      (error: { code?: string }) => error.code === "InvalidParameterException",
      pattern,
    );
  }
});

test("hostile expressions take no more time than the text is long", () => {
  const text = "a".repeat(200_000);
  const before = process.cpuUsage();
  for (const pattern of [`%${"a*".repeat(200)}b%`, `%${"a?".repeat(250)}b%`, "%^a+a+a+a+a+a+$%"])
    compilePattern(pattern)(text);
  compilePattern(`{ $.x = "${"a*".repeat(400)}b" }`)(JSON.stringify({ x: text }));
  // Of the processor, which nothing else on the machine takes time from.
  const { user } = process.cpuUsage(before);
  assert.ok(user < 5_000_000, `${user} µs`);
});

test("any text is matched against, or refused as a pattern", (t) => {
  const randomness = seededRandomness(seedOfRun());
  t.diagnostic(`LAMBKIN_SEED=${randomness.seed}`);
  const pieces = [
    "$",
    ".",
    "a",
    "[",
    "]",
    "{",
    "}",
    "%",
    "=",
    "!=",
    ">",
    "1",
    "*",
    "(",
    ")",
    "&&",
    "||",
    '"',
    "\\",
    " ",
    ",",
    "...",
    "IS",
    "NULL",
    "?",
    "-",
    "^",
    "+",
    "{2}",
    "|",
  ];
  for (let round = 0; round < 20_000; round += 1) {
    const count = 1 + Math.floor(randomness.uniform() * 12);
    const pattern = Array.from({ length: count }, () => randomness.pick(pieces)).join("");
    try {
      assert.equal(typeof compilePattern(pattern)(round % 2 === 0 ? EVENT : ACCESS), "boolean");
    } catch (error) {
      assert.equal((error as { code?: string }).code, "InvalidParameterException", pattern);
    }
  }
});
