import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { isAllowed } from "../../src/functions/policy/evaluate.ts";
import { ACCOUNT, FunctionsWorld, REGION, requestContext } from "../../testkit/functions-world.ts";

const ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function`;
let world: FunctionsWorld;

beforeEach(async () => {
  world = await FunctionsWorld.open();
  await world.create("f", { Publish: true });
});
afterEach(() => world.close());

const add = (changes: Record<string, unknown> = {}) =>
  world.call("AddPermission", {
    FunctionName: "f",
    StatementId: "s1",
    Action: "lambda:InvokeFunction",
    Principal: "s3.amazonaws.com",
    ...changes,
  });

test("statements come out byte for byte as AWS writes them", async () => {
  const cases: readonly [Record<string, unknown>, string][] = [
    [{ Principal: "s3.amazonaws.com" }, '"Principal":{"Service":"s3.amazonaws.com"}'],
    [{ Principal: "999999999999" }, '"Principal":{"AWS":"arn:aws:iam::999999999999:root"}'],
    [
      { Principal: "arn:aws:iam::999999999999:role/r" },
      '"Principal":{"AWS":"arn:aws:iam::999999999999:role/r"}',
    ],
    [{ Principal: "*" }, '"Principal":"*"'],
  ];
  let sid = 0;
  for (const [changes, principal] of cases) {
    const { Statement } = await add({ ...changes, StatementId: `p${++sid}` });
    assert.equal(
      Statement,
      `{"Sid":"p${sid}","Effect":"Allow",${principal},"Action":"lambda:InvokeFunction","Resource":"${ARN}:f"}`,
    );
  }
  const conditions: readonly [Record<string, unknown>, string][] = [
    [{ SourceArn: "arn:aws:s3:::b" }, '{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"}}'],
    [{ SourceAccount: "111111111111" }, '{"StringEquals":{"AWS:SourceAccount":"111111111111"}}'],
    [{ EventSourceToken: "t" }, '{"StringEquals":{"lambda:EventSourceToken":"t"}}'],
    [{ FunctionUrlAuthType: "NONE" }, '{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}}'],
    [{ PrincipalOrgID: "o-1234567890" }, '{"StringEquals":{"aws:PrincipalOrgID":"o-1234567890"}}'],
    [{ InvokedViaFunctionUrl: true }, '{"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}'],
    [
      {
        SourceArn: "arn:aws:s3:::b",
        SourceAccount: "111111111111",
        FunctionUrlAuthType: "NONE",
        PrincipalOrgID: "o-1234567890",
      },
      '{"StringEquals":{"AWS:SourceAccount":"111111111111","lambda:FunctionUrlAuthType":"NONE","aws:PrincipalOrgID":"o-1234567890"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"}}',
    ],
  ];
  for (const [changes, condition] of conditions) {
    const { Statement } = await add({ ...changes, StatementId: `c${++sid}` });
    assert.ok(Statement.endsWith(`"Resource":"${ARN}:f","Condition":${condition}}`), Statement);
  }
  await assert.rejects(add({ StatementId: "x", Principal: "nobody" }), {
    code: "InvalidParameterValueException",
    message: "The provided principal was invalid. Please check the principal and try again.",
  });
});

test("GetPolicy shows the statements in order, with a revision of its own", async () => {
  await assert.rejects(world.call("GetPolicy", { FunctionName: "f" }), {
    code: "ResourceNotFoundException",
    message: "The resource you requested does not exist.",
  });
  await add();
  const one = await world.call("GetPolicy", { FunctionName: "f" });
  await add({ StatementId: "s2" });
  const two = await world.call("GetPolicy", { FunctionName: "f" });
  const { Statement, ...head } = JSON.parse(two.Policy);
  assert.deepEqual(head, { Version: "2012-10-17", Id: "default" });
  assert.deepEqual(
    Statement.map(({ Sid }: { Sid: string }) => Sid),
    ["s1", "s2"],
  );
  assert.match(two.Policy, /^\{"Version":"2012-10-17","Id":"default","Statement":\[/);
  assert.notEqual(one.RevisionId, two.RevisionId);
  const { Configuration } = await world.call("GetFunction", { FunctionName: "f" });
  assert.notEqual(Configuration.RevisionId, two.RevisionId);
  await assert.rejects(add(), {
    code: "ResourceConflictException",
    message:
      "The statement id (s1) provided already exists. Please provide a new statement id, or remove the existing statement.",
  });
});

test("each version has a policy of its own", async () => {
  const { Statement } = await add({ Qualifier: "1" });
  assert.match(Statement, new RegExp(`"Resource":"${ARN}:f:1"`));
  await assert.rejects(world.call("GetPolicy", { FunctionName: "f" }), { status: 404 });
  assert.ok((await world.call("GetPolicy", { FunctionName: "f:1" })).Policy.includes("s1"));
  const refusals: readonly [string, string, string][] = [
    ["$LATEST", "InvalidParameterValueException", "We currently do not support adding policies for $LATEST."],
    ["live", "ResourceNotFoundException", `Cannot find alias arn: ${ARN}:f:live`],
    ["42", "ResourceNotFoundException", `Function not found: ${ARN}:f:42`],
    ["a$b", "ResourceNotFoundException", `Function not found: ${ARN}:f:a$b`],
  ];
  for (const [Qualifier, code, message] of refusals)
    await assert.rejects(add({ Qualifier }), { code, message });
  await world.call("DeleteFunction", { FunctionName: "f:1" });
  await assert.rejects(world.call("GetPolicy", { FunctionName: "f:1" }), { status: 404 });
});

test("revisions guard changes, the policy's and the function's alike", async () => {
  await add();
  const stale = {
    code: "PreconditionFailedException",
    status: 412,
    message:
      "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id",
  };
  const RevisionId = "00000000-0000-4000-8000-000000000000";
  await assert.rejects(add({ StatementId: "s2", RevisionId }), stale);
  await assert.rejects(
    world.call("RemovePermission", { FunctionName: "f", StatementId: "s1", RevisionId }),
    stale,
  );
  const policy = await world.call("GetPolicy", { FunctionName: "f" });
  await add({ StatementId: "s2", RevisionId: policy.RevisionId });
  const { Configuration } = await world.call("GetFunction", { FunctionName: "f" });
  await add({ StatementId: "s3", RevisionId: Configuration.RevisionId });
  await assert.rejects(add({ StatementId: "s4", RevisionId: policy.RevisionId }), stale);
});

test("RemovePermission removes one statement, with the last one the policy", async () => {
  await assert.rejects(world.call("RemovePermission", { FunctionName: "g", StatementId: "s1" }), {
    code: "ResourceNotFoundException",
    message: `No policy found for: ${ARN}:g`,
  });
  await assert.rejects(world.call("RemovePermission", { FunctionName: "f", StatementId: "s1" }), {
    message: "No policy is associated with the given resource.",
  });
  await add();
  await add({ StatementId: "s2" });
  await assert.rejects(world.call("RemovePermission", { FunctionName: "f", StatementId: "s3" }), {
    message: "Statement s3 is not found in resource policy.",
  });
  await world.call("RemovePermission", { FunctionName: "f", StatementId: "s1" });
  assert.deepEqual(
    JSON.parse((await world.call("GetPolicy", { FunctionName: "f" })).Policy).Statement.map(
      ({ Sid }: { Sid: string }) => Sid,
    ),
    ["s2"],
  );
  await world.call("RemovePermission", { FunctionName: "f", StatementId: "s2" });
  await assert.rejects(world.call("GetPolicy", { FunctionName: "f" }), { status: 404 });
});

test("a policy has at most 20,480 bytes", async () => {
  let size = 0;
  for (let index = 0; ; index++) {
    const SourceArn = `arn:aws:s3:::${"b".repeat(900)}`;
    try {
      await add({ StatementId: `s${index}`, SourceArn });
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      assert.equal(code, "PolicyLengthExceededException");
      size = Number(
        /^The final policy size \((\d+)\) is bigger than the limit \(20480\)\.$/.exec(message)?.[1],
      );
      break;
    }
  }
  assert.ok(size > 20_480 && size < 21_600, String(size));
  const { Policy } = await world.call("GetPolicy", { FunctionName: "f" });
  assert.ok(Buffer.byteLength(Policy) <= 20_480);
});

test("permissions of functions that do not exist are missing functions", async () => {
  await assert.rejects(add({ FunctionName: "g" }), { message: `Function not found: ${ARN}:g` });
});

test("services get in as far as the statements let them", async () => {
  await add({ SourceArn: "arn:aws:s3:::uploads-*", SourceAccount: ACCOUNT });
  const origin = {
    principal: "s3.amazonaws.com",
    sourceArn: "arn:aws:s3:::uploads-1",
    sourceAccount: ACCOUNT,
  };
  const authorize = (arn: string, changes: Partial<typeof origin> = {}) =>
    world.functions.catalog.authorize(arn, { ...origin, ...changes });
  assert.equal(authorize(`${ARN}:f`), "ok");
  assert.equal(authorize(`${ARN}:f`, { principal: "sns.amazonaws.com" }), "forbidden");
  assert.equal(authorize(`${ARN}:f`, { sourceArn: "arn:aws:s3:::downloads" }), "forbidden");
  assert.equal(authorize(`${ARN}:f`, { sourceAccount: "999999999999" }), "forbidden");
  // A version has its own policy.
  assert.equal(authorize(`${ARN}:f:1`), "forbidden");
  await add({ Qualifier: "1" });
  assert.equal(authorize(`${ARN}:f:1`), "ok");
  assert.equal(authorize(`${ARN}:f:2`), "missing");
  assert.equal(authorize(`${ARN}:g`), "missing");
  assert.equal(authorize("arn:aws:sqs:eu-west-1:123456789012:q"), "missing");
  assert.equal(authorize("f"), "missing");
});

test("the evaluator fails closed", () => {
  const statement = {
    Sid: "s",
    Effect: "Allow" as const,
    Principal: { Service: "s3.amazonaws.com" },
    Action: "lambda:InvokeFunction",
    Resource: `${ARN}:f`,
  };
  const ask = (changes: object, action = "lambda:InvokeFunction", context = {}) =>
    isAllowed(
      { revisionId: "", statements: [{ ...statement, ...changes }] },
      { principal: { kind: "service", service: "s3.amazonaws.com" }, action, resource: `${ARN}:f`, context },
    );
  assert.equal(ask({}), true);
  assert.equal(ask({ Action: "lambda:*" }), true);
  assert.equal(ask({ Action: "*" }), true);
  assert.equal(ask({ Action: "lambda:GetFunction" }), false);
  assert.equal(ask({ Principal: "*" }), true);
  assert.equal(ask({ Principal: { AWS: "arn:aws:iam::123456789012:root" } }), false);
  // An operator or a key that is not known denies.
  assert.equal(ask({ Condition: { StringEquals: { "lambda:FunctionUrlAuthType": "NONE" } } }), false);
  for (const operator of ["DateLessThan", "StringResembles"]) {
    const Condition = { [operator]: { "aws:sourcearn": "x" } };
    assert.equal(ask({ Condition }, undefined, { "aws:sourcearn": "x" }), false, operator);
  }
  assert.equal(ask({ Resource: `${ARN}:g` }), false);
  const nobody = { kind: "service", service: "s" } as const;
  assert.equal(isAllowed(undefined, { principal: nobody, action: "a", resource: "r" }), false);
});

test("other accounts invoke as far as the policy of what they invoke lets them", async () => {
  await world.call("CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1" });
  const other = { account: "999999999999", region: REGION };
  const resolve = (functionName: string, operation = "Invoke", caller = other) =>
    world.functions.catalog.resolve({ ...caller, functionName }, requestContext(operation, caller));
  const refused = (functionName: string) => ({
    code: "AccessDeniedException",
    message: `User: arn:aws:iam::999999999999:user/tester is not authorized to perform: lambda:InvokeFunction on resource: ${functionName} because no resource-based policy allows the lambda:InvokeFunction action`,
  });
  for (const name of [`${ARN}:f`, `${ARN}:f:live`, `${ARN}:none`]) {
    assert.throws(() => resolve(name), refused(name));
  }
  await add({ Qualifier: "live", Principal: "999999999999" });
  assert.throws(() => resolve(`${ARN}:f`), refused(`${ARN}:f`));
  for (const operation of ["Invoke", "InvokeWithResponseStream", "InvokeAsync"]) {
    const target = resolve(`${ARN}:f:live`, operation);
    assert.deepEqual([target.account, target.version], [ACCOUNT, "1"]);
  }
  assert.throws(() => resolve(`${ARN}:f:live`, "Invoke", { account: "888888888888", region: REGION }), {
    code: "AccessDeniedException",
  });
  await add({ StatementId: "s2", Principal: "arn:aws:iam::999999999999:user/tester", Action: "lambda:*" });
  assert.equal(resolve(`${ARN}:f`).arn, `${ARN}:f`);
  await world.call("RemovePermission", { FunctionName: "f", StatementId: "s2" });
  assert.throws(() => resolve(`${ARN}:f`), refused(`${ARN}:f`));
  await add({ StatementId: "s3", Principal: "*", PrincipalOrgID: "o-1234567890" });
  assert.throws(() => resolve(`${ARN}:f`), refused(`${ARN}:f`));
  // Without a caller nobody is let in from elsewhere.
  assert.throws(() => world.functions.catalog.resolve({ ...other, functionName: `${ARN}:f:live` }), {
    code: "AccessDeniedException",
  });
});

test("a policy of an alias or version is guarded by its revision, too", async () => {
  const alias = await world.call("CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1" });
  const version = await world.call("GetFunctionConfiguration", { FunctionName: "f:1" });
  const latest = await world.call("GetFunctionConfiguration", { FunctionName: "f" });
  for (const [Qualifier, right, wrong] of [
    ["live", alias.RevisionId, version.RevisionId],
    ["1", version.RevisionId, latest.RevisionId],
  ]) {
    await assert.rejects(add({ Qualifier, RevisionId: wrong }), { code: "PreconditionFailedException" });
    await add({ Qualifier, RevisionId: right });
    const policy = await world.call("GetPolicy", { FunctionName: "f", Qualifier });
    await world.call("RemovePermission", {
      FunctionName: "f",
      Qualifier,
      StatementId: "s1",
      RevisionId: policy.RevisionId,
    });
  }
  assert.equal(
    (await world.call("GetAlias", { FunctionName: "f", Name: "live" })).RevisionId,
    alias.RevisionId,
  );
});
