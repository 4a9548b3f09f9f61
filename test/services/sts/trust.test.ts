import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssumeRoleRequest } from "@aws-sdk/client-sts";
import { type CallerIdentity, silentLog, type TemporaryCredentials } from "../../../src/base/index.ts";
import { createSts } from "../../../src/services/sts/index.ts";
import type { RequestContext } from "../../../src/wire/index.ts";
import { SimulatedClock } from "../../../testkit/simulated-clock.ts";

const ACCOUNT = "123456789012";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/path/deployer`;
const ALICE: CallerIdentity = {
  kind: "user",
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/alice`,
  userId: "AIDAEXAMPLEALICE12345",
  accessKeyId: "AKIAEXAMPLE",
};
const OPS: CallerIdentity = {
  ...ALICE,
  kind: "assumed-role",
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/ops/tuesday`,
  userId: "AROAEXAMPLEOPS1234567:tuesday",
};
const CREDENTIALS: TemporaryCredentials = {
  accessKeyId: "ASIAEXAMPLE",
  secretAccessKey: "secret",
  sessionToken: "token",
  expiration: Date.UTC(2026, 0, 15, 13),
};

interface Attempt {
  readonly trust: string | object | readonly object[] | undefined;
  readonly caller?: CallerIdentity;
  readonly input?: Partial<AssumeRoleRequest>;
  readonly requireRoles?: boolean;
}

/** `assumed`, or the action that was refused. */
async function assume({ trust, caller = ALICE, input = {}, requireRoles = true }: Attempt): Promise<string> {
  const text =
    typeof trust === "string" ? trust : JSON.stringify({ Version: "2012-10-17", Statement: trust });
  const { operations } = createSts({
    clock: new SimulatedClock(Date.UTC(2026, 0, 15, 12)),
    requireRoles,
    roles: {
      find: async () => (trust === undefined ? undefined : { roleId: "AROAEXAMPLE", trustPolicy: text }),
    },
    issuer: { assumeRole: () => CREDENTIALS, sessionOf: () => CREDENTIALS },
    accessKeys: { find: async () => undefined },
    log: silentLog,
  });
  const context = {
    identity: caller,
    region: "eu-central-1",
    sourceIp: "192.0.2.7",
    endpoint: "http://127.0.0.1:4566",
    headers: { "user-agent": "test-client/1" },
  } as unknown as RequestContext;
  try {
    const request = { RoleArn: ROLE, RoleSessionName: "release", ...input };
    const answer = await operations["AssumeRole"]?.(request, context);
    assert.equal(answer.AssumedRoleUser.Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/deployer/release`);
    return "assumed";
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const [, user, action, role] =
      /^User: (.*) is not authorized to perform: (.*) on resource: (.*)$/.exec(message) ?? [];
    assert.equal(code, "AccessDenied", message);
    assert.deepEqual([user, role], [caller.arn, ROLE]);
    return action as string;
  }
}

const statement = (changes: object = {}) => ({
  Effect: "Allow",
  Principal: { AWS: ACCOUNT },
  Action: "sts:AssumeRole",
  ...changes,
});
const when = (operator: string, key: string, value: unknown) =>
  statement({ Condition: { [operator]: { [key]: value } } });
const refused = "sts:AssumeRole";
const Tags = [{ Key: "team", Value: "blue" }];
const BOTH = ["sts:AssumeRole", "sts:TagSession"];

const cases: readonly [string, Attempt, string][] = [
  ["the account", { trust: statement() }, "assumed"],
  [
    "the account's root",
    { trust: statement({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }) },
    "assumed",
  ],
  ["everybody", { trust: statement({ Principal: "*" }) }, "assumed"],
  ["the user", { trust: statement({ Principal: { AWS: ALICE.arn } }) }, "assumed"],
  ["another user", { trust: statement({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/bob` } }) }, refused],
  [
    "a role to its session",
    { trust: statement({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/ops` } }), caller: OPS },
    "assumed",
  ],
  ["a session", { trust: statement({ Principal: { AWS: OPS.arn } }), caller: OPS }, "assumed"],
  ["another account", { trust: statement({ Principal: { AWS: "999999999999" } }) }, refused],
  ["a service only", { trust: statement({ Principal: { Service: "lambda.amazonaws.com" } }) }, refused],
  ["another action", { trust: statement({ Action: "sts:AssumeRoleWithSAML" }) }, refused],
  ["every action of STS", { trust: statement({ Action: "sts:*" }) }, "assumed"],
  ["with a denial beside", { trust: [statement(), statement({ Effect: "Deny" })] }, refused],
  [
    "with a denial for others",
    { trust: [statement(), statement({ Effect: "Deny", Principal: { AWS: "999999999999" } })] },
    "assumed",
  ],
  ["nothing readable", { trust: "{" }, refused],
  ["nothing at all", { trust: undefined }, refused],
  ["nobody, roles optional", { trust: undefined, requireRoles: false }, "assumed"],
  [
    "with the external id",
    { trust: when("StringEquals", "sts:ExternalId", "x-1"), input: { ExternalId: "x-1" } },
    "assumed",
  ],
  [
    "with another external id",
    { trust: when("StringEquals", "sts:ExternalId", "x-1"), input: { ExternalId: "x-2" } },
    refused,
  ],
  ["without the external id", { trust: when("StringEquals", "sts:ExternalId", "x-1") }, refused],
  ["the session's name", { trust: when("StringLike", "sts:RoleSessionName", "rel*") }, "assumed"],
  [
    "another session's name",
    { trust: when("StringLike", "sts:RoleSessionName", "${aws:username}") },
    refused,
  ],
  ["the user's name as the session's", { trust: when("StringEquals", "aws:username", "alice") }, "assumed"],
  [
    "the caller by condition",
    {
      trust: { ...when("ArnLike", "aws:PrincipalArn", `arn:aws:iam::${ACCOUNT}:role/o*`), Principal: "*" },
      caller: OPS,
    },
    "assumed",
  ],
  ["an address", { trust: when("IpAddress", "aws:SourceIp", "192.0.2.0/24") }, "assumed"],
  ["another address", { trust: when("NotIpAddress", "aws:SourceIp", "192.0.2.0/24") }, refused],
  ["until tomorrow", { trust: when("DateLessThan", "aws:CurrentTime", "2026-01-16") }, "assumed"],
  ["until yesterday", { trust: when("DateLessThan", "aws:CurrentTime", "2026-01-15") }, refused],
  ["with TLS only", { trust: when("Bool", "aws:SecureTransport", "true") }, refused],
  ["in a region", { trust: when("StringEquals", "aws:RequestedRegion", "eu-central-1") }, "assumed"],
  ["with MFA", { trust: when("Bool", "aws:MultiFactorAuthPresent", "true") }, refused],
  ["without tags", { trust: statement(), input: { Tags } }, "sts:TagSession"],
  ["with tags", { trust: statement({ Action: BOTH }), input: { Tags } }, "assumed"],
  [
    "with a tag's value",
    { trust: { ...when("StringEquals", "aws:RequestTag/Team", "blue"), Action: BOTH }, input: { Tags } },
    "assumed",
  ],
  [
    "with other tags",
    {
      trust: { ...when("ForAllValues:StringEquals", "aws:TagKeys", ["cost"]), Action: BOTH },
      input: { Tags },
    },
    refused,
  ],
  ["without a source", { trust: statement(), input: { SourceIdentity: "alice" } }, "sts:SetSourceIdentity"],
  [
    "with a source",
    {
      trust: { ...when("StringEquals", "sts:SourceIdentity", "alice"), Action: "sts:*" },
      input: { SourceIdentity: "alice" },
    },
    "assumed",
  ],
];

for (const [name, attempt, expected] of cases) {
  test(`a role that trusts ${name}: ${expected}`, async () => assert.equal(await assume(attempt), expected));
}
