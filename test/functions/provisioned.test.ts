import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ACCOUNT, FunctionsWorld, REGION } from "../../testkit/functions-world.ts";

const ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:f`;
let world: FunctionsWorld;

beforeEach(async () => {
  world = await FunctionsWorld.open();
  await world.create("f", { Publish: true });
  await world.call("UpdateFunctionConfiguration", { FunctionName: "f", Timeout: 9 });
  await world.settled("f");
  await world.call("PublishVersion", { FunctionName: "f" });
  await world.call("CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1" });
});
afterEach(() => world.close());

const provision = (Qualifier: string, ProvisionedConcurrentExecutions: number) =>
  world.call("PutProvisionedConcurrencyConfig", {
    FunctionName: "f",
    Qualifier,
    ProvisionedConcurrentExecutions,
  });
const shown = (Qualifier: string) =>
  world.call("GetProvisionedConcurrencyConfig", { FunctionName: "f", Qualifier });
const wanted = () =>
  (world.functions.catalog.concurrency(ARN)?.provisioned ?? []).map(({ qualifier, requested, target }) => ({
    qualifier,
    requested,
    version: target.version,
    invokedArn: target.invokedArn,
  }));
const report = (
  qualifier: string,
  allocated: number,
  more: { available?: number; failure?: string } = {},
) => {
  const target = world.functions.catalog
    .concurrency(ARN)
    ?.provisioned.find((provisioned) => provisioned.qualifier === qualifier)?.target;
  assert.ok(target !== undefined);
  const { available = allocated, failure } = more;
  world.functions.catalog.reportProvisioned({
    arn: ARN,
    qualifier,
    generation: target.generation,
    allocated,
    available,
    ...(failure === undefined ? {} : { failure }),
  });
  return target.generation;
};

test("the status is what the invoke path has allocated", async () => {
  await provision("live", 3);
  assert.deepEqual(wanted(), [{ qualifier: "live", requested: 3, version: "1", invokedArn: `${ARN}:live` }]);
  assert.equal((await shown("live")).Status, "IN_PROGRESS");
  report("live", 1);
  const some = await shown("live");
  assert.deepEqual([some.Status, some.AllocatedProvisionedConcurrentExecutions], ["IN_PROGRESS", 1]);
  report("live", 3, { available: 2 });
  const all = await shown("live");
  assert.equal(all.Status, "READY");
  assert.equal(all.AllocatedProvisionedConcurrentExecutions, 3);
  assert.equal(all.AvailableProvisionedConcurrentExecutions, 2);
  report("live", 0, { failure: "FUNCTION_ERROR_INIT_FAILURE" });
  const failed = await shown("live");
  assert.deepEqual([failed.Status, failed.StatusReason], ["FAILED", "FUNCTION_ERROR_INIT_FAILURE"]);
  assert.equal((await provision("live", 3)).Status, "IN_PROGRESS");
});

test("an alias that moves takes what is provisioned along and starts anew", async () => {
  await provision("live", 2);
  const old = report("live", 2);
  assert.equal((await shown("live")).Status, "READY");
  const told: string[] = [];
  world.functions.catalog.onConcurrencyChanged((arn) => told.push(arn));
  await world.call("UpdateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "2" });
  assert.deepEqual(told, [ARN]);
  assert.equal((await shown("live")).Status, "IN_PROGRESS");
  assert.deepEqual(wanted(), [{ qualifier: "live", requested: 2, version: "2", invokedArn: `${ARN}:live` }]);
  world.functions.catalog.reportProvisioned({
    arn: ARN,
    qualifier: "live",
    generation: old,
    allocated: 2,
    available: 2,
  });
  assert.equal((await shown("live")).Status, "IN_PROGRESS");
  report("live", 2);
  assert.equal((await shown("live")).Status, "READY");
});

test("a change is told once, and what is gone is wanted no more", async () => {
  const told: string[] = [];
  world.functions.catalog.onConcurrencyChanged((arn) => told.push(arn));
  await provision("2", 1);
  await world.call("PutFunctionConcurrency", { FunctionName: "f", ReservedConcurrentExecutions: 5 });
  assert.equal(world.functions.catalog.concurrency(ARN)?.reserved, 5);
  assert.deepEqual(told, [ARN, ARN]);
  await world.call("DeleteProvisionedConcurrencyConfig", { FunctionName: "f", Qualifier: "2" });
  assert.deepEqual(wanted(), []);
  await world.call("DeleteFunction", { FunctionName: "f" });
  assert.equal(told.length, 4);
  assert.equal(world.functions.catalog.concurrency(ARN), undefined);
});

test("after a restart everything is wanted again and nothing is there", async () => {
  await provision("live", 2);
  report("live", 2);
  await world.functions.close();
  await world.start();
  assert.deepEqual(world.functions.catalog.provisionedFunctions(), [ARN]);
  assert.equal(wanted().length, 1);
  assert.equal((await shown("live")).Status, "IN_PROGRESS");
  assert.equal(world.functions.catalog.unreservedConcurrency({ account: ACCOUNT, region: REGION }), 998);
});

test("asynchronous settings are found under the qualifier that was invoked, and inherited by nobody", async () => {
  const { catalog } = world.functions;
  const defaults = { maximumRetryAttempts: 2, maximumEventAgeSeconds: 21_600 };
  await world.create("sink");
  const onFailure = ARN.replace(/f$/, "sink");
  await world.call("PutFunctionEventInvokeConfig", {
    FunctionName: "f",
    Qualifier: "live",
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination: onFailure } },
  });
  assert.deepEqual(catalog.asynchronousSettings(`${ARN}:live`), {
    ...defaults,
    maximumRetryAttempts: 0,
    onFailure,
  });
  assert.deepEqual(catalog.asynchronousSettings(`${ARN}:1`), defaults);
  assert.deepEqual(catalog.asynchronousSettings(ARN), defaults);
  await world.call("PutFunctionEventInvokeConfig", { FunctionName: "f", MaximumEventAgeInSeconds: 60 });
  assert.equal(catalog.asynchronousSettings(ARN)?.maximumEventAgeSeconds, 60);
  assert.equal(catalog.asynchronousSettings(`${ARN}:$LATEST`)?.maximumEventAgeSeconds, 60);
  assert.equal(catalog.asynchronousSettings(`${ARN}-none`), undefined);
  await world.call("DeleteAlias", { FunctionName: "f", Name: "live" });
  assert.deepEqual(catalog.asynchronousSettings(`${ARN}:live`), defaults);
});

test("whether a function may call itself is told to the invoke path", async () => {
  const resolve = () =>
    world.functions.catalog.resolve({ account: ACCOUNT, region: REGION, functionName: "f:live" });
  assert.equal(resolve().recursiveLoop, "Terminate");
  assert.equal(resolve().alias, "live");
  await world.call("PutFunctionRecursionConfig", { FunctionName: "f", RecursiveLoop: "Allow" });
  assert.equal(resolve().recursiveLoop, "Allow");
});
