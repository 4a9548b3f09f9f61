import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { FunctionDocument } from "../../src/functions/document.ts";
import { ACCOUNT, FunctionsWorld, REGION } from "../../testkit/functions-world.ts";
import { zipOf } from "../../testkit/zip-writer.ts";

const ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:f`;
let world: FunctionsWorld;

beforeEach(async () => {
  world = await FunctionsWorld.open();
  await world.create("f");
});
afterEach(() => world.close());

const publish = (changes: Record<string, unknown> = {}) =>
  world.call("PublishVersion", { FunctionName: "f", ...changes });
const revision = async () =>
  (await world.call("GetFunctionConfiguration", { FunctionName: "f" })).RevisionId as string;
const change = async (Timeout: number) => {
  await world.call("UpdateFunctionConfiguration", { FunctionName: "f", Timeout });
  await world.settled("f");
};

test("publishing makes a version, and the same again only shows it", async () => {
  const before = await revision();
  const first = await publish({ Description: "first" });
  assert.equal(first.FunctionArn, `${ARN}:1`);
  assert.equal(first.Version, "1");
  assert.equal(first.Description, "first");
  assert.equal(first.State, "Active");
  assert.equal(first.LastUpdateStatus, "Successful");
  const between = await revision();
  assert.notEqual(between, before);
  assert.notEqual(between, first.RevisionId);
  assert.deepEqual(await publish({ Description: "other" }), first);
  assert.equal(await revision(), between);
  await change(7);
  const second = await publish();
  assert.equal(second.Version, "2");
  assert.equal(second.Timeout, 7);
  assert.equal((await world.call("GetFunctionConfiguration", { FunctionName: "f:1" })).Timeout, 3);
});

test("publishing checks revision, then hash, then state", async () => {
  const RevisionId = "00000000-0000-4000-8000-000000000000";
  await assert.rejects(publish({ RevisionId, CodeSha256: "x" }), { code: "PreconditionFailedException" });
  const { CodeSha256 } = await world.settled("f");
  await assert.rejects(publish({ CodeSha256: "x" }), {
    code: "InvalidParameterValueException",
    message: `CodeSHA256 (x) is different from current CodeSHA256 in $LATEST (${CodeSha256}). Please try again with the CodeSHA256 in $LATEST.`,
  });
  const gate = Promise.withResolvers<void>();
  world.state.beforeWrite = async ({ value }) => {
    if ((value as unknown as FunctionDocument).latest?.update === "Successful") await gate.promise;
  };
  await world.call("UpdateFunctionConfiguration", { FunctionName: "f", Timeout: 8 });
  await assert.rejects(publish(), { code: "ResourceConflictException", message: /An update is in progress/ });
  await assert.rejects(world.call("TagResource", { Resource: ARN, Tags: { a: "b" } }), {
    code: "ResourceConflictException",
  });
  gate.resolve();
  await world.settled("f");
  assert.equal((await publish({ CodeSha256, RevisionId: await revision() })).Version, "1");
});

test("versions are listed by number after $LATEST", async () => {
  for (let n = 1; n <= 12; n++) {
    await change(n);
    await publish();
  }
  const list = (input: object = {}) => world.call("ListVersionsByFunction", { FunctionName: "f", ...input });
  const expected = ["$LATEST", ...Array.from({ length: 12 }, (_, n) => String(n + 1))];
  const whole = await list();
  assert.deepEqual(
    whole.Versions.map(({ Version }: { Version: string }) => Version),
    expected,
  );
  assert.equal("NextMarker" in whole, false);
  assert.equal(whole.Versions[0].FunctionArn, `${ARN}:$LATEST`);
  assert.equal(whole.Versions[11].FunctionArn, `${ARN}:11`);
  assert.equal("State" in whole.Versions[0], false);
  const paged: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await list({ MaxItems: 5, ...(Marker === undefined ? {} : { Marker }) });
    for (const { Version } of page.Versions) paged.push(Version);
    Marker = page.NextMarker;
  } while (Marker !== undefined);
  assert.deepEqual(paged, expected);
  await assert.rejects(list({ FunctionName: "g" }), { code: "ResourceNotFoundException" });
  await assert.rejects(list({ Marker: "x" }), { code: "InvalidParameterValueException" });
});

test("tags come and go with the function's revision, and leave its environments alone", async () => {
  const tags = async () => (await world.call("ListTags", { Resource: ARN })).Tags;
  const resolve = () =>
    world.functions.catalog.resolve({ account: ACCOUNT, region: REGION, functionName: "f" });
  const { generation } = resolve();
  const superseded: unknown[] = [];
  world.functions.catalog.onSuperseded((key) => superseded.push(key));
  assert.deepEqual(await tags(), {});
  const before = await revision();
  await world.call("TagResource", { Resource: ARN, Tags: { team: "blue", stage: "test" } });
  assert.notEqual(await revision(), before);
  await world.call("TagResource", { Resource: ARN, Tags: { team: "red" } });
  assert.deepEqual(await tags(), { team: "red", stage: "test" });
  await world.call("UntagResource", { Resource: ARN, TagKeys: ["stage", "unknown"] });
  assert.deepEqual((await world.call("GetFunction", { FunctionName: "f" })).Tags, { team: "red" });
  assert.equal(resolve().generation, generation);
  assert.deepEqual(superseded, []);
});

test("tags belong to functions that exist, fifty of them", async () => {
  const tag = (Resource: string, Tags: Record<string, string> = { a: "b" }) =>
    world.call("TagResource", { Resource, Tags });
  await publish();
  await assert.rejects(tag(`${ARN}:1`), {
    code: "InvalidParameterValueException",
    message: "Tags on function aliases and versions are not supported. Please specify a function ARN.",
  });
  await assert.rejects(tag(`${ARN}g`), { message: `Function not found: ${ARN}g` });
  await assert.rejects(tag(ARN, {}), { message: "An error occurred and the request cannot be processed." });
  const mapping = ARN.replace("function:f", "event-source-mapping:11111111-2222-4333-8444-555555555555");
  await assert.rejects(tag(mapping), { message: `Event source mapping not found: ${mapping}` });
  await tag(ARN, Object.fromEntries(Array.from({ length: 49 }, (_, n) => [`k${n}`, "v"])));
  await tag(ARN, { k0: "again", last: "v" });
  await assert.rejects(tag(ARN, { more: "v" }), { message: "Number of tags exceeds resource tag limit." });
});

test("a new package is another version even where the configuration is the same", async () => {
  await publish();
  await world.call("UpdateFunctionCode", { FunctionName: "f", ZipFile: zipOf({ "index.mjs": "2" }) });
  await world.settled("f");
  assert.equal((await publish()).Version, "2");
});

test("what is set beside a function leaves its revision and its versions' alone", async () => {
  await publish();
  const revisions = async () => [
    await revision(),
    (await world.call("GetFunctionConfiguration", { FunctionName: "f:1" })).RevisionId,
  ];
  const before = await revisions();
  const generation = () =>
    world.functions.catalog.resolve({ account: ACCOUNT, region: REGION, functionName: "f" }).generation;
  const running = generation();
  const FunctionName = "f";
  await world.call("CreateAlias", { FunctionName, Name: "live", FunctionVersion: "1" });
  await world.call("UpdateAlias", { FunctionName, Name: "live", FunctionVersion: "$LATEST" });
  await world.call("PutFunctionConcurrency", { FunctionName, ReservedConcurrentExecutions: 5 });
  await world.call("PutProvisionedConcurrencyConfig", {
    FunctionName,
    Qualifier: "1",
    ProvisionedConcurrentExecutions: 1,
  });
  await world.call("PutFunctionEventInvokeConfig", { FunctionName, MaximumRetryAttempts: 0 });
  await world.call("PutFunctionRecursionConfig", { FunctionName, RecursiveLoop: "Allow" });
  await world.call("PutRuntimeManagementConfig", { FunctionName, UpdateRuntimeOn: "FunctionUpdate" });
  await world.call("CreateFunctionUrlConfig", { FunctionName, AuthType: "NONE" });
  assert.deepEqual(await revisions(), before);
  assert.equal(generation(), running);
  assert.equal((await publish()).Version, "1");
  await world.call("DeleteFunction", { FunctionName });
  await world.create("f");
  assert.deepEqual(await world.call("ListAliases", { FunctionName }), { Aliases: [] });
  assert.deepEqual(await world.call("GetFunctionConcurrency", { FunctionName }), {});
  await assert.rejects(world.call("GetFunctionUrlConfig", { FunctionName }), { status: 404 });
  assert.equal((await world.call("GetFunctionRecursionConfig", { FunctionName })).RecursiveLoop, "Terminate");
});

test("a version with SnapStart is prepared first, also across a restart, and $LATEST stays as it was", async () => {
  await world.create("snap", { Runtime: "python3.12", SnapStart: { ApplyOn: "PublishedVersions" } });
  const latest = await world.settled("snap");
  const published = await world.call("PublishVersion", { FunctionName: "snap" });
  assert.equal(published.State, "Pending");
  assert.equal(published.StateReasonCode, "Creating");
  assert.equal("LastUpdateStatus" in published, false);
  const resolve = (functionName: string) =>
    world.functions.catalog.resolve({ account: ACCOUNT, region: REGION, functionName });
  assert.throws(() => resolve("snap:1"), {
    code: "SnapStartNotReadyException",
    status: 409,
    message:
      "Lambda is initializing your function. It will be ready to invoke once your function state becomes ACTIVE.",
  });
  // The other version and $LATEST are not held up by it.
  assert.equal(resolve("snap").version, "$LATEST");
  await world.start();
  const Qualifier = "1";
  for (;;) {
    const version = await world.call("GetFunctionConfiguration", { FunctionName: "snap", Qualifier });
    if (version.State === "Active") {
      assert.deepEqual(version.SnapStart, { ApplyOn: "PublishedVersions", OptimizationStatus: "On" });
      assert.equal(version.RevisionId, published.RevisionId);
      break;
    }
    await new Promise((done) => setImmediate(done));
  }
  assert.equal(resolve("snap:1").version, "1");
  const { RevisionId, State, LastUpdateStatus, SnapStart } = await world.settled("snap");
  // Publishing itself gives $LATEST another revision; the preparation does not.
  assert.notEqual(RevisionId, latest.RevisionId);
  assert.deepEqual([State, LastUpdateStatus, SnapStart], ["Active", "Successful", latest.SnapStart]);
  assert.deepEqual(latest.SnapStart, { ApplyOn: "PublishedVersions", OptimizationStatus: "Off" });
});
