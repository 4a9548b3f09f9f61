import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteRoleCommand,
  GetUserCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  type Credentials,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  type STSServiceException,
} from "@aws-sdk/client-sts";
import { type AccessKey, AccountDoor, DOOR_ACCOUNT, friendlyKey } from "../../../testkit/account-door.ts";
import { SimulatedClock } from "../../../testkit/simulated-clock.ts";

const clock = new SimulatedClock(Date.now());
let secure: AccountDoor;
let friendly: AccountDoor;
before(async () => {
  secure = await AccountDoor.open({ secure: true, clock });
  friendly = await AccountDoor.open();
});
after(async () => {
  await secure[Symbol.asyncDispose]();
  await friendly[Symbol.asyncDispose]();
});

async function failure(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { $metadata, name, message } = error as STSServiceException;
    return `${$metadata.httpStatusCode} ${name} ${message}`;
  }
  return "no failure";
}

function keyOf(credentials: Credentials | undefined): AccessKey {
  assert.ok(credentials?.AccessKeyId && credentials.SecretAccessKey && credentials.SessionToken);
  return {
    accessKeyId: credentials.AccessKeyId,
    secretAccessKey: credentials.SecretAccessKey,
    sessionToken: credentials.SessionToken,
  };
}

function trust(principal: object, more: object = {}): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole", ...more }],
  });
}

async function createRole(name: string, policy: string, seconds?: number): Promise<string> {
  const { Role } = await secure.iam().send(
    new CreateRoleCommand({
      RoleName: name,
      AssumeRolePolicyDocument: policy,
      ...(seconds === undefined ? {} : { MaxSessionDuration: seconds }),
    }),
  );
  return Role?.Arn ?? "";
}

async function createUser(name: string): Promise<AccessKey> {
  await secure.iam().send(new CreateUserCommand({ UserName: name }));
  const { AccessKey: key } = await secure.iam().send(new CreateAccessKeyCommand({ UserName: name }));
  return { accessKeyId: key?.AccessKeyId ?? "", secretAccessKey: key?.SecretAccessKey ?? "" };
}

function assume(
  RoleArn: string,
  more: Partial<AssumeRoleCommandInput> = {},
  credentials: AccessKey = secure.rootKey,
) {
  return secure
    .sts(credentials)
    .send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "session", ...more }));
}

const whoIs = async (key: AccessKey, door = secure) => {
  const { Account, Arn, UserId } = await door.sts(key).send(new GetCallerIdentityCommand({}));
  return { Account, Arn, UserId };
};

test("GetCallerIdentity names root, users and the sessions of roles", async () => {
  assert.deepEqual(await whoIs(secure.rootKey), {
    Account: DOOR_ACCOUNT,
    Arn: `arn:aws:iam::${DOOR_ACCOUNT}:root`,
    UserId: DOOR_ACCOUNT,
  });
  const alice = await createUser("alice");
  const caller = await whoIs(alice);
  assert.equal(caller.Arn, `arn:aws:iam::${DOOR_ACCOUNT}:user/alice`);
  assert.match(caller.UserId ?? "", /^AIDA/);
  const role = await createRole("named", trust({ AWS: DOOR_ACCOUNT }));
  const { Credentials, AssumedRoleUser } = await assume(role, {}, alice);
  const session = await whoIs(keyOf(Credentials));
  assert.equal(session.Arn, `arn:aws:sts::${DOOR_ACCOUNT}:assumed-role/named/session`);
  assert.deepEqual([session.Arn, session.UserId], [AssumedRoleUser?.Arn, AssumedRoleUser?.AssumedRoleId]);
});

test("a friendly server takes keys at their word, and any role can be assumed", async () => {
  assert.equal((await whoIs(friendlyKey("test"), friendly)).Account, "000000000000");
  assert.equal((await whoIs(friendlyKey("123456789012"), friendly)).Account, "123456789012");
  assert.equal((await whoIs(friendlyKey("whatever"), friendly)).Account, DOOR_ACCOUNT);
  const { Credentials } = await friendly
    .sts()
    .send(new AssumeRoleCommand({ RoleArn: "arn:aws:iam::123456789012:role/x/any", RoleSessionName: "s1" }));
  const key = keyOf(Credentials);
  assert.equal((await whoIs(key, friendly)).Arn, "arn:aws:sts::123456789012:assumed-role/any/s1");
  const wrong = { ...key, secretAccessKey: "wrong" };
  assert.match(await failure(whoIs(wrong, friendly)), /^403 SignatureDoesNotMatch/);
});

test("a session's credentials work on other services until they expire", async () => {
  const role = await createRole("worker", trust({ AWS: DOOR_ACCOUNT }));
  const { Credentials } = await assume(role, { DurationSeconds: 900 });
  const key = keyOf(Credentials);
  assert.match(key.accessKeyId, /^ASIA/);
  assert.equal(Credentials?.Expiration?.getTime(), Math.floor(clock.now() / 1000 + 900) * 1000);
  assert.deepEqual((await secure.logs(key).send(new DescribeLogGroupsCommand({}))).logGroups, []);
  const { sessionToken: _, ...tokenless } = key;
  assert.match(await failure(whoIs(tokenless)), /^403 InvalidClientTokenId/);
  const forged = `${key.sessionToken?.startsWith("A") ? "B" : "A"}${key.sessionToken?.slice(1)}`;
  assert.match(await failure(whoIs({ ...key, sessionToken: forged })), /^403 InvalidClientTokenId/);
  await clock.advance(901_000);
  assert.match(await failure(whoIs(key)), /^403 ExpiredToken/);
  assert.match(
    await failure(secure.logs(key).send(new DescribeLogGroupsCommand({}))),
    /^400 ExpiredTokenException/,
  );
});

test("a role is assumed only by whom it trusts", async () => {
  const [bob, eve] = [await createUser("bob"), await createUser("eve")];
  const role = await createRole("vault", trust({ AWS: `arn:aws:iam::${DOOR_ACCOUNT}:user/bob` }));
  await assume(role, {}, bob);
  assert.equal(
    await failure(assume(role, {}, eve)),
    `403 AccessDenied User: arn:aws:iam::${DOOR_ACCOUNT}:user/eve is not authorized to perform: sts:AssumeRole on resource: ${role}`,
  );
  const setTrust = (policy: string) =>
    secure.iam().send(new UpdateAssumeRolePolicyCommand({ RoleName: "vault", PolicyDocument: policy }));
  await setTrust(trust({ Service: "lambda.amazonaws.com" }));
  assert.match(await failure(assume(role)), /^403 AccessDenied/);
  await setTrust(trust({ AWS: "*" }, { Condition: { StringEquals: { "sts:ExternalId": "word" } } }));
  assert.match(await failure(assume(role)), /^403 AccessDenied/);
  await assume(role, { ExternalId: "word" });
  assert.match(
    await failure(assume(`arn:aws:iam::${DOOR_ACCOUNT}:role/nobody`)),
    /^403 AccessDenied .*role\/nobody/,
  );
});

test("AssumeRole holds to its rules of names and durations", async () => {
  const role = await createRole("long", trust({ AWS: DOOR_ACCOUNT }), 7_200);
  await assume(role, { DurationSeconds: 7_200 });
  assert.equal(
    await failure(assume(role, { DurationSeconds: 7_201 })),
    "400 ValidationError The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
  );
  for (const DurationSeconds of [899, 43_201])
    assert.match(await failure(assume(role, { DurationSeconds })), /^400 ValidationError .*durationSeconds/);
  for (const RoleSessionName of ["x", "a b", "x".repeat(65), "a/b"])
    assert.match(await failure(assume(role, { RoleSessionName })), /^400 ValidationError .*roleSessionName/);
  for (const arn of [
    `arn:aws:iam::${DOOR_ACCOUNT}:user/x`,
    "arn:aws:s3:::bucket-of-mine",
    "neither an arn nor short",
  ])
    assert.match(await failure(assume(arn)), /^400 ValidationError .* is invalid/);
  const { Credentials } = await assume(role);
  assert.match(
    await failure(assume(role, { DurationSeconds: 3_601 }, keyOf(Credentials))),
    /^400 ValidationError .*1 hour session limit/,
  );
  await assume(role, { DurationSeconds: 3_600 }, keyOf(Credentials));
});

test("GetSessionToken gives sessions of users and of root, not of sessions", async () => {
  const carol = await createUser("carol");
  const { Credentials } = await secure.sts(carol).send(new GetSessionTokenCommand({}));
  const session = keyOf(Credentials);
  assert.equal(Credentials?.Expiration?.getTime(), Math.floor(clock.now() / 1000 + 43_200) * 1000);
  assert.deepEqual(await whoIs(session), await whoIs(carol));
  assert.equal((await secure.iam(session).send(new GetUserCommand({}))).User?.UserName, "carol");
  assert.equal(
    await failure(secure.sts(session).send(new GetSessionTokenCommand({}))),
    "403 AccessDenied Cannot call GetSessionToken with session credentials",
  );
  const root = await secure.sts().send(new GetSessionTokenCommand({ DurationSeconds: 129_600 }));
  assert.equal(root.Credentials?.Expiration?.getTime(), Math.floor(clock.now() / 1000 + 3_600) * 1000);
  assert.equal((await whoIs(keyOf(root.Credentials))).Arn, `arn:aws:iam::${DOOR_ACCOUNT}:root`);
  assert.match(
    await failure(secure.sts(carol).send(new GetSessionTokenCommand({ DurationSeconds: 899 }))),
    /^400 ValidationError/,
  );
});

test("GetAccessKeyInfo tells the account of a key", async () => {
  const dave = await createUser("dave");
  const info = (AccessKeyId: string) => secure.sts().send(new GetAccessKeyInfoCommand({ AccessKeyId }));
  assert.equal((await info(dave.accessKeyId)).Account, DOOR_ACCOUNT);
  assert.equal((await info(secure.rootKey.accessKeyId)).Account, DOOR_ACCOUNT);
  assert.match(await failure(info("AKIAABCDEFGHIJKLMNOP")), /^403 InvalidClientTokenId/);
  assert.match(await failure(info("short")), /^400 ValidationError/);
});

test("unknown keys and wrong secrets are refused where everything is verified", async () => {
  for (const id of ["test", "123456789012", "AKIAABCDEFGHIJKLMNOP"])
    assert.match(await failure(whoIs(friendlyKey(id))), /^403 InvalidClientTokenId/);
  const wrong = { ...secure.rootKey, secretAccessKey: "wrong" };
  assert.match(await failure(whoIs(wrong)), /^403 SignatureDoesNotMatch/);
});

test("a role that took another's name is another role at once", async () => {
  const assume = () =>
    friendly.sts().send(
      new AssumeRoleCommand({
        RoleArn: `arn:aws:iam::${DOOR_ACCOUNT}:role/successor`,
        RoleSessionName: "session",
      }),
    );
  const idOf = async () => (await assume()).AssumedRoleUser?.AssumedRoleId?.split(":")[0];
  const iam = friendly.iam();
  const create = () =>
    iam.send(
      new CreateRoleCommand({
        RoleName: "successor",
        AssumeRolePolicyDocument: trust({ Service: "lambda.amazonaws.com" }),
      }),
    );
  const unknown = await idOf();
  const first = (await create()).Role?.RoleId;
  assert.ok(first !== undefined && first !== unknown);
  assert.equal(await idOf(), first);
  await iam.send(new DeleteRoleCommand({ RoleName: "successor" }));
  assert.equal(await idOf(), unknown);
  const second = (await create()).Role?.RoleId;
  assert.notEqual(second, first);
  assert.equal(await idOf(), second);
});
