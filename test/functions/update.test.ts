import assert from "node:assert/strict";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import type { FunctionDocument } from "../../src/functions/document.ts";
import { ACCOUNT, FunctionsWorld, REGION } from "../../testkit/functions-world.ts";
import { zipOf } from "../../testkit/zip-writer.ts";

const ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function`;
const NEW_CODE = zipOf({ "index.mjs": "export const handler = async () => 2;\n" });
const STALE = "00000000-0000-4000-8000-000000000000";
let world: FunctionsWorld;

beforeEach(async () => {
  world = await FunctionsWorld.open();
  await world.create("f");
});
afterEach(() => world.close());

const configure = (changes: Record<string, unknown>) =>
  world.call("UpdateFunctionConfiguration", { FunctionName: "f", ...changes });
const upload = (changes: Record<string, unknown> = {}) =>
  world.call("UpdateFunctionCode", { FunctionName: "f", ZipFile: NEW_CODE, ...changes });
const resolve = () =>
  world.functions.catalog.resolve({ account: ACCOUNT, region: REGION, functionName: "f" });

/** Holds back the writes by which states are settled, until the returned function is called. */
function holdSettling(): () => void {
  const gate = Promise.withResolvers<void>();
  world.state.beforeWrite = async ({ value }) => {
    const { latest } = (value ?? {}) as unknown as Partial<FunctionDocument>;
    if (latest?.update === "Successful") await gate.promise;
  };
  return gate.resolve;
}

test("an update of the code goes through InProgress, while what was before serves", async () => {
  const before = await world.call("GetFunctionConfiguration", { FunctionName: "f" });
  const serving = resolve();
  const release = holdSettling();
  const superseded: unknown[] = [];
  world.functions.catalog.onSuperseded((key) => superseded.push(key));
  await world.clock.advance(1_000);
  const answer = await upload();
  assert.equal(answer.State, "Active");
  assert.equal(answer.LastUpdateStatus, "InProgress");
  assert.equal(answer.LastUpdateStatusReason, "The function is being created.");
  assert.equal(answer.LastUpdateStatusReasonCode, "Creating");
  assert.equal(answer.CodeSize, NEW_CODE.byteLength);
  assert.notEqual(answer.CodeSha256, before.CodeSha256);
  assert.notEqual(answer.RevisionId, before.RevisionId);
  assert.notEqual(answer.LastModified, before.LastModified);
  assert.equal(resolve().generation, serving.generation);
  assert.equal(resolve().codeSha256, serving.codeSha256);
  assert.deepEqual(superseded, []);

  release();
  const after = await world.settled("f");
  assert.equal(after.LastUpdateStatus, "Successful");
  assert.equal("LastUpdateStatusReason" in after, false);
  assert.notEqual(after.RevisionId, answer.RevisionId);
  assert.notEqual(resolve().generation, serving.generation);
  assert.deepEqual(superseded, [{ arn: `${ARN}:f`, version: "$LATEST", generation: serving.generation }]);
});

test("during an update nothing else can be updated, but the function can be read, shared and deleted", async () => {
  const release = holdSettling();
  await configure({ Timeout: 10 });
  const conflict = {
    code: "ResourceConflictException",
    status: 409,
    message: `The operation cannot be performed at this time. An update is in progress for resource: ${ARN}:f`,
  };
  await assert.rejects(configure({ Timeout: 20 }), conflict);
  await assert.rejects(upload(), conflict);
  await assert.rejects(upload({ DryRun: true }), conflict);
  await world.call("GetFunction", { FunctionName: "f" });
  await world.call("AddPermission", {
    FunctionName: "f",
    StatementId: "s",
    Action: "lambda:InvokeFunction",
    Principal: "s3.amazonaws.com",
  });
  release();
  const settled = await world.settled("f");
  assert.equal(settled.Timeout, 10);
  assert.equal(settled.LastUpdateStatus, "Successful");
  // The policy that was added meanwhile is still there.
  await world.call("GetPolicy", { FunctionName: "f" });
});

test("a Pending function can be neither invoked nor updated", async () => {
  const gate = Promise.withResolvers<void>();
  world.state.beforeWrite = async ({ value }) => {
    if ((value as unknown as FunctionDocument).latest.state === "Active") await gate.promise;
  };
  const creation = world.create("p");
  while (world.state.keys.length < 2) await new Promise((resolve) => setImmediate(resolve));
  const conflict = {
    code: "ResourceConflictException",
    status: 409,
    message:
      "The operation cannot be performed at this time. The function is currently in the following state: Pending",
  };
  await assert.rejects(
    async () => world.functions.catalog.resolve({ account: ACCOUNT, region: REGION, functionName: "p" }),
    conflict,
  );
  await assert.rejects(
    world.call("UpdateFunctionConfiguration", { FunctionName: "p", Timeout: 5 }),
    conflict,
  );
  await assert.rejects(world.call("UpdateFunctionCode", { FunctionName: "p", ZipFile: NEW_CODE }), conflict);
  gate.resolve();
  assert.equal((await creation).State, "Active");
});

test("a stale revision is refused before anything else happens", async () => {
  const { RevisionId } = await world.call("GetFunctionConfiguration", { FunctionName: "f" });
  const stale = {
    code: "PreconditionFailedException",
    status: 412,
    message:
      "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
  };
  await assert.rejects(configure({ RevisionId: STALE, Timeout: 5 }), stale);
  await assert.rejects(upload({ RevisionId: STALE }), stale);
  await configure({ RevisionId, Timeout: 5 });
  await world.settled("f");
  await assert.rejects(configure({ RevisionId, Timeout: 6 }), stale);
});

test("of updates at the same moment one gets through", async () => {
  for (let round = 0; round < 10; round++) {
    const attempts = await Promise.allSettled([
      configure({ Timeout: 11 }),
      configure({ Timeout: 12 }),
      upload(),
      configure({ Timeout: 13 }),
    ]);
    const losers = attempts.filter((attempt) => attempt.status === "rejected");
    for (const { reason } of losers)
      assert.equal((reason as { code: string }).code, "ResourceConflictException");
    assert.ok(losers.length < attempts.length, "somebody has to win");
    await world.settled("f");
  }
});

test("a write that was beaten starts over on what the other one left", async () => {
  // Another node changes the document between our read and our write.
  const key = `${ACCOUNT}/${REGION}/lambda/function/f`;
  let interfered = false;
  world.state.beforeWrite = async () => {
    if (interfered) return;
    interfered = true;
    const entry = await world.state.get(key);
    assert.ok(entry);
    const document = entry.value as unknown as FunctionDocument;
    await world.state.put(
      key,
      { ...document, sequence: document.sequence + 1, tags: { by: "another node" } } as never,
      { ifRev: entry.rev },
    );
  };
  await configure({ Timeout: 21 });
  const { Tags, Configuration } = await world.call("GetFunction", { FunctionName: "f" });
  assert.deepEqual(Tags, { by: "another node" });
  assert.equal(Configuration.Timeout, 21);
});

test("what a configuration update leaves out stays, and empty values clear", async () => {
  const set = {
    Description: "d",
    MemorySize: 512,
    Environment: { Variables: { A1: "1" } },
    VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] },
    Layers: [],
    DeadLetterConfig: {},
  };
  await configure(set);
  const settled = await world.settled("f");
  await configure({ Timeout: 30 });
  const kept = await world.settled("f");
  assert.deepEqual({ ...kept, Timeout: 3, RevisionId: "" }, { ...settled, RevisionId: "" });
  await configure({
    Description: "",
    Environment: { Variables: {} },
    VpcConfig: { SubnetIds: [], SecurityGroupIds: [] },
    KMSKeyArn: "",
  });
  const cleared = await world.settled("f");
  assert.equal(cleared.Description, "");
  assert.deepEqual(cleared.Environment, { Variables: {} });
  assert.deepEqual(cleared.VpcConfig, {
    SubnetIds: [],
    SecurityGroupIds: [],
    VpcId: "",
    Ipv6AllowedForDualStack: false,
  });
});

test("logging switches between formats with its levels", async () => {
  const logging = async (LoggingConfig: Record<string, string>) => {
    await configure({ LoggingConfig });
    return (await world.settled("f")).LoggingConfig;
  };
  const group = { LogGroup: "/aws/lambda/f" };
  const levels = { ApplicationLogLevel: "INFO", SystemLogLevel: "INFO" };
  assert.deepEqual(await logging({ LogFormat: "JSON" }), { LogFormat: "JSON", ...levels, ...group });
  assert.deepEqual(await logging({ LogFormat: "JSON", ApplicationLogLevel: "DEBUG" }), {
    LogFormat: "JSON",
    ApplicationLogLevel: "DEBUG",
    SystemLogLevel: "INFO",
    ...group,
  });
  assert.deepEqual(await logging({ LogGroup: "g" }), {
    LogFormat: "JSON",
    ApplicationLogLevel: "DEBUG",
    SystemLogLevel: "INFO",
    LogGroup: "g",
  });
  assert.deepEqual(await logging({ LogFormat: "Text" }), { LogFormat: "Text", LogGroup: "g" });
});

test("an update that changes nothing is one all the same, a refused one is none", async () => {
  const before = await world.call("GetFunctionConfiguration", { FunctionName: "f" });
  const { generation } = resolve();
  assert.equal((await configure({})).LastUpdateStatus, "InProgress");
  const after = await world.settled("f");
  assert.notEqual(after.RevisionId, before.RevisionId);
  assert.notEqual(resolve().generation, generation);
  await assert.rejects(configure({ Runtime: "java8" }), { code: "InvalidParameterValueException" });
  await assert.rejects(upload({ ZipFile: Buffer.from("x") }), { code: "InvalidParameterValueException" });
  assert.deepEqual(await world.call("GetFunctionConfiguration", { FunctionName: "f" }), after);
});

test("another runtime brings its own version", async () => {
  const before = await world.settled("f");
  await configure({ Runtime: "python3.12", Handler: "app.handler" });
  const after = await world.settled("f");
  assert.equal(after.Runtime, "python3.12");
  assert.notEqual(
    after.RuntimeVersionConfig.RuntimeVersionArn,
    before.RuntimeVersionConfig.RuntimeVersionArn,
  );
  assert.equal(resolve().runtime, "python3.12");
});

test("a dry run says what would be and changes nothing", async () => {
  const before = await world.settled("f");
  const generation = resolve().generation;
  const keys = world.state.keys;
  const preview = await upload({ DryRun: true, Publish: true });
  assert.equal(preview.CodeSize, NEW_CODE.byteLength);
  assert.deepEqual(await world.settled("f"), before);
  assert.equal(resolve().generation, generation);
  assert.deepEqual(world.state.keys, keys);
  await assert.rejects(upload({ DryRun: true, ZipFile: Buffer.from("x") }), {
    message: "Could not unzip uploaded file. Please check your file, then try to upload again.",
  });
});

test("Publish answers with a version that stays what it is", async () => {
  const first = await upload({ Publish: true });
  assert.equal(first.FunctionArn, `${ARN}:f:1`);
  assert.equal(first.Version, "1");
  assert.equal(first.State, "Pending");
  assert.equal("LastUpdateStatus" in first, false);
  await world.settled("f");
  const version = await world.call("GetFunctionConfiguration", { FunctionName: "f:1" });
  assert.equal(version.State, "Active");
  assert.equal(version.LastUpdateStatus, "Successful");
  // The same again is no other version.
  const again = await upload({ Publish: true });
  assert.equal(again.Version, "1");
  assert.equal(again.RevisionId, version.RevisionId);
  await world.settled("f");
  await configure({ Timeout: 44 });
  await world.settled("f");
  const second = await upload({ Publish: true });
  assert.equal(second.Version, "2");
  await world.settled("f");
  assert.deepEqual(await world.call("GetFunctionConfiguration", { FunctionName: "f:1" }), version);
  const one = world.functions.catalog.resolve({
    account: ACCOUNT,
    region: REGION,
    functionName: "f",
    qualifier: "1",
  });
  assert.equal(one.timeoutMs, 3_000);
  assert.equal(one.invokedArn, `${ARN}:f:1`);
  assert.equal(resolve().timeoutMs, 44_000);
});

test("a package that is gone fails the update and leaves the function serving", async () => {
  const { generation } = resolve();
  const release = holdSettling();
  world.state.afterWrite = async ({ value }) => {
    // Right after the update was stored, before anybody looks at the code again.
    const { latest } = (value ?? {}) as unknown as Partial<FunctionDocument>;
    if (latest?.update !== "InProgress") return;
    await world.blobs.delete(latest.code.sha256);
    await rename(join(world.packages, latest.code.sha256), join(world.packages, "lost"));
  };
  await upload();
  release();
  const failed = await world.settled("f");
  assert.equal(failed.State, "Active");
  assert.equal(failed.LastUpdateStatus, "Failed");
  assert.equal(failed.LastUpdateStatusReasonCode, "InternalError");
  assert.equal(resolve().generation, generation);
  world.state.afterWrite = () => undefined;
  await upload();
  assert.equal((await world.settled("f")).LastUpdateStatus, "Successful");
  assert.notEqual(resolve().generation, generation);
});

test("updates are of functions, not of versions", async () => {
  await upload({ Publish: true });
  await world.settled("f");
  const message =
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.";
  await assert.rejects(configure({ FunctionName: "f:1", Timeout: 5 }), { message });
  await assert.rejects(upload({ FunctionName: `${ARN}:f:1` }), { message });
  assert.equal((await configure({ FunctionName: "f:$LATEST", Timeout: 5 })).Timeout, 5);
});

test("ImageUri is no code for a Zip function", async () => {
  await assert.rejects(world.call("UpdateFunctionCode", { FunctionName: "f", ImageUri: "x" }), {
    message: "Please don't provide ImageUri when updating a function with packageType Zip.",
  });
});
