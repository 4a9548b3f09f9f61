import assert from "node:assert/strict";
import { lstat, mkdir, readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { functionLimits } from "../../src/base/index.ts";
import { removeTree } from "../../src/base/remove-tree.ts";
import { mergedName } from "../../src/functions/package/layer-tree.ts";
import { ACCOUNT, FunctionsWorld, REGION } from "../../testkit/functions-world.ts";
import { DIRECTORY, SYMBOLIC_LINK, type ZipEntry, zip } from "../../testkit/zip-writer.ts";

let world: FunctionsWorld;

beforeEach(async () => {
  world = await FunctionsWorld.open();
});
afterEach(() => world.close());

const publish = async (LayerName: string, entries: readonly ZipEntry[]) => {
  const { LayerVersionArn, Content } = await world.call("PublishLayerVersion", {
    LayerName,
    Content: { ZipFile: zip(entries) },
  });
  const sha256 = Buffer.from(Content.CodeSha256, "base64").toString("hex");
  return { arn: LayerVersionArn as string, sha256 };
};
const directoryOf = (functionName: string) =>
  world.functions.catalog.layersDirectory(
    world.functions.catalog.resolve({ account: ACCOUNT, region: REGION, functionName }),
  );
const packages = async () => (await readdir(world.packages)).sort();

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((done) => setImmediate(done));
}

test("layers are laid over one another once, by hard links, whoever has the same ones", async () => {
  const a = await publish("a", [
    { name: "dir/", mode: DIRECTORY | 0o755 },
    { name: "dir/only-a", content: "a", mode: 0o100640 },
    { name: "dir/both", content: "a" },
    { name: "becomes-directory", content: "a" },
    { name: "becomes-file/inside", content: "a" },
    { name: "becomes-link/inside", content: "a" },
    { name: "real/inside", content: "a" },
    { name: "link", content: "real", mode: SYMBOLIC_LINK | 0o777 },
  ]);
  const b = await publish("b", [
    { name: "dir/", mode: DIRECTORY | 0o711 },
    { name: "dir/both", content: "b", mode: 0o100755 },
    { name: "becomes-directory/inside", content: "b" },
    { name: "becomes-file", content: "b" },
    { name: "becomes-link", content: "dir/both", mode: SYMBOLIC_LINK | 0o777 },
    { name: "link/inside", content: "b" },
  ]);
  await Promise.all([
    world.create("f", { Layers: [a.arn, b.arn] }),
    world.create("g", { Layers: [a.arn, b.arn] }),
  ]);
  await world.create("single", { Layers: [b.arn] });
  await world.create("none");
  const [merged = "", same, single, none] = await Promise.all(["f", "g", "single", "none"].map(directoryOf));
  assert.equal(merged, join(world.packages, mergedName([a.sha256, b.sha256])));
  assert.equal(same, merged);
  assert.equal(single, join(world.packages, b.sha256));
  assert.equal(none, undefined);

  const text = (path: string) => readFile(join(merged, path), "utf8");
  assert.equal(await text("dir/only-a"), "a");
  assert.equal(await text("dir/both"), "b");
  assert.equal(await text("becomes-directory/inside"), "b");
  assert.equal(await text("becomes-file"), "b");
  assert.equal(await readlink(join(merged, "becomes-link")), "dir/both");
  // A link of an earlier layer gives way to a later directory: nothing is written where it leads.
  assert.equal((await lstat(join(merged, "link"))).isDirectory(), true);
  assert.deepEqual(await readdir(join(merged, "real")), ["inside"]);
  assert.equal(await text("real/inside"), "a");
  assert.equal(await text("link/inside"), "b");
  const mode = async (path: string) => ((await stat(join(merged, path))).mode & 0o777).toString(8);
  assert.deepEqual(await Promise.all(["dir", "dir/only-a", "dir/both", "."].map(mode)), [
    "511",
    "440",
    "555",
    "555",
  ]);
  const inode = async (...path: string[]) => (await stat(join(world.packages, ...path))).ino;
  assert.equal(
    await inode(mergedName([a.sha256, b.sha256]), "dir/only-a"),
    await inode(a.sha256, "dir/only-a"),
  );
  // The other order is another tree.
  await world.create("turned", { Layers: [b.arn, a.arn] });
  assert.equal(await readFile(join((await directoryOf("turned")) ?? "", "dir/both"), "utf8"), "a");
});

test("hostile layers are refused like packages", async () => {
  for (const entry of [
    { name: "../out", content: "x" },
    { name: "/abs", content: "x" },
    { name: "l", content: "../../etc", mode: SYMBOLIC_LINK | 0o777 },
    { name: "l", content: "/etc/passwd", mode: SYMBOLIC_LINK | 0o777 },
    { name: "pipe", content: "", mode: 0o010644 },
  ]) {
    await assert.rejects(publish("hostile", [entry]), { code: "InvalidParameterValueException" }, entry.name);
  }
  assert.deepEqual(await packages(), []);
  // A refused one takes no number.
  assert.match((await publish("hostile", [{ name: "fine", content: "x" }])).arn, /:1$/);
});

test("a layer stays as long as a version, a function or a function's version has it", async () => {
  const a = await publish("a", [{ name: "x", content: "a" }]);
  const b = await publish("b", [{ name: "y", content: "b" }]);
  const merged = mergedName([a.sha256, b.sha256]);
  const { CodeSha256 } = await world.create("f", { Layers: [a.arn, b.arn], Publish: true });
  const code = Buffer.from(CodeSha256, "base64").toString("hex");
  const all = [a.sha256, b.sha256, code, merged].sort();
  assert.deepEqual(await packages(), all);
  for (const LayerName of ["a", "b"]) await world.call("DeleteLayerVersion", { LayerName, VersionNumber: 1 });
  await world.call("UpdateFunctionConfiguration", { FunctionName: "f", Layers: [] });
  await world.settled("f");
  await world.clock.advance(functionLimits.unusedPackageKeepMs + 1);
  assert.deepEqual(await packages(), all);
  assert.deepEqual(await readdir((await directoryOf("f:1")) ?? ""), ["x", "y"]);

  // So it is after a restart, and a lost tree is made again.
  await removeTree(join(world.packages, merged));
  await mkdir(join(world.packages, ".unpacking-0123"));
  await writeFile(join(world.packages, ".unpacking-0123", "half"), "x");
  await world.start();
  assert.deepEqual(await readdir((await directoryOf("f:1")) ?? ""), ["x", "y"]);
  await until(async () => (await packages()).length === all.length);
  assert.deepEqual(await packages(), all);

  await world.call("DeleteFunction", { FunctionName: "f", Qualifier: "1" });
  await world.clock.advance(functionLimits.unusedPackageKeepMs + 1);
  await until(async () => (await packages()).length === 1);
  assert.deepEqual(await packages(), [code]);
  assert.deepEqual(await readdir(join(world.directory, "blobs")), [code]);
});

test("versions, policies and numbers given away outlive a restart", async () => {
  await publish("a", [{ name: "x", content: "1" }]);
  await publish("a", [{ name: "x", content: "2" }]);
  await world.call("AddLayerVersionPermission", {
    LayerName: "a",
    VersionNumber: 1,
    StatementId: "all",
    Action: "lambda:GetLayerVersion",
    Principal: "*",
  });
  await world.call("DeleteLayerVersion", { LayerName: "a", VersionNumber: 2 });
  await world.start();
  const { LayerVersions } = await world.call("ListLayerVersions", { LayerName: "a" });
  assert.deepEqual(
    LayerVersions.map(({ Version }: { Version: number }) => Version),
    [1],
  );
  const { Policy } = await world.call("GetLayerVersionPolicy", { LayerName: "a", VersionNumber: 1 });
  assert.match(Policy, /"Sid":"all"/);
  assert.match((await publish("a", [{ name: "x", content: "3" }])).arn, /:3$/);
});

test("another account may use a layer version when its policy says so, and only then", async () => {
  const other = { account: "111122223333" };
  const { arn } = await publish("shared", [{ name: "x", content: "1" }]);
  const LayerName = arn.slice(0, arn.lastIndexOf(":"));
  const get = () => world.call("GetLayerVersionByArn", { Arn: arn }, other);
  const denied = {
    code: "AccessDeniedException",
    message: `User: arn:aws:iam::111122223333:user/tester is not authorized to perform: lambda:GetLayerVersion on resource: ${arn} because no resource-based policy allows the lambda:GetLayerVersion action`,
  };
  await assert.rejects(get, denied);
  await assert.rejects(world.create("f", { Layers: [arn] }, other), denied);
  const allow = (StatementId: string, Principal: string, OrganizationId?: string) =>
    world.call("AddLayerVersionPermission", {
      LayerName: "shared",
      VersionNumber: 1,
      StatementId,
      Action: "lambda:GetLayerVersion",
      Principal,
      OrganizationId,
    });
  await allow("others", "999999999999");
  await allow("organization", "*", "o-1234567890");
  await assert.rejects(get, denied);
  await allow("them", "111122223333");
  assert.equal((await get()).LayerVersionArn, arn);
  const { Layers } = await world.create("f", { Layers: [arn] }, other);
  assert.equal(Layers[0].Arn, arn);
  // Reading is all that can be shared.
  for (const [operation, input] of [
    ["ListLayerVersions", { LayerName }],
    ["DeleteLayerVersion", { LayerName, VersionNumber: 1 }],
    ["GetLayerVersionPolicy", { LayerName, VersionNumber: 1 }],
    ["PublishLayerVersion", { LayerName, Content: { ZipFile: zip([{ name: "x", content: "1" }]) } }],
  ] as const) {
    await assert.rejects(world.call(operation, input, other), { code: "AccessDeniedException" }, operation);
  }
  await world.call("RemoveLayerVersionPermission", {
    LayerName: "shared",
    VersionNumber: 1,
    StatementId: "them",
  });
  await assert.rejects(get, denied);
  // What the function has it keeps, but it cannot be given it again.
  await world.call("UpdateFunctionConfiguration", { FunctionName: "f", Timeout: 4 }, other);
  await world.settled("f", other);
  await assert.rejects(
    world.call("UpdateFunctionConfiguration", { FunctionName: "f", Layers: [arn] }, other),
    denied,
  );
});

test("layers count in the account's storage", async () => {
  await publish("a", [{ name: "x", content: "1" }]);
  const key = `${ACCOUNT}/${REGION}/lambda/layer-version/1-a`;
  const document = structuredClone((await world.state.get(key))?.value) as any;
  document.code.sizeBytes = functionLimits.codeStorageBytes - 10;
  await world.state.put(key, document);
  await until(() =>
    publish("b", [{ name: "x", content: "1" }]).then(
      () => false,
      () => true,
    ),
  );
  const full = { code: "CodeStorageExceededException", message: "Code storage limit exceeded." };
  await assert.rejects(publish("b", [{ name: "x", content: "1" }]), full);
  await assert.rejects(world.create("f"), full);
  await world.call("DeleteLayerVersion", { LayerName: "a", VersionNumber: 1 });
  await world.create("f");
});
