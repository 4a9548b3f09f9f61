import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { functionLimits } from "../../src/base/index.ts";
import { ACCOUNT, FunctionsWorld, REGION, ROLE } from "../../testkit/functions-world.ts";

const ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:f`;
const FunctionName = "f";
let world: FunctionsWorld;

beforeEach(async () => {
  world = await FunctionsWorld.open();
  await world.create("f", { Publish: true });
});
afterEach(() => world.close());

const alias = (Name: string, changes: Record<string, unknown> = {}) =>
  world.call("CreateAlias", { FunctionName, Name, FunctionVersion: "1", ...changes });
const publish = async (changes: Record<string, unknown>) => {
  await world.call("UpdateFunctionConfiguration", { FunctionName, ...changes });
  await world.settled("f");
  return (await world.call("PublishVersion", { FunctionName })).Version as string;
};
const weight = (version: string, share = 0.5) => ({
  RoutingConfig: { AdditionalVersionWeights: { [version]: share } },
});

test("two versions of one alias have the same role and the same dead-letter target", async () => {
  const queue = `arn:aws:sqs:${REGION}:${ACCOUNT}:q`;
  const timed = await publish({ Timeout: 9 });
  const lettered = await publish({ DeadLetterConfig: { TargetArn: queue } });
  const other = await publish({ DeadLetterConfig: { TargetArn: "" }, Role: `${ROLE}-2` });
  await alias("same", weight(timed));
  const refusal = {
    code: "InvalidParameterValueException",
    message: /same execution role and the same dead-letter/,
  };
  for (const version of [lettered, other]) {
    await assert.rejects(alias("different", weight(version)), refusal);
    await assert.rejects(
      world.call("UpdateAlias", { FunctionName, Name: "same", ...weight(version) }),
      refusal,
    );
  }
  await world.call("UpdateAlias", {
    FunctionName,
    Name: "same",
    FunctionVersion: lettered,
    RoutingConfig: {},
  });
});

test("invocations are drawn by weight, from the randomness of the server", async () => {
  const second = await publish({ Timeout: 9 });
  const share = async (name: string) => {
    const versions = Array.from(
      { length: 2_000 },
      () =>
        world.functions.catalog.resolve({ account: ACCOUNT, region: REGION, functionName: `f:${name}` })
          .version,
    );
    return versions.filter((version) => version === second).length / versions.length;
  };
  await alias("none", weight(second, 0));
  await alias("some", weight(second, 0.1));
  await alias("all", weight(second, 1));
  assert.equal(await share("none"), 0);
  assert.equal(await share("all"), 1);
  const some = await share("some");
  // Six standard deviations.
  assert.ok(some > 0.06 && some < 0.14, String(some));
  const target = world.functions.catalog.resolve({ account: ACCOUNT, region: REGION, functionName: "f:all" });
  assert.equal(target.invokedArn, `${ARN}:all`);
  assert.equal(target.alias, "all");
  const plain = world.functions.catalog.resolve({ account: ACCOUNT, region: REGION, functionName: "f:1" });
  assert.equal(plain.alias, undefined);
});

test("moving an alias supersedes nothing: both versions go on", async () => {
  const second = await publish({ Timeout: 9 });
  await alias("live");
  const told: unknown[] = [];
  world.functions.catalog.onSuperseded((key) => told.push(key));
  await world.call("UpdateAlias", { FunctionName, Name: "live", FunctionVersion: second });
  await world.call("DeleteAlias", { FunctionName, Name: "live" });
  assert.deepEqual(told, []);
});

test("services reach an alias by its own policy", async () => {
  await alias("live");
  const origin = {
    principal: "s3.amazonaws.com",
    sourceArn: "arn:aws:s3:::b",
    sourceAccount: ACCOUNT,
  };
  const verdict = (qualified: string) => world.functions.catalog.authorize(qualified, origin);
  await world.call("AddPermission", {
    FunctionName,
    Qualifier: "live",
    StatementId: "s",
    Action: "lambda:InvokeFunction",
    Principal: "s3.amazonaws.com",
    SourceArn: "arn:aws:s3:::b",
    SourceAccount: ACCOUNT,
  });
  assert.equal(verdict(`${ARN}:live`), "ok");
  assert.equal(verdict(`${ARN}:1`), "forbidden");
  assert.equal(verdict(ARN), "forbidden");
  assert.equal(verdict(`${ARN}:nobody`), "missing");
});

test("a function has so many aliases and no more", async () => {
  for (let n = 1; n < functionLimits.aliases; n++) await alias(`a${n}`);
  await alias("last");
  await assert.rejects(alias("more"), { code: "AliasLimitExceededException", status: 400 });
  await world.call("DeleteAlias", { FunctionName, Name: "a1" });
  await alias("more");
});

test("snapshots and tenants exclude provisioned concurrency, tenants function URLs", async () => {
  await world.create("snap", {
    Publish: true,
    Runtime: "python3.13",
    SnapStart: { ApplyOn: "PublishedVersions" },
  });
  await world.create("tenants", {
    Publish: true,
    TenancyConfig: { TenantIsolationMode: "PER_TENANT" },
  });
  for (const name of ["snap", "tenants"]) {
    await assert.rejects(
      world.call("PutProvisionedConcurrencyConfig", {
        FunctionName: name,
        Qualifier: "1",
        ProvisionedConcurrentExecutions: 1,
      }),
      { code: "InvalidParameterValueException", message: /^Provisioned Concurrency is not supported/ },
    );
  }
  await assert.rejects(world.call("CreateFunctionUrlConfig", { FunctionName: "tenants", AuthType: "NONE" }), {
    code: "InvalidParameterValueException",
    message: /^Function URLs are not supported/,
  });
});
