import assert from "node:assert/strict";
import { test } from "node:test";
import {
  evaluatePolicies,
  type PolicyKind,
  type PolicyPrincipal,
  parsePolicy,
} from "../../src/base/index.ts";

const ACCOUNT = "123456789012";
const ALICE: PolicyPrincipal = {
  kind: "user",
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/div/alice`,
  userId: "AIDAEXAMPLEALICE12345",
};
const ROOT: PolicyPrincipal = {
  kind: "root",
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:root`,
  userId: ACCOUNT,
};
const SESSION: PolicyPrincipal = {
  kind: "assumed-role",
  account: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/ops/tuesday`,
  userId: "AROAEXAMPLEOPS1234567:tuesday",
};
const S3: PolicyPrincipal = { kind: "service", service: "s3.amazonaws.com" };
const ANYBODY: PolicyPrincipal = { kind: "anonymous" };
const GOOGLE: PolicyPrincipal = { kind: "federated", provider: "accounts.google.com" };

function decide(
  Statement: unknown,
  request: {
    principal?: PolicyPrincipal;
    action?: string;
    resource?: string;
    context?: Record<string, string>;
  } = {},
  kind: PolicyKind = "identity",
): string {
  const document = parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement }), { kind });
  return evaluatePolicies([document], {
    principal: ALICE,
    action: "s3:GetObject",
    resource: "arn:aws:s3:::bucket/key",
    ...request,
  }).decision;
}

const ALLOW = { Effect: "Allow", Action: "*", Resource: "*" };

test("actions", () => {
  const cases: readonly [object, string, boolean][] = [
    [{ Action: "s3:GetObject" }, "s3:GetObject", true],
    [{ Action: "S3:getobject" }, "s3:GetObject", true],
    [{ Action: "s3:*" }, "s3:GetObject", true],
    [{ Action: "iam:*AccessKey*" }, "iam:UpdateAccessKey", true],
    [{ Action: "iam:*AccessKey*" }, "iam:ListUsers", false],
    [{ Action: "s3:Get?bject" }, "s3:GetObject", true],
    [{ Action: ["sqs:*", "s3:Get*"] }, "s3:GetObject", true],
    [{ Action: "s3:Get" }, "s3:GetObject", false],
    [{ NotAction: "iam:*" }, "s3:GetObject", true],
    [{ NotAction: ["iam:*", "S3:GET*"] }, "s3:GetObject", false],
    [{ NotAction: "*" }, "s3:GetObject", false],
  ];
  for (const [element, action, expected] of cases) {
    const decision = decide({ Effect: "Allow", Resource: "*", ...element }, { action });
    assert.equal(decision === "Allow", expected, `${JSON.stringify(element)} ${action}`);
  }
});

test("resources", () => {
  const cases: readonly [object, string, boolean][] = [
    [{ Resource: "arn:aws:sqs:us-east-2:1:queue1" }, "arn:aws:sqs:us-east-2:1:queue1", true],
    [{ Resource: "arn:aws:iam::1:user/accounting/*" }, "arn:aws:iam::1:user/accounting/a/b", true],
    // A wildcard reaches over slashes and colons.
    [{ Resource: "arn:aws:s3:::b/*/test/*" }, "arn:aws:s3:::b/1/object.jpg/test/1/x", true],
    [{ Resource: "arn:aws:s3:::b/*/test/*" }, "arn:aws:s3:::b/1/test", false],
    [{ Resource: "arn:aws:lambda:*:function:f*" }, "arn:aws:lambda:us-east-1:1:function:f:1", true],
    [{ Resource: "arn:aws:s3:::b/??/x" }, "arn:aws:s3:::b/12/x", true],
    [{ Resource: "arn:aws:s3:::b/??/x" }, "arn:aws:s3:::b/123/x", false],
    [{ Resource: "arn:aws:s3:::Bucket" }, "arn:aws:s3:::bucket", false],
    [{ Resource: "arn:aws:s3:::b/${aws:username}/*" }, "arn:aws:s3:::b/alice/x", true],
    [{ Resource: "arn:aws:s3:::b/${aws:username}/*" }, "arn:aws:s3:::b/bob/x", false],
    [{ Resource: "arn:aws:s3:::b/${aws:PrincipalTag/team}/*" }, "arn:aws:s3:::b//x", false],
    [{ Resource: "arn:aws:s3:::b/${aws:PrincipalTag/team, 'none'}/*" }, "arn:aws:s3:::b/none/x", true],
    [{ Resource: "arn:aws:s3:::b/${*}" }, "arn:aws:s3:::b/*", true],
    [{ Resource: "arn:aws:s3:::b/${*}" }, "arn:aws:s3:::b/x", false],
    [{ NotResource: ["arn:aws:s3:::hr", "arn:aws:s3:::hr/*"] }, "arn:aws:s3:::b", true],
    [{ NotResource: ["arn:aws:s3:::hr", "arn:aws:s3:::hr/*"] }, "arn:aws:s3:::hr/x", false],
    [{ NotResource: "arn:aws:s3:::b/${aws:PrincipalTag/team}" }, "arn:aws:s3:::c", false],
  ];
  for (const [element, resource, expected] of cases) {
    const decision = decide({ Effect: "Allow", Action: "*", ...element }, { resource });
    assert.equal(decision === "Allow", expected, `${JSON.stringify(element)} ${resource}`);
  }
  // A Deny holds where a variable that it would spare things by is missing.
  const deny = { Effect: "Deny", Action: "*", NotResource: "arn:aws:s3:::b/${aws:PrincipalTag/team}" };
  assert.equal(decide(deny, { resource: "arn:aws:s3:::c" }), "ExplicitDeny");
});

test("principals", () => {
  const root = `arn:aws:iam::${ACCOUNT}:root`;
  const cases: readonly [unknown, PolicyPrincipal, boolean][] = [
    ["*", ALICE, true],
    ["*", ANYBODY, true],
    ["*", S3, true],
    [{ AWS: "*" }, ANYBODY, true],
    [{ AWS: ACCOUNT }, ALICE, true],
    [{ AWS: root }, ALICE, true],
    [{ AWS: root }, SESSION, true],
    [{ AWS: root }, ROOT, true],
    [{ AWS: `arn:aws-cn:iam::${ACCOUNT}:root` }, ALICE, false],
    [{ AWS: ["999999999999", ACCOUNT] }, ALICE, true],
    [{ AWS: "999999999999" }, ALICE, false],
    [{ AWS: root }, ANYBODY, false],
    [{ AWS: `arn:aws:iam::${ACCOUNT}:user/div/alice` }, ALICE, true],
    [{ AWS: `arn:aws:iam::${ACCOUNT}:user/alice` }, ALICE, false],
    [{ AWS: "AIDAEXAMPLEALICE12345" }, ALICE, true],
    [{ AWS: `arn:aws:iam::${ACCOUNT}:role/ops` }, SESSION, true],
    [{ AWS: `arn:aws:iam::${ACCOUNT}:role/some/path/ops` }, SESSION, true],
    [
      { AWS: `arn:aws:iam::${ACCOUNT}:role/path/ops` },
      { ...SESSION, roleArn: `arn:aws:iam::${ACCOUNT}:role/ops` },
      false,
    ],
    [{ AWS: `arn:aws:iam::${ACCOUNT}:role/op` }, SESSION, false],
    [{ AWS: "arn:aws:iam::999999999999:role/ops" }, SESSION, false],
    [{ AWS: "AROAEXAMPLEOPS1234567" }, SESSION, true],
    [{ AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/ops/tuesday` }, SESSION, true],
    [{ AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/ops/wednesday` }, SESSION, false],
    [{ Service: "s3.amazonaws.com" }, S3, true],
    [{ Service: ["sns.amazonaws.com", "s3.amazonaws.com"] }, S3, true],
    [{ Service: "sns.amazonaws.com" }, S3, false],
    [{ AWS: ACCOUNT }, S3, false],
    [{ Federated: "accounts.google.com" }, GOOGLE, true],
    [{ Federated: "www.amazon.com" }, GOOGLE, false],
    [{ Federated: "accounts.google.com" }, ALICE, false],
    [{ CanonicalUser: "79a59d" }, { ...ALICE, canonicalUserId: "79a59d" }, true],
    [{ CanonicalUser: "79a59d" }, ALICE, false],
    [{ Service: "s3.amazonaws.com", AWS: ACCOUNT }, ALICE, true],
    // What the door makes of callers fits.
    ["*", { kind: "anonymous", account: ACCOUNT } as PolicyPrincipal, true],
    [{ AWS: ACCOUNT }, { kind: "anonymous", account: ACCOUNT } as PolicyPrincipal, false],
  ];
  for (const [Principal, principal, expected] of cases) {
    const decision = decide({ ...ALLOW, Principal }, { principal }, "resource");
    assert.equal(decision === "Allow", expected, `${JSON.stringify(Principal)} ${JSON.stringify(principal)}`);
  }
});

test("NotPrincipal with Deny spares whom it names in full", () => {
  const root = `arn:aws:iam::${ACCOUNT}:root`;
  const user = `arn:aws:iam::${ACCOUNT}:user/div/alice`;
  const role = `arn:aws:iam::${ACCOUNT}:role/ops`;
  const session = `arn:aws:sts::${ACCOUNT}:assumed-role/ops/tuesday`;
  const cases: readonly [unknown, PolicyPrincipal, boolean][] = [
    [{ AWS: [user, root] }, ALICE, false],
    [{ AWS: user }, ALICE, true],
    [{ AWS: root }, ALICE, true],
    [{ AWS: root }, ROOT, false],
    [{ AWS: [session, role, root] }, SESSION, false],
    [{ AWS: [role, root] }, SESSION, true],
    [{ AWS: [user, root] }, SESSION, true],
    [{ Service: "s3.amazonaws.com" }, S3, false],
    [{ Service: "s3.amazonaws.com" }, ALICE, true],
    [{ AWS: [user, root] }, ANYBODY, true],
    ["*", ANYBODY, false],
  ];
  for (const [NotPrincipal, principal, denied] of cases) {
    const statements = [
      { ...ALLOW, Principal: "*" },
      { ...ALLOW, Effect: "Deny", NotPrincipal },
    ];
    const expected = denied ? "ExplicitDeny" : "Allow";
    assert.equal(decide(statements, { principal }, "resource"), expected, JSON.stringify(NotPrincipal));
  }
  // With Allow, which AWS advises against, being named at all is enough to be left out.
  assert.equal(decide({ ...ALLOW, NotPrincipal: { AWS: user } }, {}, "resource"), "ImplicitDeny");
  assert.equal(decide({ ...ALLOW, NotPrincipal: { AWS: root } }, {}, "resource"), "ImplicitDeny");
  assert.equal(decide({ ...ALLOW, NotPrincipal: { AWS: user } }, { principal: S3 }, "resource"), "Allow");
});

test("a deny outweighs allows in any order, over all documents", () => {
  const allow = parsePolicy({ Statement: { ...ALLOW, Sid: "a" } }, { kind: "identity" });
  const deny = parsePolicy(
    { Statement: { Sid: "d", Effect: "Deny", Action: "s3:*", Resource: "arn:aws:s3:::secret/*" } },
    { kind: "identity" },
  );
  const ask = (resource: string, documents = [allow, deny]) => {
    const { decision, statement } = evaluatePolicies(documents, {
      principal: ALICE,
      action: "s3:GetObject",
      resource,
    });
    return [decision, statement?.sid];
  };
  assert.deepEqual(ask("arn:aws:s3:::secret/x"), ["ExplicitDeny", "d"]);
  assert.deepEqual(ask("arn:aws:s3:::secret/x", [deny, allow]), ["ExplicitDeny", "d"]);
  assert.deepEqual(ask("arn:aws:s3:::open/x"), ["Allow", "a"]);
  assert.deepEqual(ask("arn:aws:s3:::open/x", [deny]), ["ImplicitDeny", undefined]);
  assert.deepEqual(ask("arn:aws:s3:::open/x", []), ["ImplicitDeny", undefined]);
});

test("the principal's keys are known and can't be talked over", () => {
  const when = (operator: string, key: string, value: string) => ({
    ...ALLOW,
    Principal: "*",
    Condition: { [operator]: { [key]: value } },
  });
  const cases: readonly [object, PolicyPrincipal, boolean][] = [
    [when("ArnEquals", "aws:PrincipalArn", `arn:aws:iam::${ACCOUNT}:role/ops`), SESSION, true],
    [when("StringEquals", "aws:PrincipalAccount", ACCOUNT), ALICE, true],
    [when("StringEquals", "aws:PrincipalType", "AssumedRole"), SESSION, true],
    [when("StringEquals", "aws:PrincipalType", "Account"), ROOT, true],
    [when("StringEquals", "aws:PrincipalType", "Anonymous"), ANYBODY, true],
    [when("StringLike", "aws:userid", "AROAEXAMPLEOPS1234567:*"), SESSION, true],
    [when("StringEquals", "aws:username", "alice"), ALICE, true],
    [when("Null", "aws:username", "true"), SESSION, true],
    [when("Bool", "aws:PrincipalIsAWSService", "true"), S3, true],
    [when("Bool", "aws:PrincipalIsAWSService", "true"), ALICE, false],
    [when("StringEquals", "aws:PrincipalServiceName", "s3.amazonaws.com"), S3, true],
  ];
  for (const [statement, principal, expected] of cases) {
    const context = { "AWS:PRINCIPALACCOUNT": "999999999999", "aws:PrincipalIsAWSService": "unknown" };
    assert.equal(
      decide(statement, { principal, context }, "resource") === "Allow",
      expected,
      JSON.stringify([statement, principal.kind]),
    );
  }
});
