import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { functionLimits, type ObjectReader, ServiceError } from "../../src/base/index.ts";
import { removeTree } from "../../src/base/remove-tree.ts";
import { ACCOUNT, CODE, FunctionsWorld, REGION } from "../../testkit/functions-world.ts";
import { zip, zipOf } from "../../testkit/zip-writer.ts";

const OTHER = zipOf({ "index.mjs": "export const handler = async () => 2;\n" });
const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const objects = new Map<string, Uint8Array | Error>();
const reader: ObjectReader = {
  async read({ bucket, key, versionId, mostBytes }) {
    const found = objects.get([bucket, key, versionId].join("/"));
    if (found === undefined) {
      throw new ServiceError({
        code: "NoSuchKey",
        status: 404,
        message: "The specified key does not exist.",
      });
    }
    if (found instanceof Error) throw found;
    assert.equal(mostBytes, 262_144_000);
    return found;
  },
};
let world: FunctionsWorld;

beforeEach(async () => {
  world = await FunctionsWorld.open({ objects: reader });
});
afterEach(async () => {
  objects.clear();
  await world.close();
});

const packages = async () => (await readdir(world.packages)).sort();
const blobs = async () => (await readdir(join(world.directory, "blobs"))).sort();
const both = async () => [await packages(), await blobs()];
const resolve = (functionName: string) =>
  world.functions.catalog.resolve({ account: ACCOUNT, region: REGION, functionName });

/** Until what goes on in the background has come to rest. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((done) => setImmediate(done));
}

test("one package is kept once, however many functions are made of it at the same time", async () => {
  await Promise.all(["a", "b", "c", "d"].map((name) => world.create(name)));
  await world.create("e", {}, { account: "999999999999" });
  assert.deepEqual(await both(), [[hash(CODE)], [hash(CODE)]]);
  const directories = await Promise.all(
    ["a", "b", "c", "d"].map((name) => world.functions.catalog.codeDirectory(resolve(name))),
  );
  assert.deepEqual(new Set(directories), new Set([join(world.packages, hash(CODE))]));
});

test("a lost unpacked package is unpacked again from its blob, once", async () => {
  await world.create("f");
  await removeTree(join(world.packages, hash(CODE)));
  const target = resolve("f");
  const directories = await Promise.all(
    Array.from({ length: 5 }, () => world.functions.catalog.codeDirectory(target)),
  );
  assert.equal(new Set(directories).size, 1);
  assert.deepEqual(await readdir(directories[0] ?? ""), ["index.mjs"]);
  assert.deepEqual(await packages(), [hash(CODE)]);
});

test("a package outlives its last function by as long as an invocation may run, and no longer", async () => {
  await world.create("f");
  await world.create("g");
  await world.call("DeleteFunction", { FunctionName: "f" });
  await world.clock.advance(functionLimits.unusedPackageKeepMs * 2);
  assert.deepEqual(await both(), [[hash(CODE)], [hash(CODE)]]);
  await world.call("UpdateFunctionCode", { FunctionName: "g", ZipFile: OTHER });
  await world.settled("g");
  assert.deepEqual(await packages(), [hash(CODE), hash(OTHER)].sort());
  await world.clock.advance(functionLimits.unusedPackageKeepMs - 1);
  assert.deepEqual(await packages(), [hash(CODE), hash(OTHER)].sort());
  await world.clock.advance(1);
  await until(async () => (await packages()).length === 1);
  assert.deepEqual(await both(), [[hash(OTHER)], [hash(OTHER)]]);
});

test("a package that is wanted again in time stays, and its time starts over", async () => {
  await world.create("f");
  await world.call("DeleteFunction", { FunctionName: "f" });
  await world.clock.advance(functionLimits.unusedPackageKeepMs - 10);
  await world.create("f");
  await world.call("DeleteFunction", { FunctionName: "f" });
  await world.clock.advance(functionLimits.unusedPackageKeepMs - 10);
  assert.deepEqual(await packages(), [hash(CODE)]);
  await world.create("f");
  await world.clock.advance(functionLimits.unusedPackageKeepMs * 2);
  assert.deepEqual(await both(), [[hash(CODE)], [hash(CODE)]]);
});

test("versions keep their packages", async () => {
  await world.create("f", { Publish: true });
  await world.call("UpdateFunctionCode", { FunctionName: "f", ZipFile: OTHER });
  await world.settled("f");
  await world.clock.advance(functionLimits.unusedPackageKeepMs * 2);
  assert.deepEqual(await packages(), [hash(CODE), hash(OTHER)].sort());
  await world.call("DeleteFunction", { FunctionName: "f", Qualifier: "1" });
  await world.clock.advance(functionLimits.unusedPackageKeepMs);
  await until(async () => (await packages()).length === 1);
});

test("a refused package leaves nothing behind", async () => {
  const refusals: readonly [Uint8Array, string, string][] = [
    [
      Buffer.from("no zip at all"),
      "InvalidParameterValueException",
      "Could not unzip uploaded file. Please check your file, then try to upload again.",
    ],
    [
      zip([
        { name: "ok", content: "x".repeat(3_000_000) },
        { name: "bad", content: "y", crc32: 1 },
      ]),
      "InvalidParameterValueException",
      "Could not unzip uploaded file. Please check your file, then try to upload again.",
    ],
    [
      zip([{ name: "../evil", content: "x" }]),
      "InvalidParameterValueException",
      "Could not unzip uploaded file. Please check your file, then try to upload again.",
    ],
    [zip([]), "InvalidParameterValueException", "Uploaded file must be a non-empty zip"],
    [
      zip([{ name: "a", content: "a", size: 262_144_001 }]),
      "InvalidParameterValueException",
      "Unzipped size must be smaller than 262144000 bytes",
    ],
    [
      new Uint8Array(52_428_801),
      "RequestEntityTooLargeException",
      "Zipped size must be smaller than 52428800 bytes",
    ],
  ];
  for (const [ZipFile, code, message] of refusals) {
    await assert.rejects(world.create("f", { Code: { ZipFile } }), { code, message });
    assert.deepEqual(await packages(), []);
    await assert.rejects(blobs(), { code: "ENOENT" });
  }
  // 50 MB are not too many bytes, only these are no zip.
  await assert.rejects(world.create("f", { Code: { ZipFile: new Uint8Array(52_428_800) } }), {
    message: "Could not unzip uploaded file. Please check your file, then try to upload again.",
  });
});

test("packages come from S3, in the version that is named", async () => {
  objects.set("b/k/", CODE);
  objects.set("b/k/v2", OTHER);
  const first = await world.create("f", { Code: { S3Bucket: "b", S3Key: "k" } });
  assert.equal(first.CodeSize, CODE.byteLength);
  assert.equal(Buffer.from(first.CodeSha256, "base64").toString("hex"), hash(CODE));
  await world.call("UpdateFunctionCode", {
    FunctionName: "f",
    S3Bucket: "b",
    S3Key: "k",
    S3ObjectVersion: "v2",
  });
  assert.equal((await world.settled("f")).CodeSize, OTHER.byteLength);
});

test("what S3 says is passed on in Lambda's words", async () => {
  await assert.rejects(world.create("f", { Code: { S3Bucket: "b", S3Key: "missing" } }), {
    code: "InvalidParameterValueException",
    status: 400,
    message:
      "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
  });
  objects.set("b/large/", new ServiceError({ code: "EntityTooLarge", status: 400, message: "" }));
  await assert.rejects(world.create("f", { Code: { S3Bucket: "b", S3Key: "large" } }), {
    message: "Unzipped size must be smaller than 262144000 bytes",
  });
  objects.set("b/broken/", new Error("disk on fire"));
  await assert.rejects(world.create("f", { Code: { S3Bucket: "b", S3Key: "broken" } }), {
    message: "disk on fire",
  });
});

test("a start clears half-made and unused packages and keeps the others", async () => {
  await world.create("f");
  await world.create("g", { Code: { ZipFile: OTHER } });
  await world.call("DeleteFunction", { FunctionName: "g" });
  await mkdir(join(world.packages, ".unpacking-0123", "half"), { recursive: true });
  await writeFile(join(world.packages, ".unpacking-0123", "half", "file"), "x", { mode: 0o400 });
  await mkdir(join(world.packages, ".discarded-4567"), { mode: 0o500 });
  await world.start();
  await until(async () => (await packages()).length === 1);
  assert.deepEqual(await both(), [[hash(CODE)], [hash(CODE)]]);
});

test("the account's storage has an end", async () => {
  // Sizes are counted, not bytes on disk: a document may claim any.
  await world.create("f");
  const key = `${ACCOUNT}/${REGION}/lambda/function/f`;
  const entry = await world.state.get(key);
  const document = structuredClone(entry?.value) as any;
  document.sequence += 1;
  document.latest.code.sizeBytes = functionLimits.codeStorageBytes - CODE.byteLength;
  await world.state.put(key, document);
  await world.create("fits");
  await assert.rejects(world.create("full"), {
    code: "CodeStorageExceededException",
    status: 400,
    message: "Code storage limit exceeded.",
  });
  await assert.rejects(
    world.call("UpdateFunctionCode", { FunctionName: "fits", ZipFile: OTHER, Publish: true }),
    {
      code: "CodeStorageExceededException",
    },
  );
  await world.create("full", {}, { region: "us-east-1" });
});
