import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { locate, parseFunctionName } from "../../src/functions/names.ts";
import { ACCOUNT, FunctionsWorld, REGION, ROLE } from "../../testkit/functions-world.ts";

const ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function`;
let world: FunctionsWorld;

before(async () => {
  world = await FunctionsWorld.open();
  await world.create("f", { Publish: true });
});
after(() => world.close());

test("every documented form of a function name is taken apart", () => {
  const whole = { name: "f", account: ACCOUNT, region: REGION };
  const forms: readonly [string, unknown][] = [
    ["f", { name: "f" }],
    ["f:1", { name: "f", qualifier: "1" }],
    ["f:$LATEST", { name: "f", qualifier: "$LATEST" }],
    ["function:f", { name: "f" }],
    ["function:f:live", { name: "f", qualifier: "live" }],
    [`${ACCOUNT}:function:f`, { name: "f", account: ACCOUNT }],
    [`${ACCOUNT}:f`, { name: "f", account: ACCOUNT }],
    [`${REGION}:${ACCOUNT}:function:f`, whole],
    [`${ARN}:f`, whole],
    [`${ARN}:f:$LATEST.PUBLISHED`, { ...whole, qualifier: "$LATEST.PUBLISHED" }],
    // An ARN that ends too early names a function called "function".
    [ARN, { ...whole, name: "function" }],
    [`arn:aws-us-gov:lambda:us-gov-west-1:${ACCOUNT}:function:f`, { ...whole, region: "us-gov-west-1" }],
  ];
  for (const [text, expected] of forms) assert.deepEqual(parseFunctionName(text), expected, text);
});

test("malformed names are refused with the pattern, by every operation", async () => {
  const malformed = [
    "*",
    "my-function!",
    "invalid-account:function:f",
    "arn:aws:ec2:eu-west-1:123456789012:instance:f",
    `arn:aws:lambda:${ACCOUNT}:function:f`,
    `arn:aws:lambda:${REGION}:function:f`,
    `arn:aws:lambda:invalid-region:${ACCOUNT}:function:f`,
    `${ARN}:f:1:2`,
    "function:f:$LATEST:extra",
    `${ARN}:f:$LATES`,
    "",
  ];
  for (const name of malformed) {
    for (const operation of ["GetFunction", "DeleteFunction", "GetPolicy"] as const) {
      await assert.rejects(world.call(operation, { FunctionName: name }), {
        code: "ValidationException",
        status: 400,
        message:
          /^1 validation error detected: Value '.*' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: \(arn:/,
      });
    }
    assert.throws(
      () => world.functions.catalog.resolve({ account: ACCOUNT, region: REGION, functionName: name }),
      { code: "ValidationException" },
    );
  }
});

test("all accepted forms find the function, with the ARN as it was qualified", async () => {
  for (const name of [
    "f",
    "function:f",
    `${ACCOUNT}:function:f`,
    `${REGION}:${ACCOUNT}:function:f`,
    `${ARN}:f`,
  ]) {
    const plain = await world.call("GetFunctionConfiguration", { FunctionName: name });
    assert.equal(plain.FunctionArn, `${ARN}:f`);
    assert.equal(plain.Version, "$LATEST");
    const latest = await world.call("GetFunctionConfiguration", { FunctionName: `${name}:$LATEST` });
    assert.equal(latest.FunctionArn, `${ARN}:f:$LATEST`);
    const version = await world.call("GetFunctionConfiguration", { FunctionName: name, Qualifier: "1" });
    assert.equal(version.FunctionArn, `${ARN}:f:1`);
    assert.equal(version.Version, "1");
  }
});

test("what does not exist is named as it was asked for", async () => {
  const cases: readonly [Record<string, string>, string][] = [
    [{ FunctionName: "g" }, `${ARN}:g`],
    [{ FunctionName: "g:7" }, `${ARN}:g:7`],
    [{ FunctionName: "f", Qualifier: "1221" }, `${ARN}:f:1221`],
    [{ FunctionName: "f", Qualifier: "$latest" }, `${ARN}:f:$latest`],
    [{ FunctionName: "f", Qualifier: "live" }, `${ARN}:f:live`],
    [{ FunctionName: "x".repeat(65) }, `${ARN}:${"x".repeat(65)}`],
  ];
  for (const [input, arn] of cases) {
    for (const operation of ["GetFunction", "GetFunctionConfiguration"] as const) {
      await assert.rejects(world.call(operation, input as { FunctionName: string }), {
        code: "ResourceNotFoundException",
        status: 404,
        message: `Function not found: ${arn}`,
      });
    }
  }
});

test("Invoke names the version that it would have run", () => {
  const resolve = (functionName: string, qualifier?: string) => () =>
    world.functions.catalog.resolve({
      account: ACCOUNT,
      region: REGION,
      functionName,
      ...(qualifier === undefined ? {} : { qualifier }),
    });
  assert.throws(resolve("g"), { message: `Function not found: ${ARN}:g:$LATEST` });
  assert.throws(resolve("g", "3"), { message: `Function not found: ${ARN}:g:3` });
  assert.throws(resolve("f", "1221"), { message: `Function not found: ${ARN}:f:1221` });
  assert.throws(resolve("f:1", "2"), { code: "InvalidParameterValueException" });
});

test("qualifier in the name and beside it have to agree", async () => {
  await assert.rejects(world.call("GetFunction", { FunctionName: "f:$LATEST", Qualifier: "1" }), {
    code: "InvalidParameterValueException",
    status: 400,
    message: "The derived qualifier from the function name does not match the specified qualifier.",
  });
  const same = await world.call("GetFunction", { FunctionName: "f:1", Qualifier: "1" });
  assert.equal(same.Configuration.Version, "1");
});

test("another region is out of reach, another account closed", async () => {
  const elsewhere = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`;
  for (const operation of ["GetFunction", "DeleteFunction", "UpdateFunctionConfiguration"] as const) {
    await assert.rejects(world.call(operation, { FunctionName: elsewhere }), {
      code: "ResourceNotFoundException",
      message: `Functions from 'us-east-1' are not reachable in this region ('${REGION}')`,
    });
  }
  const foreign = `arn:aws:lambda:${REGION}:999999999999:function:f`;
  await assert.rejects(world.call("CreateFunction", { FunctionName: foreign, Role: ROLE, Code: {} }), {
    code: "AccessDeniedException",
    status: 403,
    members: { Message: null },
  });
  await assert.rejects(world.call("GetFunction", { FunctionName: foreign }), {
    code: "AccessDeniedException",
    message: `User: arn:aws:iam::${ACCOUNT}:user/tester is not authorized to perform: lambda:GetFunction on resource: ${foreign} because no resource-based policy allows the lambda:GetFunction action`,
  });
  assert.throws(
    () => world.functions.catalog.resolve({ account: ACCOUNT, region: REGION, functionName: foreign }),
    { code: "AccessDeniedException" },
  );
});

test("another account gets in where the function's policy says so", async () => {
  await world.create("shared");
  const guest = { account: "999999999999" };
  const name = { FunctionName: `${ARN}:shared` };
  await assert.rejects(world.call("GetFunction", name, guest), { code: "AccessDeniedException" });
  await world.call("AddPermission", {
    FunctionName: "shared",
    StatementId: "guest",
    Action: "lambda:GetFunction",
    Principal: guest.account,
  });
  const got = await world.call("GetFunction", name, guest);
  assert.equal(got.Configuration.FunctionArn, `${ARN}:shared`);
  await assert.rejects(world.call("GetFunctionConfiguration", name, guest), {
    code: "AccessDeniedException",
  });
});

test("names are limited where functions are made", async () => {
  const name = "x".repeat(65);
  await assert.rejects(world.create(name), {
    code: "InvalidParameterValueException",
    message: `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`,
  });
  assert.equal((await world.create("x".repeat(64))).State, "Active");
});

test("locate takes account and region of the caller where the name has none", () => {
  const target = locate({ account: ACCOUNT, region: REGION, functionName: "f:2", shared: false });
  assert.deepEqual(target, { account: ACCOUNT, region: REGION, name: "f", qualifier: "2", arn: `${ARN}:f` });
});
