import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  LambdaClient,
  ListFunctionsCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../testkit/deployment-package.ts";
import { type LambkinServer, startLambkin } from "../testkit/lambkin-server.ts";
import { createMany, MANY_ROLE, manyName } from "../testkit/many-functions.ts";
import { type Bench, type Figure, percentile } from "./figure.ts";
import { post } from "./signed-request.ts";

const FEW = 10;
const MANY = 10_000;
const CALLS = 100;
const WARM_CALLS = 1_000;
const STARTS = 5;
const WARM = "a-warm-one";

/** What each kind of call took, by its name: with few and with many functions. */
type Samples = Map<string, { readonly few: number[]; readonly many: number[] }>;

interface Side {
  readonly functions: number;
  readonly server: LambkinServer;
  readonly lambda: LambdaClient;
}

/**
 * The control plane, a start and a warm invocation with very many functions, against the same with ten. Two servers
 * take turns, so that what else the machine does slows both.
 */
export const controlPlane: Bench = {
  name: "control plane",
  conditions: `a server with ${MANY} functions and one with ${FEW}, which take turns; by the SDK, one call after the other, ${CALLS} of each`,
  async run() {
    const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-bench-"));
    const samples: Samples = new Map();
    try {
      {
        await using fewServer = await startLambkin({ dataDirectory: path.join(folder, "few") });
        await using manyServer = await startLambkin({ dataDirectory: path.join(folder, "many") });
        const few = await prepare(fewServer, FEW);
        const many = await prepare(manyServer, MANY);
        await measureCalls(few, many, samples);
        for (const { lambda } of [few, many]) lambda.destroy();
      }
      await takeTurns(samples, "start of the server", STARTS, async (side) => {
        const begun = performance.now();
        await using server = await startLambkin({ dataDirectory: path.join(folder, side) });
        const readyMs = performance.now() - begun;
        await server.end("SIGTERM");
        return readyMs;
      });
      return [...samples].flatMap(([name, { few, many }]) =>
        (
          [
            ["p50", 0.5],
            ["p99", 0.99],
          ] as const
        ).map(
          ([label, share]): Figure => ({
            name: `${name}, ${label}`,
            unit: "ms",
            value: percentile(many, share),
            baseline: { name: `with ${FEW} functions`, value: percentile(few, share) },
          }),
        ),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function prepare(server: LambkinServer, functions: number): Promise<Side> {
  const lambda = new LambdaClient(server.client);
  await createMany(server.client, 0, functions);
  await lambda.send(await newFunction(WARM, 3_538));
  for (const FunctionName of [WARM, manyName(functions - 1)])
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 120, minDelay: 1 }, { FunctionName });
  return { functions, server, lambda };
}

async function measureCalls(few: Side, many: Side, samples: Samples): Promise<void> {
  const timed = (name: string, count: number, call: (side: Side, n: number) => Promise<unknown>) =>
    takeTurns(samples, name, count, async (which, n) => {
      const side = which === "few" ? few : many;
      const begun = performance.now();
      await call(side, n);
      return performance.now() - begun;
    });
  const created = await Promise.all(
    Array.from({ length: CALLS }, (_, n) => newFunction(`created-${n}`, 128)),
  );
  await timed("GetFunction", CALLS, ({ lambda, functions }, n) =>
    lambda.send(new GetFunctionCommand({ FunctionName: manyName((n * 97) % functions) })),
  );
  await timed("ListFunctions, first page", CALLS, ({ lambda }) =>
    lambda.send(new ListFunctionsCommand({ MaxItems: FEW })),
  );
  const markers = new Map<Side, string | undefined>();
  for (const side of [few, many]) {
    const { NextMarker } = await side.lambda.send(new ListFunctionsCommand({ MaxItems: 5 }));
    markers.set(side, NextMarker);
  }
  await timed("ListFunctions, a later page", CALLS, (side) =>
    side.lambda.send(new ListFunctionsCommand({ Marker: markers.get(side), MaxItems: FEW })),
  );
  await timed("CreateFunction", CALLS, ({ lambda }, n) => lambda.send(created[n] as CreateFunctionCommand));
  await timed("UpdateFunctionConfiguration", CALLS, async ({ lambda }, n) => {
    const FunctionName = `created-${n}`;
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Description: `round ${n}` }));
  });
  const warm = ({ server }: Side) => post(server.endpoint, `/2015-03-31/functions/${WARM}/invocations`, "{}");
  for (let n = 0; n < WARM_CALLS; n += 1) for (const side of [few, many]) await warm(side);
  await timed("warm invocation", WARM_CALLS, warm);
}

async function takeTurns(
  samples: Samples,
  name: string,
  count: number,
  timed: (side: "few" | "many", n: number) => Promise<number>,
): Promise<void> {
  const taken = { few: [] as number[], many: [] as number[] };
  for (let n = 0; n < count; n += 1)
    for (const side of ["few", "many"] as const) taken[side].push(await timed(side, n));
  samples.set(name, taken);
}

async function newFunction(FunctionName: string, MemorySize: number): Promise<CreateFunctionCommand> {
  return new CreateFunctionCommand({
    FunctionName,
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    MemorySize,
    Role: MANY_ROLE,
    Code: { ZipFile: await deploymentPackage({ "index.js": "exports.handler = async (event) => event;" }) },
  });
}
