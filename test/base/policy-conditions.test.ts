import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ContextValue,
  evaluatePolicies,
  type PolicyPrincipal,
  parsePolicy,
} from "../../src/base/index.ts";

type Context = Readonly<Record<string, ContextValue>>;
/** A Condition block, what the request has, and whether the block holds. */
type Case = readonly [block: Record<string, Record<string, unknown>>, context: Context, holds: boolean];

const ALICE: PolicyPrincipal = {
  kind: "user",
  account: "123456789012",
  arn: "arn:aws:iam::123456789012:user/alice",
  userId: "AIDAEXAMPLEALICE12345",
};

function holds(
  block: unknown,
  context: Context,
  options: { version?: string; nowMs?: number } = {},
): boolean {
  const Statement = { Effect: "Allow", Action: "*", Resource: "*", Condition: block };
  const document = parsePolicy(JSON.stringify({ Version: options.version ?? "2012-10-17", Statement }), {
    kind: "identity",
  });
  const request = { principal: ALICE, action: "s3:GetObject", resource: "arn:aws:s3:::b/k", context };
  const { decision } = evaluatePolicies(
    [document],
    options.nowMs === undefined ? request : { ...request, nowMs: options.nowMs },
  );
  return decision === "Allow";
}

function table(name: string, cases: readonly Case[]): void {
  test(name, () => {
    for (const [block, context, expected] of cases) {
      const message = `${JSON.stringify(block)} with ${JSON.stringify(context)}`;
      assert.equal(holds(block, context), expected, message);
    }
  });
}

table("string operators", [
  [
    { StringEquals: { "aws:PrincipalTag/job": "iamuser-admin" } },
    { "aws:PrincipalTag/job": "iamuser-admin" },
    true,
  ],
  [
    { StringEquals: { "aws:PrincipalTag/job": "iamuser-admin" } },
    { "aws:PrincipalTag/job": "IAMUser-Admin" },
    false,
  ],
  [{ StringEquals: { "aws:PrincipalTag/job": "iamuser-admin" } }, {}, false],
  [{ StringEquals: { "s3:prefix": "a*" } }, { "s3:prefix": "abc" }, false],
  [{ StringEquals: { "s3:prefix": ["a", "b"] } }, { "s3:prefix": "b" }, true],
  [{ StringEquals: { "s3:prefix": [] } }, { "s3:prefix": "" }, false],
  [{ StringNotEquals: { "s3:prefix": "a" } }, { "s3:prefix": "b" }, true],
  [{ StringNotEquals: { "s3:prefix": "a" } }, { "s3:prefix": "a" }, false],
  [{ StringNotEquals: { "s3:prefix": ["a", "b"] } }, { "s3:prefix": "b" }, false],
  [{ StringNotEquals: { "s3:prefix": ["a", "b"] } }, { "s3:prefix": "c" }, true],
  [{ StringNotEquals: { "s3:prefix": "a" } }, {}, true],
  [{ StringEqualsIgnoreCase: { "aws:Referer": "Https://X" } }, { "aws:referer": "https://x" }, true],
  [{ StringEqualsIgnoreCase: { "aws:Referer": "https://x" } }, { "aws:referer": "https://y" }, false],
  [{ StringNotEqualsIgnoreCase: { "aws:Referer": "HTTPS://X" } }, { "aws:referer": "https://x" }, false],
  [{ StringNotEqualsIgnoreCase: { "aws:Referer": "HTTPS://X" } }, {}, true],
  [{ StringLike: { "s3:prefix": ["", "home/*"] } }, { "s3:prefix": "home/alice/x" }, true],
  [{ StringLike: { "s3:prefix": ["", "home/*"] } }, { "s3:prefix": "" }, true],
  [{ StringLike: { "s3:prefix": ["", "home/*"] } }, { "s3:prefix": "Home/x" }, false],
  [{ StringLike: { "s3:prefix": "h?me" } }, { "s3:prefix": "home" }, true],
  [{ StringNotLike: { "s3:prefix": "home/*" } }, { "s3:prefix": "home/x" }, false],
  [{ StringNotLike: { "s3:prefix": "home/*" } }, {}, true],
]);

table("numeric operators", [
  [{ NumericEquals: { "s3:max-keys": "10" } }, { "s3:max-keys": "10" }, true],
  [{ NumericEquals: { "s3:max-keys": 10 } }, { "s3:max-keys": "10.0" }, true],
  [{ NumericEquals: { "s3:max-keys": "1e1" } }, { "s3:max-keys": "10" }, true],
  [{ NumericEquals: { "s3:max-keys": "10" } }, { "s3:max-keys": "ten" }, false],
  [{ NumericEquals: { "s3:max-keys": "ten" } }, { "s3:max-keys": "ten" }, false],
  [{ NumericNotEquals: { "s3:max-keys": ["1", "2"] } }, { "s3:max-keys": "3" }, true],
  [{ NumericNotEquals: { "s3:max-keys": ["1", "2"] } }, { "s3:max-keys": "2" }, false],
  [{ NumericLessThan: { "s3:max-keys": "10" } }, { "s3:max-keys": "9.5" }, true],
  [{ NumericLessThan: { "s3:max-keys": "10" } }, { "s3:max-keys": "10" }, false],
  [{ NumericLessThanEquals: { "s3:max-keys": "10" } }, { "s3:max-keys": "10" }, true],
  [{ NumericGreaterThan: { "s3:max-keys": "10" } }, { "s3:max-keys": "10" }, false],
  [{ NumericGreaterThan: { "s3:max-keys": "-1" } }, { "s3:max-keys": "0" }, true],
  [{ NumericGreaterThanEquals: { "s3:max-keys": "10" } }, { "s3:max-keys": "10" }, true],
  [{ NumericLessThanEquals: { "aws:MultiFactorAuthAge": "300" } }, {}, false],
]);

table("date operators", [
  [
    { DateEquals: { "aws:TokenIssueTime": "2020-01-01T00:00:00Z" } },
    { "aws:TokenIssueTime": "1577836800" },
    true,
  ],
  [{ DateEquals: { "x:d": "2020-01-01" } }, { "x:d": "2020-01-01T01:00:00+01:00" }, true],
  [{ DateEquals: { "x:d": "2020" } }, { "x:d": "2020-01-01T00:00Z" }, true],
  [{ DateEquals: { "x:d": "2020-06" } }, { "x:d": "2020-06-01T00:00:00.000Z" }, true],
  [{ DateNotEquals: { "x:d": "2020-01-01" } }, { "x:d": "2020-01-02" }, true],
  [{ DateLessThan: { "x:d": "2020-02-30" } }, { "x:d": "2019-01-01" }, false],
  [{ DateLessThan: { "x:d": "yesterday" } }, { "x:d": "2019-01-01" }, false],
  [{ DateLessThan: { "x:d": "2020-07-01T12:00:00Z" } }, { "x:d": "2020-07-01T11:59:59.999Z" }, true],
  [{ DateLessThanEquals: { "x:d": "2020-07-01T12:00:00Z" } }, { "x:d": "2020-07-01T12:00:00Z" }, true],
  [{ DateGreaterThan: { "x:d": "2020-07-01T12:00:00Z" } }, { "x:d": "2020-07-01T12:00:00Z" }, false],
  [{ DateGreaterThan: { "x:d": "1577836800" } }, { "x:d": "1577836801" }, true],
  [{ DateGreaterThanEquals: { "x:d": 1577836800 } }, { "x:d": "1577836800" }, true],
]);

test("the time of the request is known under both names", () => {
  const nowMs = Date.UTC(2020, 5, 15, 12);
  const window = {
    DateGreaterThan: { "aws:CurrentTime": "2020-04-01T00:00:00Z" },
    DateLessThan: { "aws:EpochTime": "2020-06-30T23:59:59Z" },
  };
  assert.equal(holds(window, {}, { nowMs }), true);
  assert.equal(holds(window, {}, { nowMs: Date.UTC(2020, 6, 1) }), false);
  assert.equal(holds(window, {}), false);
});

table("Bool, BinaryEquals and Null", [
  [{ Bool: { "aws:SecureTransport": "true" } }, { "aws:SecureTransport": "true" }, true],
  [{ Bool: { "aws:SecureTransport": true } }, { "aws:SecureTransport": "TRUE" }, true],
  [{ Bool: { "aws:SecureTransport": "false" } }, { "aws:SecureTransport": "true" }, false],
  [{ Bool: { "aws:SecureTransport": "false" } }, {}, false],
  [{ Bool: { "aws:SecureTransport": "yes" } }, { "aws:SecureTransport": "yes" }, false],
  [
    { BinaryEquals: { "x:key": "QmluYXJ5VmFsdWVJbkJhc2U2NA==" } },
    { "x:key": "QmluYXJ5VmFsdWVJbkJhc2U2NA==" },
    true,
  ],
  [
    { BinaryEquals: { "x:key": "QmluYXJ5VmFsdWVJbkJhc2U2NA==" } },
    { "x:key": "QmluYXJ5VmFsdWVJbkJhc2U2NA" },
    true,
  ],
  [{ BinaryEquals: { "x:key": "QmluYXJ5" } }, { "x:key": "qmluYXJ5" }, false],
  [{ BinaryEquals: { "x:key": "not base64!" } }, { "x:key": "not base64!" }, false],
  [{ Null: { "aws:TokenIssueTime": "true" } }, {}, true],
  [{ Null: { "aws:TokenIssueTime": "true" } }, { "aws:TokenIssueTime": "1577836800" }, false],
  [{ Null: { "aws:TokenIssueTime": false } }, { "aws:TokenIssueTime": "1577836800" }, true],
  [{ Null: { "aws:TokenIssueTime": "false" } }, {}, false],
  [{ Null: { "aws:TagKeys": "true" } }, { "aws:TagKeys": [] }, true],
  [{ Null: { "aws:TagKeys": ["true", "false"] } }, {}, true],
]);

table("addresses of both families", [
  [{ IpAddress: { "aws:SourceIp": "203.0.113.0/24" } }, { "aws:SourceIp": "203.0.113.255" }, true],
  [{ IpAddress: { "aws:SourceIp": "203.0.113.0/24" } }, { "aws:SourceIp": "203.0.114.0" }, false],
  [{ IpAddress: { "aws:SourceIp": "203.0.113.7" } }, { "aws:SourceIp": "203.0.113.7" }, true],
  [{ IpAddress: { "aws:SourceIp": "0.0.0.0/0" } }, { "aws:SourceIp": "198.51.100.1" }, true],
  [{ IpAddress: { "aws:SourceIp": "0.0.0.0/0" } }, { "aws:SourceIp": "2001:db8::1" }, false],
  [
    { IpAddress: { "aws:SourceIp": ["203.0.113.0/24", "2001:DB8:1234:5678::/64"] } },
    { "aws:SourceIp": "2001:db8:1234:5678:9abc::1" },
    true,
  ],
  [
    { IpAddress: { "aws:SourceIp": "2001:db8:1234:5678::/64" } },
    { "aws:SourceIp": "2001:db8:1234:5679::" },
    false,
  ],
  [{ IpAddress: { "aws:SourceIp": "::/0" } }, { "aws:SourceIp": "::1" }, true],
  [{ IpAddress: { "aws:SourceIp": "203.0.113.0/24" } }, { "aws:SourceIp": "::ffff:203.0.113.9" }, true],
  [{ IpAddress: { "aws:SourceIp": "203.0.113.0/24" } }, { "aws:SourceIp": "203.0.113.0/8" }, false],
  [{ IpAddress: { "aws:SourceIp": "203.0.113.0/33" } }, { "aws:SourceIp": "203.0.113.0" }, false],
  [{ IpAddress: { "aws:SourceIp": "203.0.113.0/" } }, { "aws:SourceIp": "203.0.113.0" }, false],
  [{ IpAddress: { "aws:SourceIp": "fe80::1%eth0" } }, { "aws:SourceIp": "fe80::1%eth0" }, false],
  [{ IpAddress: { "aws:SourceIp": "203.0.113.0/24" } }, { "aws:SourceIp": "localhost" }, false],
  [
    { NotIpAddress: { "aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"] } },
    { "aws:SourceIp": "203.0.113.5" },
    false,
  ],
  [
    { NotIpAddress: { "aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"] } },
    { "aws:SourceIp": "8.8.8.8" },
    true,
  ],
  [{ NotIpAddress: { "aws:SourceIp": "192.0.2.0/24" } }, {}, true],
]);

const TOPIC = "arn:aws:sns:us-east-1:123456789012:topic-id";
table("ARN operators", [
  [{ ArnEquals: { "aws:SourceArn": TOPIC } }, { "aws:SourceArn": TOPIC }, true],
  [{ ArnLike: { "aws:SourceArn": "arn:aws:sns:*:123456789012:topic-??" } }, { "aws:SourceArn": TOPIC }, true],
  [{ ArnEquals: { "aws:SourceArn": "arn:aws:sns:*:*:topic-*" } }, { "aws:SourceArn": TOPIC }, true],
  [{ ArnLike: { "aws:SourceArn": "arn:aws:sns:*:topic-id" } }, { "aws:SourceArn": TOPIC }, false],
  [{ ArnLike: { "aws:SourceArn": "arn:*:topic-id" } }, { "aws:SourceArn": TOPIC }, false],
  [{ ArnLike: { "aws:SourceArn": "*" } }, { "aws:SourceArn": TOPIC }, true],
  [{ ArnLike: { "aws:SourceArn": "*" } }, { "aws:SourceArn": "topic" }, false],
  [{ ArnLike: { "aws:SourceArn": "*:*:*:*:*:*" } }, { "aws:SourceArn": TOPIC }, true],
  [{ ArnLike: { "aws:SourceArn": "*:*:*:*:*:*" } }, { "aws:SourceArn": "a:b:c:d:e:f" }, false],
  [{ ArnLike: { "x:a": "arn:aws:events:*:*:rule/*" } }, { "x:a": "arn:aws:events:r:1:rule/a:b" }, true],
  [{ ArnNotEquals: { "aws:SourceArn": TOPIC } }, { "aws:SourceArn": TOPIC }, false],
  [{ ArnNotLike: { "aws:SourceArn": "arn:aws:sns:*:*:other" } }, { "aws:SourceArn": TOPIC }, true],
  [{ ArnNotLike: { "aws:SourceArn": "arn:aws:sns:*:*:*" } }, {}, true],
]);

table("IfExists", [
  [{ StringEqualsIfExists: { "x:a": "1" } }, {}, true],
  [{ StringEqualsIfExists: { "x:a": "1" } }, { "x:a": "2" }, false],
  [
    { StringLikeIfExists: { "ec2:InstanceType": ["t1.*", "t2.*"] } },
    { "ec2:InstanceType": "t2.micro" },
    true,
  ],
  [{ StringNotEqualsIfExists: { "x:a": "1" } }, {}, true],
  [{ BoolIfExists: { "aws:MultiFactorAuthPresent": "false" } }, {}, true],
  [
    { BoolIfExists: { "aws:MultiFactorAuthPresent": "false" } },
    { "aws:MultiFactorAuthPresent": "true" },
    false,
  ],
  [{ IpAddressIfExists: { "aws:SourceIp": "10.0.0.0/8" } }, {}, true],
  [{ "ForAnyValue:StringEqualsIfExists": { "aws:TagKeys": "a" } }, {}, true],
]);

const ALL = (values: unknown) => ({ "ForAllValues:StringEquals": { "aws:TagKeys": values } });
const ANY = (values: unknown) => ({ "ForAnyValue:StringEquals": { "aws:TagKeys": values } });
table("several values in the request", [
  [ALL(["environment", "cost-center"]), { "aws:TagKeys": ["environment"] }, true],
  [ALL(["environment", "cost-center"]), { "aws:TagKeys": ["environment", "cost-center"] }, true],
  [ALL(["environment", "cost-center"]), { "aws:TagKeys": ["environment", "dept"] }, false],
  [ALL("environment"), {}, true],
  [ALL("environment"), { "aws:TagKeys": [] }, true],
  [ALL("environment"), { "aws:TagKeys": "" }, true],
  [ALL("environment"), { "aws:TagKeys": "environment" }, true],
  [ANY(["environment", "cost-center"]), { "aws:TagKeys": ["dept", "environment"] }, true],
  [ANY(["environment", "cost-center"]), { "aws:TagKeys": ["dept"] }, false],
  [ANY("environment"), {}, false],
  [ANY("environment"), { "aws:TagKeys": [] }, false],
  [{ "ForAllValues:StringNotEquals": { "x:k": ["a", "b"] } }, { "x:k": ["c", "d"] }, true],
  [{ "ForAllValues:StringNotEquals": { "x:k": ["a", "b"] } }, { "x:k": ["c", "a"] }, false],
  [{ "ForAnyValue:StringNotEquals": { "x:k": ["a", "b"] } }, { "x:k": ["c", "a"] }, true],
  [{ "ForAnyValue:StringNotEquals": { "x:k": ["a", "b"] } }, { "x:k": ["a", "b"] }, false],
  [{ "ForAnyValue:StringNotEquals": { "x:k": "a" } }, {}, false],
  [{ "ForAllValues:StringLike": { "aws:TagKeys": "key1*" } }, { "aws:TagKeys": ["key1:a", "key1:b"] }, true],
  [{ "ForAnyValue:ArnLike": { "x:k": "arn:aws:iam::1:*" } }, { "x:k": ["x", "arn:aws:iam::1:y"] }, true],
  // Without a quantifier a single value is compared, several never match.
  [{ StringEquals: { "x:k": "a" } }, { "x:k": ["a"] }, true],
  [{ StringEquals: { "x:k": "a" } }, { "x:k": ["a", "b"] }, false],
  [{ StringNotEquals: { "x:k": "z" } }, { "x:k": ["a", "b"] }, false],
]);

table("all operators and keys, any value", [
  [
    { StringEquals: { "x:a": ["1", "2"], "x:b": "3" }, NumericLessThan: { "x:c": "5" } },
    { "x:a": "2", "x:b": "3", "x:c": "4" },
    true,
  ],
  [
    { StringEquals: { "x:a": ["1", "2"], "x:b": "3" }, NumericLessThan: { "x:c": "5" } },
    { "x:a": "2", "x:b": "3", "x:c": "6" },
    false,
  ],
  [{ StringEquals: { "x:a": ["1", "2"], "x:b": "3" } }, { "x:a": "2" }, false],
  [{ StringEquals: {} }, {}, true],
  [{}, {}, true],
  // The case of keys does not matter, and names of JavaScript's own mean nothing.
  [{ StringEquals: { "AWS:SOURCEARN": "a" } }, { "aws:SourceArn": "a" }, true],
  [{ StringEquals: { "aws:constructor": "a" } }, {}, false],
]);

table("policy variables", [
  [{ StringLike: { "s3:prefix": "home/${aws:username}/*" } }, { "s3:prefix": "home/alice/x" }, true],
  [{ StringLike: { "s3:prefix": "home/${aws:UserName}/*" } }, { "s3:prefix": "home/bob/x" }, false],
  [{ StringEquals: { "x:a": "${aws:username}" } }, { "x:a": "alice" }, true],
  [{ StringEqualsIgnoreCase: { "x:a": "${aws:username}" } }, { "x:a": "ALICE" }, true],
  [
    { StringEquals: { "aws:ResourceTag/team": "${aws:PrincipalTag/team}" } },
    { "aws:ResourceTag/team": "blue", "aws:PrincipalTag/team": "blue" },
    true,
  ],
  [
    { StringEquals: { "aws:ResourceTag/team": "${aws:PrincipalTag/team}" } },
    { "aws:ResourceTag/team": "" },
    false,
  ],
  [
    { StringNotEquals: { "aws:ResourceTag/team": "${aws:PrincipalTag/team}" } },
    { "aws:ResourceTag/team": "blue" },
    true,
  ],
  [
    { StringEquals: { "aws:ResourceTag/team": "${aws:PrincipalTag/team, 'company-wide'}" } },
    { "aws:ResourceTag/team": "company-wide" },
    true,
  ],
  [
    { StringEquals: { "aws:ResourceTag/team": "${aws:PrincipalTag/team, 'company-wide'}" } },
    { "aws:ResourceTag/team": "company-wide", "aws:PrincipalTag/team": "blue" },
    false,
  ],
  [
    { ArnLike: { "x:a": "arn:aws:iam::${aws:PrincipalAccount}:*" } },
    { "x:a": "arn:aws:iam::123456789012:u" },
    true,
  ],
  [{ ArnEquals: { "x:a": "${aws:PrincipalArn}" } }, { "x:a": "arn:aws:iam::123456789012:user/alice" }, true],
  [
    { Bool: { "aws:SecureTransport": "${x:wanted}" } },
    { "aws:SecureTransport": "true", "x:wanted": "true" },
    true,
  ],
  // Numbers, dates and addresses take none.
  [{ NumericEquals: { "x:a": "${x:b}" } }, { "x:a": "1", "x:b": "1" }, false],
  // Characters that are none of the pattern's own.
  [{ StringLike: { "x:a": "a${*}b" } }, { "x:a": "a*b" }, true],
  [{ StringLike: { "x:a": "a${*}b" } }, { "x:a": "axb" }, false],
  [{ StringLike: { "x:a": "a${?}*" } }, { "x:a": "a?!" }, true],
  [{ StringEquals: { "x:a": "${$}{x}" } }, { "x:a": "${x}" }, true],
  // What a variable brings in is no pattern.
  [{ StringLike: { "x:a": "${x:b}" } }, { "x:a": "anything", "x:b": "*" }, false],
  [{ StringLike: { "x:a": "${x:b}" } }, { "x:a": "*", "x:b": "*" }, true],
  // Filled in, a pattern may be as long as any other.
  [{ StringLike: { "x:a": "${x:b}*" } }, { "x:a": "a".repeat(2_000), "x:b": "a".repeat(2_000) }, true],
  [{ StringLike: { "x:a": "${x:b}*" } }, { "x:a": "a".repeat(2_100), "x:b": "a".repeat(2_100) }, false],
  // A key with several values is no variable.
  [{ StringEquals: { "x:a": "${x:b}" } }, { "x:a": "1", "x:b": ["1", "2"] }, false],
]);

test("the older version of the language has no variables", () => {
  const block = { StringEquals: { "x:a": "${aws:username}" } };
  assert.equal(holds(block, { "x:a": "alice" }, { version: "2008-10-17" }), false);
  assert.equal(holds(block, { "x:a": "${aws:username}" }, { version: "2008-10-17" }), true);
});
