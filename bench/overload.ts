import {
  CreateFunctionCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../testkit/deployment-package.ts";
import { startLambkin } from "../testkit/lambkin-server.ts";
import { type Bench, percentile } from "./figure.ts";
import { post } from "./signed-request.ts";

/** So long that the concurrency runs out before the ten requests a second that each unit of it allows. */
const HANDLER_MS = 150;
const CONCURRENCY = 8;
const SOURCE = `exports.handler = () => new Promise((resolve) => setTimeout(resolve, ${HANDLER_MS}, null));`;
const PATH = "/2015-03-31/functions/loaded/invocations";
const DURATION_MS = 5_000;
const OVERLOAD = 10;

interface Measured {
  readonly goodPerSecond: number;
  readonly refusedMs: readonly number[];
}

/**
 * What is left of a function's throughput when ten times as many callers ask as its reserve has room for. Each caller
 * asks again at once, whether it was served or refused.
 */
export const overload: Bench = {
  name: "overload",
  conditions: `a handler of ${HANDLER_MS} ms with ${CONCURRENCY} reserved; ${CONCURRENCY} callers against ${OVERLOAD} times the load of what they get through`,
  async run() {
    await using server = await startLambkin();
    await prepare(new LambdaClient(server.client));
    const call = () => post(server.endpoint, PATH, "{}");
    await loadClosed(call, CONCURRENCY, 2_000);
    const peak = await loadClosed(call, CONCURRENCY, DURATION_MS);
    const over = await loadOpen(call, peak.goodPerSecond * OVERLOAD, DURATION_MS);
    const after = await loadClosed(call, CONCURRENCY, DURATION_MS);
    const baseline = { name: "the same server at full load, not beyond", value: peak.goodPerSecond };
    return [
      { name: "served at ten times the load", unit: "1/s", value: over.goodPerSecond, baseline },
      { name: "served right after it", unit: "1/s", value: after.goodPerSecond, baseline },
      {
        name: "until a refusal, p99",
        unit: "ms",
        value: percentile(over.refusedMs, 0.99),
        baseline: { name: "what a refusal may take", value: 50 },
      },
    ];
  },
};

async function prepare(client: LambdaClient): Promise<void> {
  await client.send(
    new CreateFunctionCommand({
      FunctionName: "loaded",
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      MemorySize: 1769,
      Role: "arn:aws:iam::000000000000:role/any",
      Code: { ZipFile: await deploymentPackage({ "index.js": SOURCE }) },
    }),
  );
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 30, minDelay: 1 }, { FunctionName: "loaded" });
  await client.send(
    new PutFunctionConcurrencyCommand({ FunctionName: "loaded", ReservedConcurrentExecutions: CONCURRENCY }),
  );
}

async function loadClosed(
  call: () => Promise<number>,
  callers: number,
  durationMs: number,
): Promise<Measured> {
  const end = performance.now() + durationMs;
  let good = 0;
  const refusedMs: number[] = [];
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < end) {
        const began = performance.now();
        if ((await call()) === 200) good += 1;
        else refusedMs.push(performance.now() - began);
      }
    }),
  );
  return { goodPerSecond: (good * 1_000) / durationMs, refusedMs };
}

/** Calls at a steady rate, however long the answers take. */
async function loadOpen(
  call: () => Promise<number>,
  perSecond: number,
  durationMs: number,
): Promise<Measured> {
  const began = performance.now();
  let good = 0;
  let sent = 0;
  const refusedMs: number[] = [];
  const answers: Promise<void>[] = [];
  while (performance.now() - began < durationMs) {
    while (sent < ((performance.now() - began) * perSecond) / 1_000) {
      sent += 1;
      const at = performance.now();
      answers.push(
        call().then((status) => {
          if (status === 200) good += 1;
          else refusedMs.push(performance.now() - at);
        }),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await Promise.all(answers);
  return { goodPerSecond: (good * 1_000) / durationMs, refusedMs };
}
