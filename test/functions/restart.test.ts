import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { FunctionDocument } from "../../src/functions/document.ts";
import { ACCOUNT, CODE, FunctionsWorld, REGION, ROLE } from "../../testkit/functions-world.ts";
import type { PendingWrite } from "../../testkit/memory-storage.ts";
import { zipOf } from "../../testkit/zip-writer.ts";

const NEW_CODE = zipOf({ "index.mjs": "export const handler = async () => 2;\n" });
let world: FunctionsWorld;

beforeEach(async () => {
  world = await FunctionsWorld.open();
});
afterEach(() => world.close());

const latestOf = (write: PendingWrite) =>
  (write.value as unknown as Partial<FunctionDocument> | undefined)?.latest;

/** From now on no write that the condition names ever comes back, as if the process had been killed in it. */
function killIn(
  when: "beforeWrite" | "afterWrite",
  condition: (write: PendingWrite) => boolean,
): Promise<void> {
  const reached = Promise.withResolvers<void>();
  world.state[when] = (write) => {
    if (!condition(write)) return undefined;
    reached.resolve();
    return new Promise<void>(() => undefined);
  };
  return reached.promise;
}

/** What a start finds after the kill. */
async function restart(): Promise<void> {
  world.state.beforeWrite = () => undefined;
  world.state.afterWrite = () => undefined;
  await world.start();
}

const input = {
  FunctionName: "f",
  Role: ROLE,
  Runtime: "nodejs22.x" as const,
  Handler: "index.handler",
  Code: { ZipFile: CODE },
};

test("a function that a kill left Pending becomes Active at the next start", async () => {
  const killed = killIn("beforeWrite", (write) => latestOf(write)?.state === "Active");
  await world.call("CreateFunction", input);
  await killed;
  assert.equal((await world.call("GetFunctionConfiguration", { FunctionName: "f" })).State, "Pending");
  await restart();
  const settled = await world.settled("f");
  assert.equal(settled.State, "Active");
  assert.equal(settled.LastUpdateStatus, "Successful");
});

test("an update that a kill left InProgress is finished, and until then the old one serves", async () => {
  const before = await world.create("f");
  const killed = killIn("beforeWrite", (write) => latestOf(write)?.update === "Successful");
  await world.call("UpdateFunctionCode", { FunctionName: "f", ZipFile: NEW_CODE, Publish: true });
  await killed;
  world.state.beforeWrite = () => undefined;
  const seen: string[] = [];
  const hold = Promise.withResolvers<void>();
  world.state.beforeWrite = () => hold.promise;
  await world.start();
  const resolve = (functionName: string) =>
    world.functions.catalog.resolve({ account: ACCOUNT, region: REGION, functionName });
  seen.push(resolve("f").codeSha256);
  assert.throws(() => resolve("f:1"), { message: /currently in the following state: Pending$/ });
  hold.resolve();
  const settled = await world.settled("f");
  seen.push(resolve("f").codeSha256);
  assert.equal(settled.LastUpdateStatus, "Successful");
  assert.equal(seen[0], Buffer.from(before.CodeSha256, "base64").toString("hex"));
  assert.notEqual(seen[1], seen[0]);
  assert.equal(resolve("f:1").codeSha256, seen[1]);
});

test("an unacknowledged creation is either whole or not there", async () => {
  for (const when of ["beforeWrite", "afterWrite"] as const) {
    const FunctionName = when;
    const killed = killIn(when, ({ key }) => key.endsWith(`/function/${when}`));
    void world.call("CreateFunction", { ...input, FunctionName, Publish: true });
    await killed;
    await restart();
    if (when === "beforeWrite") {
      await assert.rejects(world.call("GetFunction", { FunctionName }), { status: 404 });
      await world.functions.close();
      // The version that was written before its function goes too.
      assert.deepEqual(world.state.keys, []);
      await world.start();
    } else {
      assert.equal((await world.settled(FunctionName)).State, "Active");
      assert.equal(
        (await world.call("GetFunction", { FunctionName, Qualifier: "1" })).Configuration.State,
        "Active",
      );
    }
  }
});

test("a deletion that was cut short leaves no versions of a function that is gone", async () => {
  await world.create("f", { Publish: true });
  const killed = killIn("afterWrite", ({ kind, key }) => kind === "delete" && key.endsWith("/function/f"));
  void world.call("DeleteFunction", { FunctionName: "f" });
  await killed;
  await restart();
  await assert.rejects(world.call("GetFunction", { FunctionName: "f:1" }), { status: 404 });
  await world.functions.close();
  assert.deepEqual(world.state.keys, []);
});

test("functions of all accounts and regions are found again", async () => {
  const callers = [
    {},
    { region: "us-east-1" },
    { region: "us-east-2" },
    { account: "000000000000" },
    { account: "999999999999", region: "ap-southeast-2" },
  ];
  // What others keep beside them does not disturb.
  await world.state.put(`${ACCOUNT}/global/iam/role/r`, { name: "r" });
  await world.state.put("usage", {});
  for (const caller of callers)
    for (const name of ["a", "b"]) await world.create(name, { Publish: true }, caller);
  const list = (caller: object) => world.call("ListFunctions", { FunctionVersion: "ALL" }, caller);
  const before = await Promise.all(callers.map(list));
  await restart();
  assert.deepEqual(await Promise.all(callers.map(list)), before);
  for (const { Functions } of before) assert.equal(Functions.length, 4);
});

test("a settling that cannot be stored is tried again until it can", async () => {
  const attempts: PendingWrite[] = [];
  world.state.beforeWrite = (write) => {
    if (latestOf(write)?.state === "Active" && attempts.push(write) <= 3) throw new Error("disk full");
  };
  await world.call("CreateFunction", input);
  while (attempts.length <= 3) await world.clock.advance(10_000);
  assert.equal((await world.settled("f")).State, "Active");
});

test("writes of another node arrive", async () => {
  const other = await FunctionsWorld.open();
  // Two control planes on one store.
  const { state } = world;
  Object.defineProperty(other, "state", { value: state });
  Object.defineProperty(other, "blobs", { value: world.blobs });
  await other.start();
  await world.create("f", { Publish: true });
  const seen = async () => {
    for (;;) {
      try {
        return await other.settled("f");
      } catch {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  };
  assert.deepEqual(await seen(), await world.settled("f"));
  assert.equal((await other.call("GetFunction", { FunctionName: "f:1" })).Configuration.Version, "1");
  const superseded: string[] = [];
  other.functions.catalog.onSuperseded(({ version }) => superseded.push(version));
  await world.call("UpdateFunctionConfiguration", { FunctionName: "f", Timeout: 9 });
  await world.settled("f");
  assert.equal((await other.settled("f")).Timeout, 9);
  assert.deepEqual(superseded, ["$LATEST"]);
  await Promise.all([
    world.call("DeleteFunction", { FunctionName: "f" }),
    other.call("DeleteFunction", { FunctionName: "f" }),
  ]);
  await world.create("f");
  await assert.rejects(other.create("f"), { code: "ResourceConflictException" });
  await assert.rejects(other.call("GetFunction", { FunctionName: "f:1" }), { status: 404 });
  await other.close();
});
