import assert from "node:assert/strict";
import { test } from "node:test";
import {
  evaluatePolicies,
  type PolicyKind,
  type PolicyRequest,
  PolicySyntaxError,
  parsePolicy,
  policyLimits,
} from "../../src/base/index.ts";
import { matchesArn } from "../../src/base/policy/arn-pattern.ts";
import { matchesWildcard, type Work } from "../../src/base/policy/wildcard.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

const SEED = seedOfRun();
const MATCHES = 60_000;
const MUTATIONS = 6_000;

/** Wildcards by the book: every way to split the text, remembered. */
function naive(pattern: string, text: string): boolean {
  let reachable = new Set([0]);
  for (const character of pattern) {
    const next = new Set<number>();
    for (const position of reachable) {
      if (character === "*") {
        for (let end = position; end <= text.length; end++) next.add(end);
      } else if (position < text.length && (character === "?" || character === text[position])) {
        next.add(position + 1);
      }
    }
    reachable = next;
  }
  return reachable.has(text.length);
}

function randomText(randomness: SeededRandomness, alphabet: string, most: number): string {
  const length = randomness.below(most + 1);
  return Array.from({ length }, () => alphabet[randomness.below(alphabet.length)]).join("");
}

test(`wildcards match as a naive reference does (seed ${SEED})`, () => {
  const randomness = seededRandomness(SEED);
  let matched = 0;
  for (let round = 0; round < MATCHES; round++) {
    const alphabet = randomness.pick(["ab", "abc", "a"]);
    const pattern = randomText(randomness, `${alphabet}${alphabet}**?`, 10);
    const text = randomText(randomness, alphabet, 14);
    const expected = naive(pattern, text);
    matched += Number(expected);
    assert.equal(matchesWildcard(pattern, text), expected, `${pattern} on ${text}, seed ${SEED}`);
  }
  assert.ok(matched > MATCHES / 20, `only ${matched} of them match`);
});

test(`long pieces between stars match as short ones do (seed ${SEED})`, () => {
  const randomness = seededRandomness(SEED ^ 1);
  let matched = 0;
  for (let round = 0; round < 400; round++) {
    const text = randomText(randomness, "ab", 300);
    const from = randomness.below(text.length + 1);
    const piece = Array.from(text.slice(from, from + 20 + randomness.below(100)), (character) =>
      randomness.chance(0.1) ? "?" : randomness.chance(0.005) ? "b" : character,
    );
    const pattern = `${randomness.chance(0.5) ? "*" : text.slice(0, 3)}*${piece.join("")}*${text.slice(-randomness.below(3) || text.length)}`;
    const expected = naive(pattern, text);
    matched += Number(expected);
    assert.equal(matchesWildcard(pattern, text), expected, `${pattern} on ${text}, seed ${SEED}`);
  }
  assert.ok(matched > 40 && matched < 400, `${matched} of them match`);
});

test(`ARNs match part by part as the reference does (seed ${SEED})`, () => {
  const randomness = seededRandomness(SEED ^ 2);
  const part = (alphabet: string) => randomText(randomness, alphabet, 4);
  for (let round = 0; round < 5_000; round++) {
    const pattern = ["arn", ...Array.from({ length: 5 }, () => part("ab**?"))];
    const arn = ["arn", ...Array.from({ length: 4 }, () => part("ab")), part("ab:")];
    const expected = pattern.every((piece, index) => naive(piece, arn[index] ?? ""));
    assert.equal(
      matchesArn(pattern.join(":"), arn.join(":")),
      expected,
      `${pattern.join(":")} on ${arn.join(":")}`,
    );
  }
});

test("hostile patterns cost no more steps than text times words", () => {
  const text = "a".repeat(60_000);
  const hostile = [
    "*a*a*a*a*b",
    `${"*a".repeat(1_000)}b`,
    `${"*a".repeat(1_000)}*b`,
    `*${"a".repeat(2_000)}b*`,
    `*${"a?".repeat(1_000)}b*`,
    `${"*?".repeat(1_000)}*b*`,
    `*${"?".repeat(2_000)}b*`,
    `a*${"ab*".repeat(600)}`,
  ];
  for (const pattern of hostile) {
    assert.ok(pattern.length <= policyLimits.patternCharacters + 1);
    const work: Work = { steps: 0 };
    assert.equal(matchesWildcard(pattern, text, work), false);
    const words = Math.max(...pattern.split("*").map((piece) => Math.ceil(piece.length / 32)));
    const most = text.length * Math.max(1, words) + 2 * pattern.length;
    assert.ok(work.steps <= most, `${pattern.slice(0, 20)} took ${work.steps} steps, more than ${most}`);
  }
});

test("a whole document of hostile patterns is evaluated", () => {
  const patterns = Array.from(
    { length: 15 },
    (_, index) => `*${"a*".repeat(900)}${"ab".repeat(100)}${index}`,
  );
  const document = parsePolicy(
    {
      Statement: {
        Effect: "Allow",
        Action: "*",
        Resource: patterns.map((pattern) => `arn:aws:s3:::${pattern}`),
      },
    },
    { kind: "identity" },
  );
  const request = {
    principal: { kind: "anonymous" },
    action: "s3:GetObject",
    resource: `arn:aws:s3:::${"a".repeat(60_000)}`,
  } as const;
  assert.equal(evaluatePolicies([document], request).decision, "ImplicitDeny");
});

const SAMPLE = {
  Version: "2012-10-17",
  Id: "sample",
  Statement: [
    {
      Sid: "one",
      Effect: "Allow",
      Principal: { AWS: ["123456789012", "arn:aws:iam::123456789012:role/r"], Service: "s3.amazonaws.com" },
      Action: ["s3:Get*", "lambda:InvokeFunction"],
      Resource: "arn:aws:s3:::b/${aws:username, 'x'}/*",
      Condition: {
        "ForAnyValue:StringLikeIfExists": { "aws:TagKeys": ["a*", "${aws:PrincipalTag/team}"] },
        NumericLessThan: { "s3:max-keys": 10 },
        Bool: { "aws:SecureTransport": true },
        IpAddress: { "aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"] },
        DateGreaterThan: { "aws:CurrentTime": "2020-01-01T00:00:00Z" },
        Null: { "aws:TokenIssueTime": "true" },
      },
    },
    { Effect: "Deny", NotPrincipal: "*", NotAction: "iam:*", NotResource: ["arn:aws:s3:::*"] },
  ],
};

const NAMES = [
  ...["Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"],
  ...["Resource", "NotResource", "Condition", "AWS", "Service", "Federated", "CanonicalUser", "Null", "Bool"],
  ...["StringEquals", "ForAllValues:ArnLike", "NotIpAddressIfExists", "BinaryEquals", "DateEquals"],
  ...["__proto__", "constructor", "toString", "aws:username", ""],
];

const ODD_TEXTS = [
  ...[
    "",
    "*",
    "**",
    "?",
    "${",
    "${}",
    "${*}",
    "${aws:username}",
    "${a, 'b'}",
    "${a,'}",
    "}",
    "a:b",
    ":",
    "::::::",
  ],
  ...["arn:aws:iam::123456789012:root", "arn:::::", "123456789012", "1e999", "-0", "0x10", "NaN", "Infinity"],
  ...[
    "2020-13-01",
    "9999999999999",
    "2020-02-29T25:00Z",
    "1.2.3.4/33",
    "::/129",
    "::ffff:1.2.3.4/96",
    "/",
    "true",
  ],
  ...["\u0000", "\ud800", "\u{1f4a9}", "İ", "Allow", "Deny", "2008-10-17", "2012-10-17", "A===", "aGk="],
];

/** A value as a hostile author may write one. */
function oddValue(randomness: SeededRandomness, depth = 0): unknown {
  const kind = randomness.below(depth > 3 ? 5 : 8);
  if (kind < 2) return randomness.pick(ODD_TEXTS);
  if (kind === 2) return randomness.pick([0, -1, 1e308, 0.1, null, true, false]);
  if (kind === 3) return randomness.pick(ODD_TEXTS).repeat(1 + randomness.below(40));
  if (kind === 4) return randomText(randomness, "${}*?:,' a/.\u0000", 30);
  const length = randomness.below(4);
  if (kind === 5) return Array.from({ length }, () => oddValue(randomness, depth + 1));
  return Object.fromEntries(
    Array.from({ length }, () => [
      randomness.pick([...NAMES, ...ODD_TEXTS]),
      oddValue(randomness, depth + 1),
    ]),
  );
}

/** A copy with something changed somewhere. */
function mutate(value: unknown, randomness: SeededRandomness): unknown {
  if (randomness.chance(0.08)) return oddValue(randomness);
  if (Array.isArray(value)) {
    const list = value.map((one) => (randomness.chance(0.4) ? mutate(one, randomness) : one));
    if (randomness.chance(0.1)) list.push(oddValue(randomness));
    if (randomness.chance(0.1)) list.splice(randomness.below(list.length + 1), 1);
    return list;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value)
      .filter(() => !randomness.chance(0.03))
      .map(([name, one]) => [
        randomness.chance(0.03) ? randomness.pick(NAMES) : name,
        randomness.chance(0.4) ? mutate(one, randomness) : one,
      ]);
    if (randomness.chance(0.05)) entries.push([randomness.pick(NAMES), oddValue(randomness)]);
    return Object.fromEntries(entries);
  }
  if (typeof value === "string" && randomness.chance(0.5)) {
    const at = randomness.below(value.length + 1);
    return value.slice(0, at) + randomness.pick(ODD_TEXTS) + value.slice(at + randomness.below(3));
  }
  return value;
}

const REQUESTS: readonly PolicyRequest[] = [
  { principal: { kind: "anonymous" }, action: "", resource: "" },
  {
    principal: { kind: "service", service: "s3.amazonaws.com" },
    action: "s3:GetObject",
    resource: "arn:aws:s3:::b/x/y",
  },
  {
    principal: {
      kind: "assumed-role",
      account: "123456789012",
      arn: "arn:aws:sts::123456789012:assumed-role/r/s",
    },
    action: "lambda:InvokeFunction",
    resource: "arn:aws:s3:::b/x/y",
    nowMs: 1_700_000_000_000,
    context: {
      "aws:TagKeys": ["a", "b"],
      "s3:max-keys": "5",
      "aws:SecureTransport": "true",
      "aws:SourceIp": "::ffff:10.1.2.3",
      "a:b": "",
    },
  },
  {
    principal: { kind: "user", account: "", arn: "nonsense" },
    action: "*",
    resource: "*",
    context: { __proto__: "x" },
  },
];

test(`whatever is read either is a document or a syntax error, and can be evaluated (seed ${SEED})`, () => {
  const randomness = seededRandomness(SEED ^ 3);
  const seen = { parsed: 0, refused: 0 };
  for (let round = 0; round < MUTATIONS; round++) {
    const text = damage(JSON.stringify(mutate(SAMPLE, randomness)), randomness);
    const kind = randomness.chance(0.7) ? "resource" : randomness.pick<PolicyKind>(["identity", "trust"]);
    try {
      const document = parsePolicy(text, { kind });
      seen.parsed++;
      for (const request of REQUESTS) {
        const { decision, statement } = evaluatePolicies([document], request);
        assert.equal(statement === undefined, decision === "ImplicitDeny");
      }
    } catch (error) {
      assert.ok(error instanceof PolicySyntaxError, `seed ${SEED}: ${String(error)} for ${text}`);
      assert.ok(error.message.length > 0 && error.message.length < 500);
      seen.refused++;
    }
  }
  assert.ok(seen.parsed > MUTATIONS / 50 && seen.refused > MUTATIONS / 50, JSON.stringify(seen));
});

/** Now and then the JSON itself is broken. */
function damage(text: string | undefined, randomness: SeededRandomness): string {
  const whole = text ?? "";
  if (!randomness.chance(0.05)) return whole;
  const at = randomness.below(whole.length + 1);
  return whole.slice(0, at) + randomness.pick(["", '"', "{", "\\u", "\u0000", "]"]) + whole.slice(at + 1);
}
