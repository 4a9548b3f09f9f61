import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type EchoDoor, openEchoDoor } from "./kit/echo-door.ts";
import { call } from "./kit/signed.ts";

let echo: EchoDoor;
before(async () => {
  echo = await openEchoDoor();
  for (const operation of [
    "CreateFunction",
    "UpdateFunctionConfiguration",
    "GetFunction",
    "ListFunctions",
    "ListLayers",
    "PutProvisionedConcurrencyConfig",
    "UpdateAlias",
    "Invoke",
    "UntagResource",
    "PutFunctionConcurrency",
  ]) {
    echo.answer(operation, () => ({}));
  }
});
after(() => echo.close());

const role = "arn:aws:iam::000000000000:role/r";
const valid = { FunctionName: "f", Role: role, Code: {} };

async function create(change: Readonly<Record<string, unknown>>): Promise<string> {
  const body = JSON.stringify({ ...valid, ...change });
  const answer = await call(echo.port, "lambda", "POST /2015-03-31/functions", {}, body);
  if (answer.status === 201) return "ok";
  assert.equal(answer.status, 400, answer.body);
  assert.equal(answer.headers["x-amzn-errortype"], "ValidationException");
  const parsed = JSON.parse(answer.body) as { message: string };
  assert.deepEqual(Object.keys(parsed), ["message"], "no Type");
  return parsed.message;
}

const one = (value: string, path: string, constraint: string) =>
  `1 validation error detected: Value ${value} at '${path}' failed to satisfy constraint: ${constraint}`;

describe("Lambda's constraints, in AWS's words", () => {
  const rows: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    ["nothing wrong", {}, "ok"],
    ["a missing role", { Role: null }, one("null", "role", "Member must not be null")],
    [
      "a bad role",
      { Role: "r" },
      one(
        "'r'",
        "role",
        "Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+",
      ),
    ],
    [
      "two architectures",
      { Architectures: ["x86_64", "arm64"] },
      one("'[x86_64, arm64]'", "architectures", "Member must have length less than or equal to 1"),
    ],
    [
      "a bad architecture",
      { Architectures: ["X86_64"] },
      one(
        "'[X86_64]'",
        "architectures",
        "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
      ),
    ],
    ["a null in a list", { Layers: [null] }, one("'[null]'", "layers", "Member must satisfy constraint: [")],
    [
      "much memory",
      { MemorySize: 10_241 },
      one("'10241'", "memorySize", "Member must have value less than or equal to 10240"),
    ],
    [
      "little memory",
      { MemorySize: 127 },
      one("'127'", "memorySize", "Member must have value greater than or equal to 128"),
    ],
    [
      "a long timeout",
      { Timeout: 901 },
      one("'901'", "timeout", "Member must have value less than or equal to 900"),
    ],
    [
      "a nested enumeration",
      { SnapStart: { ApplyOn: "Sometimes" } },
      one(
        "'Sometimes'",
        "snapStart.applyOn",
        "Member must satisfy enum value set: [PublishedVersions, None]",
      ),
    ],
    [
      "a nested list",
      { VpcConfig: { SubnetIds: ["nope"] } },
      one(
        "'[nope]'",
        "vpcConfig.subnetIds",
        "Member must satisfy constraint: [Member must have length less than or equal to 1024, ",
      ),
    ],
    ["any runtime, for the handler to judge", { Runtime: "nodejs99.x" }, "ok"],
    [
      "a long full name",
      { FunctionName: `arn:aws:lambda:us-east-1:000000000000:function:${"f".repeat(120)}` },
      one(
        `'arn:aws:lambda:us-east-1:000000000000:function:${"f".repeat(120)}'`,
        "functionName",
        "Member must have length less than or equal to 140",
      ),
    ],
    ["a name of 65, for the handler to judge", { FunctionName: "f".repeat(65) }, "ok"],
  ];
  for (const [what, change, wanted] of rows) {
    it(what, async () => {
      const message = await create(change);
      assert.ok(message.startsWith(wanted), `${message}\n${wanted}`);
    });
  }

  it("several at once", async () => {
    const message = await create({ FunctionName: "a!", Timeout: 0, MemorySize: 1 });
    assert.match(message, /^3 validation errors detected: Value .*; Value .*; Value /);
  });

  it("at parameters and labels", async () => {
    const answer = await call(echo.port, "lambda", "GET /2015-03-31/functions/f?Qualifier=invalid!");
    assert.equal(
      (JSON.parse(answer.body) as { message: string }).message,
      one(
        "'invalid!'",
        "qualifier",
        "Member must satisfy regular expression pattern: \\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+",
      ),
    );
    assert.equal((await call(echo.port, "lambda", "GET /2015-03-31/functions?MaxItems=10000")).status, 200);
    assert.equal((await call(echo.port, "lambda", "GET /2015-03-31/functions?MaxItems=0")).status, 400);
    assert.equal((await call(echo.port, "lambda", "GET /2018-10-31/layers?MaxItems=51")).status, 400);
    const invocation = await call(echo.port, "lambda", "POST /2015-03-31/functions/f/invocations", {
      "X-Amz-Invocation-Type": "Sometimes",
    });
    assert.match(
      invocation.body,
      /at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set/,
    );
    const arn = encodeURIComponent("arn:aws:lambda:us-east-1:000000000000:function:f");
    const untag = await call(echo.port, "lambda", `DELETE /2017-03-31/tags/${arn}`);
    assert.match(untag.body, /Value null at 'tagKeys' failed/);
  });

  it("of maps", async () => {
    const answer = await call(
      echo.port,
      "lambda",
      "PUT /2015-03-31/functions/f/aliases/a",
      {},
      '{"RoutingConfig":{"AdditionalVersionWeights":{"2":2.0}}}',
    );
    assert.equal(
      (JSON.parse(answer.body) as { message: string }).message,
      one(
        "'{2=2.0}'",
        "routingConfig.additionalVersionWeights",
        "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]",
      ),
    );
  });

  it("cuts fractions off integers and refuses what is too large for one", async () => {
    await create({ Timeout: 3.9 });
    assert.equal(echo.last().input["Timeout"], 3);
    const body = JSON.stringify({ ...valid, Timeout: 1e300 });
    const answer = await call(echo.port, "lambda", "POST /2015-03-31/functions", {}, body);
    assert.equal(answer.headers["x-amzn-errortype"], "SerializationException");
  });

  it("quotes no more of a value than fits", async () => {
    const message = await create({ Role: "x".repeat(100_000) });
    assert.ok(message.length < 5_000, `${message.length}`);
  });
});

describe("other services", () => {
  it("DynamoDB: ValidationException, paths into lists", async () => {
    echo.answer("CreateTable", () => ({}));
    const target = { "X-Amz-Target": "DynamoDB_20120810.CreateTable" };
    const answer = await call(
      echo.port,
      "dynamodb",
      "POST /",
      target,
      '{"TableName":"abc","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"X"}],"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}]}',
    );
    assert.deepEqual(JSON.parse(answer.body), {
      __type: "com.amazon.coral.validate#ValidationException",
      message: one(
        "'X'",
        "attributeDefinitions.1.member.attributeType",
        "Member must satisfy enum value set: [S, N, B]",
      ),
    });
  });

  it("Logs: InvalidParameterException", async () => {
    echo.answer("CreateLogGroup", () => ({}));
    const target = { "X-Amz-Target": "Logs_20140328.CreateLogGroup" };
    const answer = await call(echo.port, "logs", "POST /", target, '{"logGroupName":"a b"}');
    assert.deepEqual(JSON.parse(answer.body), {
      __type: "InvalidParameterException",
      message: one(
        "'a b'",
        "logGroupName",
        "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
      ),
    });
  });

  it("IAM: ValidationError", async () => {
    echo.answer("GetRole", () => ({}));
    const answer = await call(
      echo.port,
      "iam",
      `GET /?Action=GetRole&Version=2010-05-08&RoleName=${"r".repeat(65)}`,
    );
    assert.equal(answer.status, 400);
    assert.match(
      answer.body,
      /<Code>ValidationError<\/Code><Message>1 validation error detected: Value 'r{65}' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64</,
    );
    const missing = await call(echo.port, "iam", "GET /?Action=GetRole&Version=2010-05-08");
    assert.match(
      missing.body,
      /Value null at 'roleName' failed to satisfy constraint: Member must not be null</,
    );
  });
});
