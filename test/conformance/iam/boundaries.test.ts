/** Permissions boundaries and what else has no effect, as the official clients of IAM and STS are shown it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { IAM } from "@aws-sdk/client-iam";
import { STS } from "@aws-sdk/client-sts";
import { AccountDoor, DOOR_ACCOUNT } from "../../../testkit/account-door.ts";
import { unheededSettings } from "../../../testkit/unheeded-settings.ts";

const { log, take } = unheededSettings();
const MANAGED = "arn:aws:iam::aws:policy/PowerUserAccess";
const ABSENT = `arn:aws:iam::${DOOR_ACCOUNT}:policy/absent`;
const DOCUMENT = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }],
});
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }],
});
const bounded = (PermissionsBoundaryArn: string) => ({
  PermissionsBoundaryType: "PermissionsBoundaryPolicy",
  PermissionsBoundaryArn,
});
let friendly: AccountDoor;
let secure: AccountDoor;
let iam: IAM;
let sts: STS;
const clients: { destroy(): void }[] = [];
const settings = (door: AccountDoor) => ({
  endpoint: door.endpoint,
  region: "us-east-1",
  credentials: door.rootKey,
  maxAttempts: 1,
});
before(async () => {
  friendly = await AccountDoor.open({ log });
  secure = await AccountDoor.open({ secure: true });
  iam = new IAM(settings(friendly));
  sts = new STS(settings(friendly));
  clients.push(iam, sts);
});
after(async () => {
  for (const client of clients) client.destroy();
  await friendly[Symbol.asyncDispose]();
  await secure[Symbol.asyncDispose]();
});

async function ownPolicy(PolicyName: string): Promise<string> {
  const { Policy } = await iam.createPolicy({ PolicyName, PolicyDocument: DOCUMENT });
  assert.ok(Policy?.Arn);
  return Policy.Arn;
}

test("a role's boundary is shown, changed and taken away, and said in the log", async () => {
  const own = await ownPolicy("bounds-role");
  const RoleName = "bounded";
  const { Role } = await iam.createRole({
    RoleName,
    AssumeRolePolicyDocument: TRUST,
    PermissionsBoundary: MANAGED,
  });
  assert.deepEqual(Role?.PermissionsBoundary, bounded(MANAGED));
  assert.deepEqual(take(), [{ role: Role?.Arn, settings: ["PermissionsBoundary"] }]);
  await iam.putRolePermissionsBoundary({ RoleName, PermissionsBoundary: own });
  assert.deepEqual((await iam.getRole({ RoleName })).Role?.PermissionsBoundary, bounded(own));
  assert.deepEqual(take()[0]?.["settings"], ["PermissionsBoundary"]);
  await iam.deleteRolePermissionsBoundary({ RoleName });
  assert.equal((await iam.getRole({ RoleName })).Role?.PermissionsBoundary, undefined);
  await assert.rejects(iam.deleteRolePermissionsBoundary({ RoleName }), { name: "NoSuchEntityException" });
});

test("a user's boundary is shown, changed and taken away, and said in the log", async () => {
  const UserName = "bounded";
  const { User } = await iam.createUser({ UserName, PermissionsBoundary: MANAGED });
  assert.deepEqual(User?.PermissionsBoundary, bounded(MANAGED));
  assert.deepEqual(take(), [{ user: User?.Arn, settings: ["PermissionsBoundary"] }]);
  const own = await ownPolicy("bounds-user");
  await iam.putUserPermissionsBoundary({ UserName, PermissionsBoundary: own });
  assert.deepEqual((await iam.getUser({ UserName })).User?.PermissionsBoundary, bounded(own));
  await iam.deleteUserPermissionsBoundary({ UserName });
  assert.equal((await iam.getUser({ UserName })).User?.PermissionsBoundary, undefined);
});

test("a policy of the account must exist to be a boundary, and is counted and kept as one", async () => {
  const absent = {
    name: "NoSuchEntityException",
    message: `Scope ARN: ${ABSENT} does not exist or is not attachable.`,
  };
  await assert.rejects(iam.createUser({ UserName: "unbounded", PermissionsBoundary: ABSENT }), absent);
  await assert.rejects(iam.getUser({ UserName: "unbounded" }), { name: "NoSuchEntityException" });
  const [attached, boundary, unused] = [
    await ownPolicy("is-attached"),
    await ownPolicy("is-boundary"),
    await ownPolicy("is-unused"),
  ];
  await iam.createUser({ UserName: "counted", PermissionsBoundary: boundary });
  await iam.attachUserPolicy({ UserName: "counted", PolicyArn: attached });
  const { Policy } = await iam.getPolicy({ PolicyArn: boundary });
  assert.deepEqual([Policy?.AttachmentCount, Policy?.PermissionsBoundaryUsageCount], [0, 1]);
  const listed = async (PolicyUsageFilter?: "PermissionsPolicy" | "PermissionsBoundary") => {
    const { Policies } = await iam.listPolicies({ Scope: "Local", PolicyUsageFilter });
    return Policies?.map(({ Arn }) => Arn).filter((arn) => arn?.includes("/is-"));
  };
  assert.deepEqual(await listed("PermissionsPolicy"), [attached]);
  assert.deepEqual(await listed("PermissionsBoundary"), [boundary]);
  assert.deepEqual(await listed(), [attached, boundary, unused]);
  await assert.rejects(iam.deletePolicy({ PolicyArn: boundary }), { name: "DeleteConflictException" });
  await iam.deleteUserPermissionsBoundary({ UserName: "counted" });
  await iam.deletePolicy({ PolicyArn: boundary });
});

test("policies of roles and users are said to have no effect", async () => {
  const { Role } = await iam.createRole({ RoleName: "given", AssumeRolePolicyDocument: TRUST });
  take();
  await iam.attachRolePolicy({ RoleName: "given", PolicyArn: MANAGED });
  await iam.putRolePolicy({ RoleName: "given", PolicyName: "inline", PolicyDocument: DOCUMENT });
  assert.deepEqual(take(), [
    { role: Role?.Arn, settings: ["PolicyArn"] },
    { role: Role?.Arn, settings: ["PolicyDocument"] },
  ]);
});

test("what a session is restricted to, and its tags, are said to have no effect", async () => {
  const RoleArn = `arn:aws:iam::${DOOR_ACCOUNT}:role/any`;
  const session = { RoleArn, RoleSessionName: "session" };
  take();
  const { SourceIdentity } = await sts.assumeRole({
    ...session,
    Policy: DOCUMENT,
    PolicyArns: [{ arn: MANAGED }],
    Tags: [{ Key: "team", Value: "blue" }],
    TransitiveTagKeys: ["team"],
    SourceIdentity: "ada",
  });
  assert.equal(SourceIdentity, "ada");
  assert.deepEqual(take(), [
    {
      session: `arn:aws:sts::${DOOR_ACCOUNT}:assumed-role/any/session`,
      settings: ["Policy", "PolicyArns", "Tags", "TransitiveTagKeys"],
    },
  ]);
  await assert.rejects(sts.assumeRole({ ...session, Policy: "{}" }), {
    name: "MalformedPolicyDocumentException",
  });
  await assert.rejects(
    sts.assumeRole({
      ...session,
      ProvidedContexts: [
        { ProviderArn: "arn:aws:iam::aws:contextProvider/IdentityCenter", ContextAssertion: "xxxx" },
      ],
    }),
    { name: "ValidationError", message: /ProvidedContexts/ },
  );
});

test("codes of devices are believed where keys are, and can't be true on a secure server", async () => {
  const device = { SerialNumber: `arn:aws:iam::${DOOR_ACCOUNT}:mfa/ada`, TokenCode: "123456" };
  take();
  await sts.getSessionToken(device);
  assert.deepEqual(take()[0]?.["settings"], ["SerialNumber"]);
  await assert.rejects(sts.getSessionToken({ SerialNumber: device.SerialNumber }), {
    name: "AccessDenied",
    message: /must provide both/,
  });
  const other = new STS(settings(secure));
  clients.push(other);
  await assert.rejects(other.getSessionToken(device), {
    name: "AccessDenied",
    message: /unable to validate MFA code/,
  });
  const RoleArn = `arn:aws:iam::${DOOR_ACCOUNT}:role/any`;
  await assert.rejects(other.assumeRole({ RoleArn, RoleSessionName: "session", ...device }), {
    name: "AccessDenied",
    message: /unable to validate MFA code/,
  });
});
