import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import {
  type CreatePolicyVersionCommandOutput,
  GetUserCommand,
  IAM,
  type IAMServiceException,
  ListAccessKeysCommand,
  type ListPoliciesCommandOutput,
  paginateListRoles,
} from "@aws-sdk/client-iam";
import { AccountDoor, friendlyKey } from "../../../testkit/account-door.ts";

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: { Effect: "Allow", Action: "s3:Get*", Resource: "*" },
});
const BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

let door: AccountDoor;
before(async () => {
  door = await AccountDoor.open();
});
after(() => door[Symbol.asyncDispose]());

function iam(accessKeyId = "test"): IAM {
  const key = friendlyKey(accessKeyId);
  return new IAM({ endpoint: door.endpoint, region: "us-east-1", credentials: key, maxAttempts: 1 });
}

/** What an operation fails with: `status code message`. */
async function failure(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { $metadata, name, message } = error as IAMServiceException;
    assert.ok($metadata.requestId, "a request id");
    return `${$metadata.httpStatusCode} ${name} ${message}`;
  }
  return "no failure";
}

describe("roles", () => {
  test("are created, read in any case, changed and deleted", async () => {
    const client = iam();
    const created = await client.createRole({
      RoleName: "Worker",
      Path: "/team/",
      AssumeRolePolicyDocument: TRUST,
      Description: "does the work",
      MaxSessionDuration: 7200,
      Tags: [{ Key: "team", Value: "blue" }],
    });
    assert.equal(created.Role?.Arn, "arn:aws:iam::000000000000:role/team/Worker");
    assert.match(created.Role?.RoleId ?? "", /^AROA[A-Z2-7]{17}$/);
    const { Role: role } = await client.getRole({ RoleName: "WORKER" });
    assert.equal(role?.RoleName, "Worker");
    assert.equal(decodeURIComponent(role?.AssumeRolePolicyDocument ?? ""), TRUST);
    assert.doesNotMatch(role?.AssumeRolePolicyDocument ?? "", /[{}":]/);
    assert.equal(role?.MaxSessionDuration, 7200);
    assert.deepEqual(role?.Tags, [{ Key: "team", Value: "blue" }]);
    assert.ok(Math.abs((role?.CreateDate?.getTime() ?? 0) - Date.now()) < 60_000);
    await client.updateRole({ RoleName: "worker", Description: "rests", MaxSessionDuration: 3600 });
    assert.equal((await client.getRole({ RoleName: "Worker" })).Role?.Description, "rests");
    assert.equal(
      await failure(client.createRole({ RoleName: "WORKER", AssumeRolePolicyDocument: TRUST })),
      "409 EntityAlreadyExistsException Role with name WORKER already exists.",
    );
    await client.deleteRole({ RoleName: "Worker" });
    assert.equal(
      await failure(client.getRole({ RoleName: "Worker" })),
      "404 NoSuchEntityException The role with name Worker cannot be found.",
    );
    assert.equal(
      await failure(client.deleteRole({ RoleName: "Worker" })),
      "404 NoSuchEntityException The role with name Worker cannot be found.",
    );
  });

  test("are listed in pages, by path, account by account", async () => {
    const client = iam("111111111111");
    for (let n = 0; n < 7; n += 1) {
      await client.createRole({
        RoleName: `r${n}`,
        Path: n < 3 ? "/low/" : "/high/",
        AssumeRolePolicyDocument: TRUST,
      });
    }
    const pages: (string | undefined)[][] = [];
    for await (const page of paginateListRoles({ client, pageSize: 3 }, {}))
      pages.push((page.Roles ?? []).map(({ RoleName }) => RoleName));
    assert.deepEqual(pages, [["r0", "r1", "r2"], ["r3", "r4", "r5"], ["r6"]]);
    const { Roles, IsTruncated } = await client.listRoles({ PathPrefix: "/low/", MaxItems: 3 });
    assert.deepEqual([Roles?.length, IsTruncated], [3, false]);
    assert.deepEqual((await iam("222222222222").listRoles({})).Roles, []);
    assert.match(await failure(client.listRoles({ Marker: "!" })), /^400 ValidationError Invalid Marker/);
    assert.match(await failure(client.listRoles({ MaxItems: 1001 })), /^400 ValidationError .*maxItems/);
  });

  test("have tags whose keys are equal in any case", async () => {
    const client = iam();
    await client.createRole({ RoleName: "tagged", AssumeRolePolicyDocument: TRUST });
    await client.tagRole({
      RoleName: "tagged",
      Tags: [
        { Key: "Stage", Value: "one" },
        { Key: "__proto__", Value: "kept" },
      ],
    });
    await client.tagRole({ RoleName: "tagged", Tags: [{ Key: "stage", Value: "two" }] });
    const { Tags, IsTruncated, Marker } = await client.listRoleTags({ RoleName: "tagged", MaxItems: 1 });
    assert.deepEqual([Tags, IsTruncated], [[{ Key: "__proto__", Value: "kept" }], true]);
    const next = await client.listRoleTags({ RoleName: "tagged", Marker });
    assert.deepEqual(next.Tags, [{ Key: "stage", Value: "two" }]);
    await client.untagRole({ RoleName: "tagged", TagKeys: ["STAGE"] });
    assert.equal((await client.listRoleTags({ RoleName: "tagged" })).Tags?.length, 1);
    const twice = [
      { Key: "a", Value: "1" },
      { Key: "A", Value: "2" },
    ];
    assert.match(
      await failure(client.tagRole({ RoleName: "tagged", Tags: twice })),
      /^400 InvalidInputException Duplicate tag keys/,
    );
    const many = (from: number) =>
      Array.from({ length: 30 }, (_, n) => ({ Key: `key${from + n}`, Value: "" }));
    await client.tagRole({ RoleName: "tagged", Tags: many(0) });
    assert.match(
      await failure(client.tagRole({ RoleName: "tagged", Tags: many(30) })),
      /^409 LimitExceededException/,
    );
  });

  test("are refused with documents that are none", async () => {
    const client = iam();
    const create = (document: string, name = "bad") =>
      failure(client.createRole({ RoleName: name, AssumeRolePolicyDocument: document }));
    const statement = (more: object) =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: "*", Action: "sts:*", ...more }],
      });
    assert.equal(await create("{"), "400 MalformedPolicyDocumentException This policy contains invalid Json");
    assert.equal(
      await create(statement({ Resource: "*" })),
      "400 MalformedPolicyDocumentException Has prohibited field Resource",
    );
    assert.equal(
      await create(statement({ Principal: undefined })),
      "400 MalformedPolicyDocumentException Missing required field Principal",
    );
    assert.equal(
      await create(statement({ Effect: "Perhaps" })),
      "400 MalformedPolicyDocumentException Syntax errors in policy.",
    );
    assert.equal(
      await create(statement({ Condition: { StringEquals: { "aws:x": "y".repeat(2_048) } } })),
      "409 LimitExceededException Cannot exceed quota for ACLSizePerRole: 2048",
    );
    assert.match(await create(TRUST, "no spaces"), /^400 ValidationError .*roleName/);
    assert.match(await create(TRUST, "x".repeat(65)), /^400 ValidationError .*roleName/);
  });
});

test("roles and users have inline and attached policies, and can't be deleted with them", async () => {
  const client = iam("333333333333");
  await client.createRole({ RoleName: "r", AssumeRolePolicyDocument: TRUST });
  await client.createUser({ UserName: "u" });
  const { Policy } = await client.createPolicy({ PolicyName: "own", PolicyDocument: POLICY });
  for (const entity of [
    {
      put: (PolicyName: string, PolicyDocument = POLICY) =>
        client.putRolePolicy({ RoleName: "r", PolicyName, PolicyDocument }),
      get: (PolicyName: string) => client.getRolePolicy({ RoleName: "r", PolicyName }),
      list: (more = {}) => client.listRolePolicies({ RoleName: "r", ...more }),
      remove: (PolicyName: string) => client.deleteRolePolicy({ RoleName: "r", PolicyName }),
      attach: (PolicyArn: string) => client.attachRolePolicy({ RoleName: "r", PolicyArn }),
      attached: (more = {}) => client.listAttachedRolePolicies({ RoleName: "r", ...more }),
      detach: (PolicyArn: string) => client.detachRolePolicy({ RoleName: "r", PolicyArn }),
      delete: () => client.deleteRole({ RoleName: "r" }),
      kind: "role",
      quota: "PoliciesPerRole",
    },
    {
      put: (PolicyName: string, PolicyDocument = POLICY) =>
        client.putUserPolicy({ UserName: "u", PolicyName, PolicyDocument }),
      get: (PolicyName: string) => client.getUserPolicy({ UserName: "u", PolicyName }),
      list: (more = {}) => client.listUserPolicies({ UserName: "u", ...more }),
      remove: (PolicyName: string) => client.deleteUserPolicy({ UserName: "u", PolicyName }),
      attach: (PolicyArn: string) => client.attachUserPolicy({ UserName: "u", PolicyArn }),
      attached: (more = {}) => client.listAttachedUserPolicies({ UserName: "u", ...more }),
      detach: (PolicyArn: string) => client.detachUserPolicy({ UserName: "u", PolicyArn }),
      delete: () => client.deleteUser({ UserName: "u" }),
      kind: "user",
      quota: "PoliciesPerUser",
    },
  ]) {
    for (const name of ["b", "a", "__proto__"]) await entity.put(name);
    const got = await entity.get("a");
    assert.equal(decodeURIComponent(got.PolicyDocument ?? ""), POLICY);
    const first = await entity.list({ MaxItems: 2 });
    assert.deepEqual([first.PolicyNames, first.IsTruncated], [["__proto__", "a"], true]);
    assert.deepEqual((await entity.list({ Marker: first.Marker })).PolicyNames, ["b"]);
    assert.equal(
      await failure(entity.get("constructor")),
      `404 NoSuchEntityException The ${entity.kind} policy with name constructor cannot be found.`,
    );
    assert.match(
      await failure(entity.put("large", POLICY.replace("s3:Get*", `s3:${"x".repeat(10_240)}`))),
      /^409 LimitExceededException Maximum policy size of \d+ bytes exceeded for|^400 MalformedPolicy/,
    );
    assert.equal(
      await failure(entity.put("c", TRUST)),
      "400 MalformedPolicyDocumentException Policy document should not specify a principal.",
    );

    await entity.attach(BASIC);
    await entity.attach(BASIC);
    await entity.attach(Policy?.Arn ?? "");
    assert.deepEqual((await entity.attached()).AttachedPolicies, [
      { PolicyName: "own", PolicyArn: "arn:aws:iam::333333333333:policy/own" },
      { PolicyName: "AWSLambdaBasicExecutionRole", PolicyArn: BASIC },
    ]);
    assert.equal((await entity.attached({ PathPrefix: "/service-role/" })).AttachedPolicies?.length, 1);
    assert.equal(
      await failure(entity.attach("arn:aws:iam::333333333333:policy/none")),
      "404 NoSuchEntityException Policy arn:aws:iam::333333333333:policy/none does not exist or is not attachable.",
    );
    for (let n = 0; n < 8; n += 1) await entity.attach(`arn:aws:iam::aws:policy/P${n}`);
    assert.equal(
      await failure(entity.attach("arn:aws:iam::aws:policy/P8")),
      `409 LimitExceededException Cannot exceed quota for ${entity.quota}: 10`,
    );
    for (let n = 0; n < 8; n += 1) await entity.detach(`arn:aws:iam::aws:policy/P${n}`);

    assert.equal(
      await failure(entity.delete()),
      "409 DeleteConflictException Cannot delete entity, must detach all policies first.",
    );
    assert.equal(
      await failure(client.deletePolicy({ PolicyArn: Policy?.Arn })),
      "409 DeleteConflictException Cannot delete a policy attached to entities.",
    );
    await entity.detach(BASIC);
    await entity.detach(Policy?.Arn ?? "");
    assert.equal(
      await failure(entity.detach(BASIC)),
      `404 NoSuchEntityException Policy ${BASIC} was not found.`,
    );
    assert.equal(
      await failure(entity.delete()),
      "409 DeleteConflictException Cannot delete entity, must delete policies first.",
    );
    for (const name of ["b", "a", "__proto__"]) await entity.remove(name);
    assert.match(await failure(entity.remove("a")), /^404 NoSuchEntityException/);
    await entity.delete();
  }
  await client.deletePolicy({ PolicyArn: Policy?.Arn });
});

describe("managed policies", () => {
  test("have up to five versions, one of them the default", async () => {
    const client = iam();
    const { Policy } = await client.createPolicy({
      PolicyName: "versions",
      PolicyDocument: POLICY,
      Path: "/p/",
    });
    const PolicyArn = Policy?.Arn ?? "";
    assert.equal(PolicyArn, "arn:aws:iam::000000000000:policy/p/versions");
    assert.equal(
      await failure(client.createPolicy({ PolicyName: "VERSIONS", PolicyDocument: POLICY })),
      "409 EntityAlreadyExistsException A policy called VERSIONS already exists. Duplicate names are not allowed.",
    );
    for (let n = 2; n <= 5; n += 1) {
      const created: CreatePolicyVersionCommandOutput = await client.createPolicyVersion({
        PolicyArn,
        PolicyDocument: POLICY,
        SetAsDefault: n === 3,
      });
      assert.equal(created.PolicyVersion?.VersionId, `v${n}`);
    }
    assert.match(
      await failure(client.createPolicyVersion({ PolicyArn, PolicyDocument: POLICY })),
      /^409 LimitExceededException A managed policy can have up to 5 versions/,
    );
    assert.equal((await client.getPolicy({ PolicyArn })).Policy?.DefaultVersionId, "v3");
    const first = await client.listPolicyVersions({ PolicyArn, MaxItems: 3 });
    assert.deepEqual(
      first.Versions?.map(({ VersionId, IsDefaultVersion }) => [VersionId, IsDefaultVersion]),
      [
        ["v5", false],
        ["v4", false],
        ["v3", true],
      ],
    );
    const rest = await client.listPolicyVersions({ PolicyArn, Marker: first.Marker });
    assert.deepEqual(
      rest.Versions?.map(({ VersionId }) => VersionId),
      ["v2", "v1"],
    );
    assert.equal(
      await failure(client.deletePolicyVersion({ PolicyArn, VersionId: "v3" })),
      "409 DeleteConflictException Cannot delete the default version of a policy.",
    );
    assert.match(
      await failure(client.deletePolicy({ PolicyArn })),
      /^409 DeleteConflictException This policy/,
    );
    assert.match(
      await failure(client.getPolicyVersion({ PolicyArn, VersionId: "v9" })),
      /^404 NoSuchEntityException/,
    );
    await client.setDefaultPolicyVersion({ PolicyArn, VersionId: "v1" });
    for (const n of [2, 3, 4, 5]) await client.deletePolicyVersion({ PolicyArn, VersionId: `v${n}` });
    const { PolicyVersion } = await client.getPolicyVersion({ PolicyArn, VersionId: "v1" });
    assert.equal(decodeURIComponent(PolicyVersion?.Document ?? ""), POLICY);
    await client.deletePolicy({ PolicyArn });
    assert.equal(
      await failure(client.getPolicy({ PolicyArn })),
      `404 NoSuchEntityException Policy ${PolicyArn} was not found.`,
    );
  });

  test("of AWS can be read, not changed, also by who has one of the same name", async () => {
    const client = iam();
    const PolicyArn = "arn:aws:iam::aws:policy/AdministratorAccess";
    await client.createPolicy({ PolicyName: "AdministratorAccess", PolicyDocument: POLICY });
    assert.equal((await client.getPolicy({ PolicyArn })).Policy?.IsAttachable, true);
    for (const call of [
      client.createPolicyVersion({ PolicyArn, PolicyDocument: POLICY, SetAsDefault: true }),
      client.setDefaultPolicyVersion({ PolicyArn, VersionId: "v1" }),
      client.deletePolicy({ PolicyArn }),
      client.getPolicy({ PolicyArn: "arn:aws:iam::999999999999:policy/AdministratorAccess" }),
    ]) {
      assert.equal(await failure(call), "403 AccessDenied Policy is outside your own account.");
    }
    assert.match(
      await failure(client.getPolicy({ PolicyArn: "not an arn, but long enough" })),
      /^400 (InvalidInputException|ValidationError)/,
    );
  });

  test("are listed in pages with AWS's own", async () => {
    const client = iam("444444444444");
    for (const PolicyName of ["one", "two", "three"])
      await client.createPolicy({ PolicyName, PolicyDocument: POLICY });
    await client.createUser({ UserName: "user" });
    await client.attachUserPolicy({ UserName: "user", PolicyArn: "arn:aws:iam::444444444444:policy/two" });
    const names: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const page: ListPoliciesCommandOutput = await client.listPolicies({ MaxItems: 2, Marker });
      assert.ok((page.Policies?.length ?? 0) <= 2);
      names.push(...(page.Policies ?? []).map(({ PolicyName }) => PolicyName));
      Marker = page.Marker;
      assert.equal(page.IsTruncated, Marker !== undefined);
    } while (Marker !== undefined);
    assert.equal(new Set(names).size, names.length);
    for (const name of ["one", "two", "three", "AdministratorAccess"]) assert.ok(names.includes(name), name);
    assert.equal((await client.listPolicies({ Scope: "Local" })).Policies?.length, 3);
    const { Policies: attached } = await client.listPolicies({ OnlyAttached: true });
    assert.deepEqual(
      attached?.map(({ PolicyName, AttachmentCount }) => [PolicyName, AttachmentCount]),
      [["two", 1]],
    );
    assert.match(
      await failure(
        client.createPolicy({
          PolicyName: "large",
          PolicyDocument: POLICY.replace("s3:Get*", `s3:${"x".repeat(1000)}`).replace(
            '"*"',
            JSON.stringify(Array.from({ length: 60 }, (_, n) => `arn:aws:s3:::${n}${"y".repeat(90)}`)),
          ),
        }),
      ),
      /^409 LimitExceededException Cannot exceed quota for PolicySize: 6144/,
    );
  });
});

describe("users and access keys", () => {
  test("a user has two keys at most, which only it can name", async () => {
    const client = iam("555555555555");
    const { User } = await client.createUser({ UserName: "alice", Tags: [{ Key: "a", Value: "b" }] });
    assert.match(User?.UserId ?? "", /^AIDA[A-Z2-7]{17}$/);
    await client.tagUser({ UserName: "alice", Tags: [{ Key: "A", Value: "c" }] });
    assert.deepEqual((await client.listUserTags({ UserName: "alice" })).Tags, [{ Key: "A", Value: "c" }]);
    await client.untagUser({ UserName: "alice", TagKeys: ["a"] });
    await client.createUser({ UserName: "bob" });
    const many = await Promise.allSettled(
      Array.from({ length: 6 }, () => client.createAccessKey({ UserName: "alice" })),
    );
    assert.equal(many.filter(({ status }) => status === "fulfilled").length, 2);
    for (const result of many) {
      if (result.status === "rejected")
        assert.equal(result.reason.message, "Cannot exceed quota for AccessKeysPerUser: 2");
    }
    const { AccessKeyMetadata: keys } = await client.listAccessKeys({ UserName: "alice" });
    assert.equal(keys?.length, 2);
    const AccessKeyId = keys?.[0]?.AccessKeyId ?? "";
    assert.equal(
      await failure(client.deleteAccessKey({ UserName: "bob", AccessKeyId })),
      `404 NoSuchEntityException The Access Key with id ${AccessKeyId} cannot be found.`,
    );
    assert.equal(
      await failure(client.deleteUser({ UserName: "alice" })),
      "409 DeleteConflictException Cannot delete entity, must delete access keys first.",
    );
    await client.updateAccessKey({ UserName: "alice", AccessKeyId, Status: "Inactive" });
    const page = await client.listAccessKeys({ UserName: "alice", MaxItems: 1 });
    assert.equal(page.IsTruncated, true);
    for (const { AccessKeyId: id } of keys ?? [])
      await client.deleteAccessKey({ UserName: "alice", AccessKeyId: id });
    await client.deleteUser({ UserName: "alice" });
    assert.equal(
      await failure(client.getUser({ UserName: "alice" })),
      "404 NoSuchEntityException The user with name alice cannot be found.",
    );
    assert.match(await failure(client.createAccessKey({})), /^400 ValidationError Must specify userName/);
  });

  test("a key works until it is deactivated or deleted, and names its user", async () => {
    const client = iam();
    await client.createUser({ UserName: "carol", Path: "/people/" });
    const { AccessKey } = await client.createAccessKey({ UserName: "carol" });
    const key = {
      accessKeyId: AccessKey?.AccessKeyId ?? "",
      secretAccessKey: AccessKey?.SecretAccessKey ?? "",
    };
    const own = door.iam(key);
    assert.equal(
      (await own.send(new GetUserCommand({}))).User?.Arn,
      "arn:aws:iam::000000000000:user/people/carol",
    );
    assert.equal((await own.send(new ListAccessKeysCommand({}))).AccessKeyMetadata?.length, 1);
    const wrong = door.iam({ ...key, secretAccessKey: "something else" });
    assert.match(await failure(wrong.send(new GetUserCommand({}))), /^403 SignatureDoesNotMatch/);
    await client.updateAccessKey({ UserName: "carol", AccessKeyId: key.accessKeyId, Status: "Inactive" });
    assert.equal(
      (await client.listAccessKeys({ UserName: "carol" })).AccessKeyMetadata?.[0]?.Status,
      "Inactive",
    );
    assert.match(await failure(own.send(new GetUserCommand({}))), /^403 InvalidClientTokenId/);
    await client.updateAccessKey({ UserName: "carol", AccessKeyId: key.accessKeyId, Status: "Active" });
    assert.equal((await own.send(new GetUserCommand({}))).User?.UserName, "carol");
  });
});

test("changes at the same time do not undo each other", async () => {
  const client = iam();
  await client.createRole({ RoleName: "busy", AssumeRolePolicyDocument: TRUST });
  await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      client.putRolePolicy({ RoleName: "busy", PolicyName: `p${n}`, PolicyDocument: POLICY }),
    ),
  );
  assert.equal((await client.listRolePolicies({ RoleName: "busy" })).PolicyNames?.length, 8);
  const created = await Promise.allSettled(
    Array.from({ length: 5 }, () => client.createUser({ UserName: "once" })),
  );
  assert.equal(created.filter(({ status }) => status === "fulfilled").length, 1);
});

test("everything is there after a restart", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "lambkin-iam-"));
  try {
    let key = { accessKeyId: "", secretAccessKey: "" };
    {
      await using first = await AccountDoor.open({ directory });
      const client = new IAM({ endpoint: first.endpoint, region: "us-east-1", credentials: first.rootKey });
      await client.createUser({ UserName: "dave" });
      const { AccessKey } = await client.createAccessKey({ UserName: "dave" });
      key = { accessKeyId: AccessKey?.AccessKeyId ?? "", secretAccessKey: AccessKey?.SecretAccessKey ?? "" };
    }
    await using second = await AccountDoor.open({ directory, secure: true });
    const client = new IAM({ endpoint: second.endpoint, region: "us-east-1", credentials: key });
    assert.equal((await client.getUser({})).User?.UserName, "dave");
    await client.updateAccessKey({ AccessKeyId: key.accessKeyId, Status: "Inactive" });
    assert.match(await failure(client.getUser({})), /^403 InvalidClientTokenId/);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
