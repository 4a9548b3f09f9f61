import { setTimeout as delay } from "node:timers/promises";
import { CreateFunctionCommand, LambdaClient, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { environmentLimits } from "../src/base/index.ts";
import { deploymentPackage } from "../testkit/deployment-package.ts";
import { type LambkinServer, startLambkin } from "../testkit/lambkin-server.ts";
import { type Bench, type Figure, percentile } from "./figure.ts";
import { post } from "./signed-request.ts";

const ROUNDS = 10;
const CALLS = 50;
const PAUSED_CALLS = 10;
/** Long enough for the environment to be frozen. */
const PAUSE_MS = 2 * environmentLimits.freezeDelayMs;
const WARM_UP = 500;

/** What a warm invocation costs more in a sandbox of namespaces than as a plain process of the same server's code. */
export const sandboxAdded: Bench = {
  name: "sandbox, added",
  conditions: `one warm Node.js function of 3,538 MB that returns its event, on two servers that take turns; ${ROUNDS} rounds of ${CALLS} calls one after the other, and of ${PAUSED_CALLS} after ${PAUSE_MS} ms each, so that the environment has been frozen (process tier: stopped by signals)`,
  async run() {
    await using sandboxed = await startLambkin({ args: ["--isolation", "namespaces"] });
    await using plain = await startLambkin({ args: ["--isolation", "process"] });
    const sides = [sandboxed, plain].map((server) => ({
      server,
      busyMs: [] as number[],
      frozenMs: [] as number[],
    }));
    for (const { server } of sides) {
      await create(server);
      for (let n = 0; n < WARM_UP; n += 1) await timed(server);
    }
    for (let round = 0; round < ROUNDS; round += 1)
      for (const { server, busyMs, frozenMs } of round % 2 === 0 ? sides : sides.toReversed()) {
        for (let n = 0; n < CALLS; n += 1) busyMs.push(await timed(server));
        for (let n = 0; n < PAUSED_CALLS; n += 1) {
          await delay(PAUSE_MS);
          frozenMs.push(await timed(server));
        }
      }
    const [ours, theirs] = sides as [(typeof sides)[0], (typeof sides)[0]];
    return [
      compare("one after the other", ours.busyMs, theirs.busyMs),
      compare("after a freeze", ours.frozenMs, theirs.frozenMs),
    ].flat();
  },
};

function compare(what: string, ours: number[], theirs: number[]): Figure[] {
  return (
    [
      ["p50", 0.5],
      ["p90", 0.9],
    ] as const
  ).map(([label, share]) => ({
    name: `warm invocation in namespaces, ${what}, ${label}`,
    unit: "ms",
    value: percentile(ours, share),
    baseline: { name: `as a plain process, ${label}`, value: percentile(theirs, share) },
  }));
}

async function timed(server: LambkinServer): Promise<number> {
  const begun = performance.now();
  const status = await post(server.endpoint, "/2015-03-31/functions/added/invocations", '{"key":"value"}');
  if (status !== 200) throw new Error(`an invocation was answered ${status}`);
  return performance.now() - begun;
}

async function create(server: LambkinServer): Promise<void> {
  const lambda = new LambdaClient(server.client);
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: "added",
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      MemorySize: 3538,
      Role: "arn:aws:iam::000000000000:role/any",
      Code: { ZipFile: await deploymentPackage({ "index.js": "exports.handler = async (event) => event;" }) },
    }),
  );
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 60, minDelay: 1 },
    { FunctionName: "added" },
  );
}
