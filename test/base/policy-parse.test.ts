import assert from "node:assert/strict";
import { test } from "node:test";
import { type PolicyKind, PolicySyntaxError, parsePolicy, policyLimits } from "../../src/base/index.ts";

const ALLOW = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*" };
const OPEN = { ...ALLOW, Principal: "*" };
const TRUST = { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } };

const read = (Statement: unknown, kind: PolicyKind = "identity", head: object = {}) =>
  parsePolicy(JSON.stringify({ Version: "2012-10-17", ...head, Statement }), { kind });

function without(statement: object, element: string): object {
  return Object.fromEntries(Object.entries(statement).filter(([name]) => name !== element));
}

const SYNTAX = "Syntax errors in policy.";
const refusals: readonly [string, () => unknown, string][] = [
  ["no JSON", () => parsePolicy("{", { kind: "identity" }), SYNTAX],
  ["no JSON as trust", () => parsePolicy("{", { kind: "trust" }), "This policy contains invalid Json"],
  ["null", () => parsePolicy("null", { kind: "identity" }), SYNTAX],
  ["a list", () => parsePolicy("[]", { kind: "identity" }), SYNTAX],
  ["nothing", () => parsePolicy(undefined, { kind: "identity" }), SYNTAX],
  ["no statement", () => parsePolicy("{}", { kind: "identity" }), SYNTAX],
  ["no statements", () => read([]), SYNTAX],
  ["statements in a list in a list", () => read([[ALLOW]]), SYNTAX],
  ["another version", () => read(ALLOW, "identity", { Version: "2012-10-18" }), SYNTAX],
  ["another element", () => read(ALLOW, "identity", { Statements: [] }), SYNTAX],
  ["an Id that is no text", () => read(ALLOW, "identity", { Id: 1 }), SYNTAX],
  ["an element of another case", () => read({ ...ALLOW, effect: "Allow" }), SYNTAX],
  ["no effect", () => read(without(ALLOW, "Effect")), SYNTAX],
  ["another effect", () => read({ ...ALLOW, Effect: "allow" }), SYNTAX],
  ["no action", () => read(without(ALLOW, "Action")), "Policy statement must contain actions."],
  ["no actions", () => read({ ...ALLOW, Action: [] }), "Policy statement must contain actions."],
  ["both actions", () => read({ ...ALLOW, NotAction: "*" }), SYNTAX],
  ["an action that is no text", () => read({ ...ALLOW, Action: [1] }), SYNTAX],
  [
    "an action without a vendor",
    () => read({ ...ALLOW, Action: "GetObject" }),
    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
  ],
  ["two colons", () => read({ ...ALLOW, Action: "s3:a:b" }), "Actions/Condition can contain only one colon."],
  ["a vendor with wildcards", () => read({ ...ALLOW, Action: "s*:Get" }), "Vendor s* is not valid"],
  ["no resource", () => read(without(ALLOW, "Resource")), "Policy statement must contain resources."],
  ["no resources", () => read({ ...ALLOW, Resource: [] }), "Policy statement must contain resources."],
  ["both resources", () => read({ ...ALLOW, NotResource: "*" }), SYNTAX],
  ["a resource by name", () => read({ ...ALLOW, Resource: "b" }), 'Resource b must be in ARN format or "*".'],
  ["a short ARN", () => read({ ...ALLOW, Resource: "arn:aws:s3" }), "The policy failed legacy parsing"],
  ["an open variable", () => read({ ...ALLOW, Resource: "arn:aws:s3:::${aws:username" }), SYNTAX],
  ["an empty variable", () => read({ ...ALLOW, Resource: "arn:aws:s3:::${}" }), SYNTAX],
  ["a default without quotes", () => read({ ...ALLOW, Resource: "arn:aws:s3:::${aws:x, y}" }), SYNTAX],
  ["a default with one quote", () => read({ ...ALLOW, Resource: "arn:aws:s3:::${aws:x, '}" }), SYNTAX],
  ["a principal", () => read(OPEN), "Policy document should not specify a principal."],
  [
    "a sid with signs",
    () => read({ ...ALLOW, Sid: "a-b" }),
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
  ],
  [
    "a sid twice",
    () =>
      read([
        { ...ALLOW, Sid: "a" },
        { ...ALLOW, Sid: "a" },
      ]),
    "Statement IDs (SID) in a single policy must be unique.",
  ],
  ["no principal", () => read(ALLOW, "resource"), "Missing required field Principal"],
  ["both principals", () => read({ ...OPEN, NotPrincipal: "*" }, "resource"), SYNTAX],
  ["an empty principal", () => read({ ...OPEN, Principal: {} }, "resource"), SYNTAX],
  ["another sort of principal", () => read({ ...OPEN, Principal: { Aws: "*" } }, "resource"), SYNTAX],
  [
    "a principal with wildcards",
    () => read({ ...OPEN, Principal: { AWS: "arn:aws:iam::123456789012:role/*" } }, "resource"),
    'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/*"',
  ],
  [
    "a principal of another service",
    () => read({ ...OPEN, Principal: { AWS: "arn:aws:s3:::b" } }, "resource"),
    'Invalid principal in policy: "AWS":"arn:aws:s3:::b"',
  ],
  [
    "a short account",
    () => read({ ...OPEN, Principal: { AWS: "12345" } }, "resource"),
    'Invalid principal in policy: "AWS":"12345"',
  ],
  [
    "a trust policy with a resource",
    () => read({ ...TRUST, Resource: "*" }, "trust"),
    "Has prohibited field Resource",
  ],
  [
    "a trust policy with NotPrincipal",
    () => read({ Effect: "Deny", Action: "sts:AssumeRole", NotPrincipal: "*" }, "trust"),
    "Has prohibited field NotPrincipal",
  ],
  [
    "a trust policy without principal",
    () => read(without(TRUST, "Principal"), "trust"),
    "Missing required field Principal",
  ],
  ["another operator", () => read({ ...ALLOW, Condition: { StringResembles: { "a:b": "c" } } }), SYNTAX],
  [
    "an operator of another case",
    () => read({ ...ALLOW, Condition: { stringequals: { "a:b": "c" } } }),
    SYNTAX,
  ],
  [
    "another quantifier",
    () => read({ ...ALLOW, Condition: { "ForSome:StringEquals": { "a:b": "c" } } }),
    SYNTAX,
  ],
  ["Null with IfExists", () => read({ ...ALLOW, Condition: { NullIfExists: { "a:b": "true" } } }), SYNTAX],
  ["Object's own", () => read({ ...ALLOW, Condition: { constructor: { "a:b": "c" } } }), SYNTAX],
  ["a condition that is a list", () => read({ ...ALLOW, Condition: [] }), SYNTAX],
  ["an operator with a text", () => read({ ...ALLOW, Condition: { StringEquals: "a" } }), SYNTAX],
  ["a value that is an object", () => read({ ...ALLOW, Condition: { StringEquals: { "a:b": {} } } }), SYNTAX],
  ["a value that is null", () => read({ ...ALLOW, Condition: { StringEquals: { "a:b": [null] } } }), SYNTAX],
  [
    "a key without a vendor",
    () => read({ ...ALLOW, Condition: { StringEquals: { username: "c" } } }),
    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
  ],
];

for (const [name, attempt, message] of refusals) {
  test(`refuses ${name}`, () => assert.throws(attempt, { name: "PolicySyntaxError", message }));
}

test("reads what is good", () => {
  const document = read(
    [
      { ...ALLOW, Sid: "" },
      { ...ALLOW, Sid: "" },
      { Effect: "Deny", NotAction: ["iam:*", "*"], NotResource: "*" },
    ],
    "identity",
    { Id: "x" },
  );
  assert.equal(document.id, "x");
  assert.deepEqual(
    document.statements.map(({ effect }) => effect),
    ["Allow", "Allow", "Deny"],
  );
  assert.equal(parsePolicy({ Statement: ALLOW }, { kind: "identity" }).version, "2008-10-17");
  assert.equal(read(TRUST, "trust").statements.length, 1);
  // Statement ids of resource policies may hold signs, and statements no resource.
  assert.equal(read(without({ ...OPEN, Sid: "a-b_c" }, "Resource"), "resource").statements[0]?.sid, "a-b_c");
  const principals = {
    AWS: ["*", "123456789012", "arn:aws:sts::123456789012:assumed-role/r/s", "AIDAEXAMPLE1234567890"],
    Service: "s3.amazonaws.com",
    Federated: ["accounts.google.com"],
    CanonicalUser: "79a59d",
  };
  assert.equal(
    read({ ...OPEN, Principal: principals }, "resource").statements[0]?.principals?.entries.length,
    7,
  );
});

test("size and counts are bounded, as text and as an object", () => {
  const big = { ...ALLOW, Action: Array.from({ length: policyLimits.values + 1 }, () => "*") };
  const long = { ...ALLOW, Sid: "a".repeat(policyLimits.documentCharacters + 1) };
  const pattern = { ...ALLOW, Resource: `arn:aws:s3:::${"*".repeat(policyLimits.patternCharacters)}` };
  const many = Array.from({ length: policyLimits.statements + 1 }, () => ALLOW);
  for (const Statement of [big, long, pattern, many]) {
    assert.throws(() => read(Statement), PolicySyntaxError);
    assert.throws(() => parsePolicy({ Statement }, { kind: "identity" }), PolicySyntaxError);
  }
  const deep = `{"Statement":${"[".repeat(30_000)}${"]".repeat(30_000)}}`;
  assert.throws(() => parsePolicy(deep, { kind: "identity" }), PolicySyntaxError);
  const quoted = { ...OPEN, Principal: { AWS: "x".repeat(60_000) } };
  assert.throws(
    () => read(quoted, "resource"),
    ({ message }: Error) => message.length < 400,
  );
});
