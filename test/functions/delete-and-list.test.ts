import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ACCOUNT, FunctionsWorld, REGION } from "../../testkit/functions-world.ts";
import { zipOf } from "../../testkit/zip-writer.ts";

const ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function`;
let world: FunctionsWorld;

beforeEach(async () => {
  world = await FunctionsWorld.open();
});
afterEach(() => world.close());

const publish = async (name: string, body: string) => {
  await world.call("UpdateFunctionCode", {
    FunctionName: name,
    ZipFile: zipOf({ "index.mjs": body }),
    Publish: true,
  });
  await world.settled(name);
};

test("DeleteFunction takes the function with all its versions", async () => {
  await world.create("f", { Publish: true });
  await publish("f", "2");
  const superseded: string[] = [];
  world.functions.catalog.onSuperseded(({ version }) => superseded.push(version));
  assert.deepEqual(await world.call("DeleteFunction", { FunctionName: "f" }), { StatusCode: 204 });
  assert.deepEqual(superseded.sort(), ["$LATEST", "1", "2"]);
  await assert.rejects(world.call("GetFunction", { FunctionName: "f" }), { status: 404 });
  await assert.rejects(world.call("DeleteFunction", { FunctionName: "f" }), {
    code: "ResourceNotFoundException",
    message: `Function not found: ${ARN}:f`,
  });
  await world.functions.close();
  assert.deepEqual(world.state.keys, []);
});

test("DeleteFunction takes one version, as often as it is asked", async () => {
  await world.create("f", { Publish: true });
  await publish("f", "2");
  for (const Qualifier of ["1", "1", "99"]) {
    assert.deepEqual(await world.call("DeleteFunction", { FunctionName: "f", Qualifier }), {
      StatusCode: 204,
    });
  }
  await assert.rejects(world.call("GetFunction", { FunctionName: "f:1" }), { status: 404 });
  assert.equal((await world.call("GetFunction", { FunctionName: "f:2" })).Configuration.Version, "2");
  // A number is not given twice.
  await world.call("DeleteFunction", { FunctionName: "f:2" });
  await publish("f", "3");
  assert.equal((await world.call("GetFunction", { FunctionName: "f:3" })).Configuration.Version, "3");
  await world.functions.close();
  assert.equal(world.state.keys.length, 2);
});

test("DeleteFunction knows what it does not delete", async () => {
  await world.create("f");
  await assert.rejects(world.call("DeleteFunction", { FunctionName: "f", Qualifier: "$LATEST" }), {
    code: "InvalidParameterValueException",
    message: "$LATEST version cannot be deleted without deleting the function.",
  });
  for (const FunctionName of ["f", "missing"]) {
    await assert.rejects(world.call("DeleteFunction", { FunctionName, Qualifier: "live" }), {
      code: "InvalidParameterValueException",
      message: "Deletion of aliases is not currently supported.",
    });
  }
  await assert.rejects(world.call("DeleteFunction", { FunctionName: "missing", Qualifier: "4" }), {
    message: `Function not found: ${ARN}:missing`,
  });
});

test("ListFunctions pages by name, without states, per account and region", async () => {
  const names = Array.from({ length: 53 }, (_, index) => `f-${String(index).padStart(2, "0")}`);
  await Promise.all([...names].reverse().map((name) => world.create(name)));
  await world.create("elsewhere", {}, { region: "us-east-1" });

  const first = await world.call("ListFunctions", {});
  assert.equal(first.Functions.length, 50);
  const second = await world.call("ListFunctions", { Marker: first.NextMarker, MaxItems: 10_000 });
  assert.equal("NextMarker" in second, false);
  const items = [...first.Functions, ...second.Functions];
  assert.deepEqual(
    items.map(({ FunctionName }: { FunctionName: string }) => FunctionName),
    names,
  );
  const [item] = items;
  assert.equal(item.FunctionArn, `${ARN}:f-00`);
  assert.equal(item.Version, "$LATEST");
  for (const member of ["State", "LastUpdateStatus", "StateReason", "RuntimeVersionConfig"]) {
    assert.equal(member in item, false, member);
  }

  // What comes and goes between pages neither repeats nor hides the others.
  const page = await world.call("ListFunctions", { MaxItems: 2 });
  await world.call("DeleteFunction", { FunctionName: "f-01" });
  await world.create("f-00a");
  const next = await world.call("ListFunctions", { MaxItems: 2, Marker: page.NextMarker });
  assert.deepEqual(
    next.Functions.map(({ FunctionName }: { FunctionName: string }) => FunctionName),
    ["f-02", "f-03"],
  );
  assert.deepEqual(await world.call("ListFunctions", { MasterRegion: "us-east-1" }), { Functions: [] });
  assert.equal((await world.call("ListFunctions", { MasterRegion: "ALL", MaxItems: 3 })).Functions.length, 3);
});

test("ListFunctions with FunctionVersion=ALL lists versions between the functions", async () => {
  await world.create("a", { Publish: true });
  await publish("a", "2");
  await world.create("b");
  const expected = ["a:$LATEST", "a:1", "a:2", "b:$LATEST"].map((name) => `${ARN}:${name}`);
  for (const MaxItems of [1, 2, 3, 4, 50]) {
    const arns: string[] = [];
    let Marker: string | undefined;
    do {
      const input = {
        FunctionVersion: "ALL" as const,
        MaxItems,
        ...(Marker === undefined ? {} : { Marker }),
      };
      const page = await world.call("ListFunctions", input);
      assert.ok(page.Functions.length <= MaxItems);
      for (const { FunctionArn } of page.Functions) arns.push(FunctionArn);
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    assert.deepEqual(arns, expected);
  }
});

test("a marker that nobody gave out is refused", async () => {
  for (const Marker of ["nonsense", "e30", Buffer.from("null").toString("base64url")]) {
    await assert.rejects(world.call("ListFunctions", { Marker }), { code: "InvalidParameterValueException" });
  }
});
