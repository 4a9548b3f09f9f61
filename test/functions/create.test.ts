import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { createLog } from "../../src/base/index.ts";
import { ACCOUNT, CODE, FunctionsWorld, REGION, ROLE } from "../../testkit/functions-world.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function`;
const lines: string[] = [];
let world: FunctionsWorld;
let created = 0;

before(async () => {
  world = await FunctionsWorld.open({
    log: createLog({ level: "debug", format: "json", write: (line) => lines.push(line) }),
  });
});
after(() => world.close());

const create = (changes: Record<string, unknown> = {}) => {
  const name = `made-${++created}`;
  return world.create(name, changes);
};
const refused = (
  changes: Record<string, unknown>,
  message: string | RegExp,
  code = "InvalidParameterValueException",
) => assert.rejects(create(changes), { code, message });

test("the answer has every default, and the function becomes Active", async () => {
  const answer = await world.call("CreateFunction", {
    FunctionName: "f",
    Role: ROLE,
    Runtime: "nodejs22.x",
    Handler: "index.handler",
    Code: { ZipFile: CODE },
  });
  assert.match(answer.RevisionId, UUID);
  const { RevisionId: _, RuntimeVersionConfig, ...rest } = answer;
  assert.match(RuntimeVersionConfig.RuntimeVersionArn, /^arn:aws:lambda:eu-west-1::runtime:[0-9a-f]{64}$/);
  assert.deepEqual(rest, {
    FunctionName: "f",
    FunctionArn: `${ARN}:f`,
    Runtime: "nodejs22.x",
    Role: ROLE,
    Handler: "index.handler",
    CodeSize: CODE.byteLength,
    Description: "",
    Timeout: 3,
    MemorySize: 128,
    LastModified: "2026-01-15T12:00:00.000+0000",
    CodeSha256: createHash("sha256").update(CODE).digest("base64"),
    Version: "$LATEST",
    TracingConfig: { Mode: "PassThrough" },
    State: "Pending",
    StateReason: "The function is being created.",
    StateReasonCode: "Creating",
    PackageType: "Zip",
    Architectures: ["x86_64"],
    EphemeralStorage: { Size: 512 },
    SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    LoggingConfig: { LogFormat: "Text", LogGroup: "/aws/lambda/f" },
  });

  const settled = await world.settled("f");
  assert.equal(settled.State, "Active");
  assert.equal(settled.LastUpdateStatus, "Successful");
  assert.equal("StateReason" in settled || "StateReasonCode" in settled, false);
  assert.notEqual(settled.RevisionId, answer.RevisionId);
});

test("everything given is kept and shown", async () => {
  const given = {
    Description: "adds numbers",
    Timeout: 900,
    MemorySize: 10_240,
    EphemeralStorage: { Size: 1_024 },
    Architectures: ["arm64"],
    Environment: { Variables: { STAGE: "test", EMPTY: "" } },
    TracingConfig: { Mode: "Active" },
    LoggingConfig: { LogFormat: "JSON", ApplicationLogLevel: "DEBUG", LogGroup: "my/group" },
    VpcConfig: { SubnetIds: ["subnet-b", "subnet-a"], SecurityGroupIds: ["sg-1"] },
    Tags: { team: "blue" },
  };
  const shown = await create(given);
  assert.equal(shown.Description, given.Description);
  assert.equal(shown.Timeout, 900);
  assert.equal(shown.MemorySize, 10_240);
  assert.deepEqual(shown.EphemeralStorage, given.EphemeralStorage);
  assert.deepEqual(shown.Architectures, ["arm64"]);
  assert.deepEqual(shown.Environment, given.Environment);
  assert.deepEqual(shown.TracingConfig, { Mode: "Active" });
  assert.deepEqual(shown.LoggingConfig, { ...given.LoggingConfig, SystemLogLevel: "INFO" });
  const { VpcId, ...vpc } = shown.VpcConfig;
  assert.match(VpcId, /^vpc-[0-9a-f]{17}$/);
  assert.deepEqual(vpc, { ...given.VpcConfig, Ipv6AllowedForDualStack: false });
  const { Tags, Code } = await world.call("GetFunction", { FunctionName: shown.FunctionName });
  assert.deepEqual(Tags, { team: "blue" });
  assert.equal(Code.RepositoryType, "S3");
  const expires = new URL(Code.Location).searchParams.get("expires");
  assert.equal(Number(expires), world.clock.now() + 600_000);
  const said = lines.find((line) => line.includes("settings without effect"));
  assert.match(said ?? "", /VpcConfig.*TracingConfig/);
});

test("the same name again is a conflict, also at the same moment", async () => {
  await create();
  await assert.rejects(world.create(`made-${created}`), {
    code: "ResourceConflictException",
    status: 409,
    message: `Function already exist: made-${created}`,
  });
  const attempts = await Promise.allSettled([
    world.create("twin"),
    world.create("twin"),
    world.create("twin"),
  ]);
  assert.equal(attempts.filter(({ status }) => status === "fulfilled").length, 1);
  // The same name elsewhere is another function.
  assert.equal((await world.create("twin", {}, { region: "us-east-1" })).State, "Active");
  assert.equal((await world.create("twin", {}, { account: "999999999999" })).State, "Active");
});

test("a name can be used again right after its function is deleted", async () => {
  const first = await world.create("phoenix", { Publish: true });
  await world.call("DeleteFunction", { FunctionName: "phoenix" });
  const second = await world.create("phoenix");
  assert.notEqual(second.RevisionId, first.RevisionId);
  await assert.rejects(world.call("GetFunction", { FunctionName: "phoenix:1" }), { status: 404 });
});

test("runtimes are told apart: known, no longer, unknown, absent here", async () => {
  for (const runtime of [
    "java8",
    "go1.x",
    "provided",
    "ruby2.7",
    "nodejs12.x",
    "nodejs14.x",
    "python3.7",
    "dotnetcore3.1",
  ]) {
    await refused(
      { Runtime: runtime },
      `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
    );
  }
  await refused(
    { Runtime: "cobol85" },
    /^Value cobol85 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \[.*nodejs22\.x.*\] or be a valid ARN$/,
  );
  await refused(
    { Runtime: undefined },
    "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
  );
  const other = await FunctionsWorld.open({
    runtimes: (runtime) =>
      runtime.startsWith("java") ? { supported: false, detail: "No JVM." } : { supported: true },
  });
  await assert.rejects(other.create("j", { Runtime: "java21" }), {
    code: "InvalidParameterValueException",
    message: "The runtime java21 cannot run on this server: No JVM.",
  });
  await other.create("n");
  await other.close();
});

test("memory and timeout have the service's limits, not the model's", async () => {
  await refused(
    { MemorySize: 10_241 },
    "1 validation error detected: Value '10241' at 'memorySize' failed to satisfy constraint: Member must have value less than or equal to 10240",
    "ValidationException",
  );
  await refused({ Timeout: 901 }, /'timeout'.*less than or equal to 900$/, "ValidationException");
});

test("environment variables: 4 KB of compact JSON, reserved names", async () => {
  const fits = { A1: "x".repeat(4_096 - '{"A1":""}'.length) };
  assert.deepEqual((await create({ Environment: { Variables: fits } })).Environment.Variables, fits);
  const over = { A1: `${fits.A1}x` };
  await refused(
    { Environment: { Variables: over } },
    `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: ${JSON.stringify(over)}`,
  );
  // Bytes count, not characters.
  await refused({ Environment: { Variables: { A1: "é".repeat(2_044) } } }, /exceeded the 4KB limit/);
  await refused(
    { Environment: { Variables: { OK: "1", AWS_REGION: "x", AWS_ACCESS_KEY_ID: "y" } } },
    "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION, AWS_ACCESS_KEY_ID",
  );
  const settable = {
    PATH: "/x",
    TZ: "Europe/Berlin",
    AWS_LAMBDA_EXEC_WRAPPER: "/opt/w",
    LD_LIBRARY_PATH: "/l",
  };
  assert.deepEqual((await create({ Environment: { Variables: settable } })).Environment.Variables, settable);
  assert.deepEqual((await create({ Environment: { Variables: {} } })).Environment, { Variables: {} });
});

test("log levels need JSON", async () => {
  await refused(
    { LoggingConfig: { ApplicationLogLevel: "DEBUG" } },
    'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or change the LogFormat to "JSON" and try again.',
  );
});

test("layers are counted and compared before they are missed", async () => {
  const layer = (name: string, version = 1) => `arn:aws:lambda:${REGION}:${ACCOUNT}:layer:${name}:${version}`;
  await refused(
    { Layers: [1, 2, 3, 4, 5, 6].map((n) => layer(`l${n}`)) },
    "Cannot reference more than 5 layers.",
  );
  await refused(
    { Layers: [layer("l"), layer("l", 2)] },
    `Two different versions of the same layer are not allowed to be referenced in the same function. ${layer("l")} and ${layer("l", 2)} are versions of the same layer.`,
  );
  await refused(
    { Layers: [`arn:aws:lambda:us-east-1:${ACCOUNT}:layer:l:1`] },
    `Layers are not in the same region as the function. Layers are expected to be in region ${REGION}.`,
  );
  await refused({ Layers: [layer("l")] }, `Layer version ${layer("l")} does not exist.`);
  await create({ Layers: [] });
});

test("what the server cannot keep, it refuses by name", async () => {
  const cases: readonly [Record<string, unknown>, RegExp][] = [
    [{ FileSystemConfigs: [{ Arn: "a", LocalMountPath: "/mnt/a" }] }, /^FileSystemConfigs /],
    [{ ImageConfig: { Command: ["a"] } }, /^ImageConfig /],
    [{ PackageType: "Image", Code: { ImageUri: "x" } }, /^PackageType Image /],
    [{ Code: { ImageUri: "x" } }, /^ImageUri /],
    [{ Code: { S3Bucket: "b", S3Key: "k", S3ObjectStorageMode: "REFERENCE" } }, /^S3ObjectStorageMode /],
    [{ CapacityProviderConfig: {} }, /^CapacityProviderConfig /],
    [{ PublishTo: "LATEST_PUBLISHED" }, /^PublishTo /],
  ];
  for (const [changes, message] of cases) await refused(changes, message);
  const arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:code-signing-config:csc-0123456789abcdefg`;
  await refused(
    { CodeSigningConfigArn: arn },
    `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${arn}.`,
    "CodeSigningConfigNotFoundException",
  );
  await refused(
    { SnapStart: { ApplyOn: "PublishedVersions" } },
    "nodejs22.x is not supported for SnapStart enabled functions.",
  );
  const python = await create({ Runtime: "python3.12", SnapStart: { ApplyOn: "PublishedVersions" } });
  assert.deepEqual(python.SnapStart, { ApplyOn: "PublishedVersions", OptimizationStatus: "Off" });
  // What templates send to say "none" is fine.
  await create({
    DeadLetterConfig: { TargetArn: "" },
    KMSKeyArn: "",
    FileSystemConfigs: [],
    ImageConfig: {},
  });
});

test("tags are limited, and not all names are free", async () => {
  const tags = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, "v"]));
  await create({ Tags: tags(50) });
  await refused({ Tags: tags(51) }, "Number of tags exceeds resource tag limit.");
  await refused({ Tags: { "aws:x": "1" } }, /aws: prefixed tag key names are not allowed/);
});

test("there is exactly one source of code", async () => {
  await refused({ Code: {} }, "Please provide a source for function code.");
  await refused(
    { Code: { ZipFile: CODE, S3Bucket: "b", S3Key: "k" } },
    "Please do not provide other FunctionCode parameters when providing a ZipFile.",
  );
  await refused({ Code: { S3Bucket: "b" } }, "S3Bucket and S3Key must be provided together.");
  await refused({ Code: { ZipFile: new Uint8Array(0) } }, "Uploaded file must be a non-empty zip");
});

test("Publish makes version 1 under an unqualified ARN", async () => {
  const answer = await world.call("CreateFunction", {
    FunctionName: "published",
    Role: ROLE,
    Runtime: "nodejs22.x",
    Handler: "index.handler",
    Code: { ZipFile: CODE },
    Publish: true,
  });
  assert.equal(answer.Version, "1");
  assert.equal(answer.FunctionArn, `${ARN}:published`);
  assert.equal(answer.State, "Pending");
  await world.settled("published");
  const version = await world.call("GetFunctionConfiguration", { FunctionName: "published", Qualifier: "1" });
  assert.equal(version.FunctionArn, `${ARN}:published:1`);
  assert.equal(version.State, "Active");
  assert.equal(version.LastUpdateStatus, "Successful");
});

test("no refusal leaves anything behind", async () => {
  const fresh = await FunctionsWorld.open();
  await assert.rejects(fresh.create("a", { Environment: { Variables: { AWS_REGION: "x" } } }));
  await assert.rejects(fresh.create("b", { Code: { ZipFile: Buffer.from("no zip") } }));
  assert.deepEqual(fresh.state.keys, []);
  const list = await fresh.call("ListFunctions", {});
  assert.deepEqual(list, { Functions: [] });
  await fresh.close();
});
