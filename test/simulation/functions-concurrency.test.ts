import assert from "node:assert/strict";
import { test } from "node:test";
import { ServiceError } from "../../src/base/index.ts";
import { ACCOUNT, FunctionsWorld, REGION, ROLE } from "../../testkit/functions-world.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";
import { zipOf } from "../../testkit/zip-writer.ts";

const STEPS = 400;
const CLIENTS = 6;
const NAMES = ["a", "b", "c"];
const PACKAGES = ["1", "2", "3"].map((body) => zipOf({ "index.mjs": body }));

/** Answers that a caller of a busy control plane may get. Anything else is a bug. */
const EXPECTED = new Set([
  "ResourceConflictException",
  "ResourceNotFoundException",
  "PreconditionFailedException",
]);

test("many callers at once, with restarts: nothing acknowledged is lost, nothing hangs between states", async (context) => {
  const seed = seedOfRun();
  context.diagnostic(`LAMBKIN_SEED=${seed}`);
  const random = seededRandomness(seed);
  const world = await FunctionsWorld.open();
  world.state.takeTurns(random);
  const acknowledged = { writes: 0, refused: 0 };
  const permissions = new Map<string, Set<string>>(NAMES.map((name) => [name, new Set()]));
  let steps = 0;
  const client = async (id: number) => {
    while (steps++ < STEPS) {
      const name = random.pick(NAMES);
      try {
        await act(world, random, name, `c${id}-${steps}`, permissions);
        acknowledged.writes++;
      } catch (error) {
        assert.ok(
          error instanceof ServiceError && EXPECTED.has(error.code),
          `seed ${seed}: ${String(error)}`,
        );
        acknowledged.refused++;
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, id) => client(id)));
  const check = async () => {
    for (const name of NAMES) {
      const sids = permissions.get(name) ?? new Set();
      try {
        const configuration = await world.settledInTime(name);
        assert.equal(configuration.State, "Active");
        assert.notEqual(configuration.LastUpdateStatus, "InProgress");
      } catch (error) {
        assert.equal((error as ServiceError).code, "ResourceNotFoundException");
        continue;
      }
      for (const sid of sids) {
        const { Policy } = await world.call("GetPolicy", { FunctionName: name });
        assert.ok(Policy.includes(sid), `seed ${seed}: ${sid} of ${name} is lost`);
      }
      const target = world.functions.catalog.resolve({
        account: ACCOUNT,
        region: REGION,
        functionName: name,
      });
      await world.functions.catalog.codeDirectory(target);
    }
  };
  await check();
  const before = await world.call("ListFunctions", { FunctionVersion: "ALL" });
  await world.functions.close();
  await world.start();
  await check();
  assert.deepEqual(await world.call("ListFunctions", { FunctionVersion: "ALL" }), before, `seed ${seed}`);
  context.diagnostic(JSON.stringify(acknowledged));
  assert.ok(acknowledged.writes > STEPS / 8, JSON.stringify(acknowledged));
  await world.close();
});

async function act(
  world: FunctionsWorld,
  random: SeededRandomness,
  name: string,
  sid: string,
  permissions: Map<string, Set<string>>,
): Promise<void> {
  const ZipFile = random.pick(PACKAGES);
  const Publish = random.chance(0.3);
  const choice = random.below(20);
  if (choice < 5) {
    await world.call("CreateFunction", {
      FunctionName: name,
      Role: ROLE,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Code: { ZipFile },
      Publish,
    });
  } else if (choice < 9) {
    await world.call("UpdateFunctionCode", { FunctionName: name, ZipFile, Publish });
  } else if (choice < 13) {
    await world.call("UpdateFunctionConfiguration", { FunctionName: name, Timeout: 1 + random.below(900) });
  } else if (choice < 18) {
    const before = permissions.get(name);
    await world.call("AddPermission", {
      FunctionName: name,
      StatementId: sid,
      Action: "lambda:InvokeFunction",
      Principal: "s3.amazonaws.com",
    });
    // Of the function that was there when it was added, unless that one is gone by now.
    before?.add(sid);
  } else if (choice < 19) {
    const other = await world.call("GetFunctionConfiguration", { FunctionName: name });
    await world.call("UpdateFunctionConfiguration", { FunctionName: name, RevisionId: other.RevisionId });
  } else {
    // Whoever adds to the function from here on adds to another one.
    permissions.set(name, new Set());
    await world.call("DeleteFunction", { FunctionName: name });
    permissions.set(name, new Set());
  }
}
