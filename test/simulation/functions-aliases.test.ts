import assert from "node:assert/strict";
import { test } from "node:test";
import { ServiceError } from "../../src/base/index.ts";
import { ACCOUNT, FunctionsWorld, REGION, requestContext } from "../../testkit/functions-world.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

const STEPS = 900;
const CLIENTS = 6;
const NAMES = ["a", "b"];
const SCOPE = { account: ACCOUNT, region: REGION };

/** Answers that a caller of a busy control plane may get. Anything else is a bug. */
const EXPECTED = new Set([
  "InvalidParameterValueException",
  "PreconditionFailedException",
  "ProvisionedConcurrencyConfigNotFoundException",
  "ResourceConflictException",
  "ResourceNotFoundException",
]);

interface Alias {
  readonly Name: string;
  readonly FunctionVersion: string;
  readonly Description: string;
  readonly RevisionId: string;
  readonly RoutingConfig?: { readonly AdditionalVersionWeights: Readonly<Record<string, number>> };
}

/** What callers were told of one function since it was made. */
interface Known {
  highest: number;
  /** By version, its timeout: never another one. */
  readonly versions: Map<string, number>;
  /** By alias, whose one client at a time knows what it is. */
  readonly aliases: Map<string, Alias | undefined>;
}

/** The handlers that only read answer at once, so that what they show belongs together. */
function read(world: FunctionsWorld, operation: string, input: object): any {
  const handler = world.functions.operations[operation];
  assert.ok(handler !== undefined);
  return handler(input, requestContext(operation));
}

/** What always holds, whatever is under way. */
function checkNow(world: FunctionsWorld, seed: number): void {
  const left = world.functions.catalog.unreservedConcurrency(SCOPE);
  assert.ok(left >= 100, `seed ${seed}: ${left} are unreserved`);
  for (const FunctionName of NAMES) {
    let aliases: readonly Alias[];
    try {
      aliases = read(world, "ListAliases", { FunctionName }).Aliases;
    } catch {
      continue;
    }
    for (const { Name, FunctionVersion, RoutingConfig } of aliases) {
      const may = [FunctionVersion, ...Object.keys(RoutingConfig?.AdditionalVersionWeights ?? {})];
      const target = world.functions.catalog.resolve({
        ...SCOPE,
        functionName: FunctionName,
        qualifier: Name,
      });
      assert.ok(may.includes(target.version), `seed ${seed}: ${Name} leads to ${target.version}`);
      for (const version of may) {
        world.functions.catalog.resolve({ ...SCOPE, functionName: FunctionName, qualifier: version });
      }
    }
    const wanted = world.functions.catalog.concurrency(arnOf(FunctionName))?.provisioned ?? [];
    const versions = wanted.map(({ target }) => target.version);
    assert.equal(new Set(versions).size, versions.length, `seed ${seed}: a version is provisioned twice`);
  }
}

test("publishing, aliases and concurrency under many callers, with restarts", async (context) => {
  const seed = seedOfRun();
  context.diagnostic(`LAMBKIN_SEED=${seed}`);
  const random = seededRandomness(seed);
  const world = await FunctionsWorld.open();
  world.state.takeTurns(random);
  const known = new Map<string, Known>();
  for (const name of NAMES) {
    await world.create(name);
    known.set(name, { highest: 0, versions: new Map(), aliases: new Map() });
  }
  let acknowledged = 0;
  for (let round = 0; round < 3; round++) {
    let steps = 0;
    const client = async (id: number) => {
      while (steps++ < STEPS / 3) {
        const name = random.pick(NAMES);
        try {
          await act(world, random, name, `client-${id}`, known.get(name) as Known);
          acknowledged++;
        } catch (error) {
          assert.ok(
            error instanceof ServiceError && EXPECTED.has(error.code),
            `seed ${seed}: ${String(error)}`,
          );
        }
        checkNow(world, seed);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, id) => client(id)));
    for (const name of NAMES) await world.settledInTime(name);
    const before = snapshot(world);
    await world.functions.close();
    await world.start();
    assert.deepEqual(snapshot(world), before, `seed ${seed}: a restart changed something`);
    for (const [name, told] of known) checkTold(world, name, told, seed);
    checkNow(world, seed);
  }
  context.diagnostic(`${acknowledged} acknowledged`);
  assert.ok(acknowledged > STEPS / 4);
  await world.close();
});

function arnOf(name: string): string {
  return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
}

function snapshot(world: FunctionsWorld): unknown {
  return NAMES.map((FunctionName) =>
    [
      "ListVersionsByFunction",
      "ListAliases",
      "GetFunctionConcurrency",
      "ListProvisionedConcurrencyConfigs",
      "ListFunctionEventInvokeConfigs",
    ].map((operation) => read(world, operation, { FunctionName })),
  );
}

/** Nothing that a caller was told is lost, or another than it was. */
function checkTold(world: FunctionsWorld, FunctionName: string, told: Known, seed: number): void {
  const { Versions } = read(world, "ListVersionsByFunction", { FunctionName, MaxItems: 10_000 });
  const timeouts = new Map<string, number>(
    Versions.map(({ Version, Timeout }: { Version: string; Timeout: number }) => [Version, Timeout]),
  );
  for (const [version, timeout] of told.versions) {
    assert.equal(timeouts.get(version), timeout, `seed ${seed}: version ${version} of ${FunctionName}`);
  }
  for (const [Name, alias] of told.aliases) {
    const find = () => read(world, "GetAlias", { FunctionName, Name });
    if (alias === undefined) assert.throws(find, { code: "ResourceNotFoundException" });
    else assert.deepEqual(find(), alias, `seed ${seed}: alias ${Name} of ${FunctionName}`);
  }
}

async function act(
  world: FunctionsWorld,
  random: SeededRandomness,
  FunctionName: string,
  Name: string,
  told: Known,
): Promise<void> {
  const version = () => String(1 + random.below(told.highest + 1));
  const weights = () =>
    random.chance(0.5)
      ? { RoutingConfig: { AdditionalVersionWeights: { [version()]: random.below(11) / 10 } } }
      : {};
  const choice = random.below(20);
  if (choice < 3) {
    const Timeout = 1 + random.below(900);
    await world.call("UpdateFunctionConfiguration", { FunctionName, Timeout });
  } else if (choice < 6) {
    const published = await world.call("PublishVersion", { FunctionName });
    const number = Number(published.Version);
    if (number > told.highest) told.highest = number;
    told.versions.set(published.Version, published.Timeout);
  } else if (choice < 8) {
    // What others are told of it from here on is void.
    const Qualifier = version();
    const timeout = told.versions.get(Qualifier);
    told.versions.delete(Qualifier);
    try {
      await world.call("DeleteFunction", { FunctionName, Qualifier });
    } catch (error) {
      if (timeout !== undefined) told.versions.set(Qualifier, timeout);
      throw error;
    }
    told.versions.delete(Qualifier);
  } else if (choice < 13) {
    const Description = random.uuid();
    const input = { FunctionName, Name, FunctionVersion: version(), Description, ...weights() };
    const operation = random.chance(0.5) ? "CreateAlias" : "UpdateAlias";
    told.aliases.set(Name, await world.call(operation, input));
  } else if (choice < 14) {
    await world.call("DeleteAlias", { FunctionName, Name });
    told.aliases.set(Name, undefined);
  } else if (choice < 16) {
    const ReservedConcurrentExecutions = random.below(900);
    await (random.chance(0.6)
      ? world.call("PutFunctionConcurrency", { FunctionName, ReservedConcurrentExecutions })
      : world.call("DeleteFunctionConcurrency", { FunctionName }));
  } else if (choice < 18) {
    const Qualifier = random.chance(0.5) ? Name : version();
    await (random.chance(0.7)
      ? world.call("PutProvisionedConcurrencyConfig", {
          FunctionName,
          Qualifier,
          ProvisionedConcurrentExecutions: 1 + random.below(500),
        })
      : world.call("DeleteProvisionedConcurrencyConfig", { FunctionName, Qualifier }));
  } else {
    const Qualifier = random.chance(0.5) ? Name : version();
    await world.call("PutFunctionEventInvokeConfig", {
      FunctionName,
      Qualifier,
      MaximumRetryAttempts: random.below(3),
    });
  }
}
