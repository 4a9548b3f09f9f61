import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  type Runtime as RuntimeName,
} from "@aws-sdk/client-lambda";
import { findRuntimes, type Runtime } from "../src/runtimes/index.ts";
import { eventually } from "../testkit/eventually.ts";
import { type LambkinServer, startLambkin } from "../testkit/lambkin-server.ts";
import { REGULAR, zip } from "../testkit/zip-writer.ts";
import { BareRuntime } from "./bare-runtime.ts";
import { type FamilyFunction, familyFunctions } from "./family-functions.ts";
import { type Bench, closedLoop, type Figure, percentile } from "./figure.ts";
import { servedRuntime } from "./served-runtime.ts";
import { post } from "./signed-request.ts";

const COLD_STARTS = 7;
const WARM_UP = 300;
const ROUNDS = 3;
const ROUND_MS = 400;
const LINES = 2;

/** Every language from its first invocation to its thousandth, beside the same runtime without a sandbox. */
export const families: Bench = {
  name: "families",
  conditions: `functions of 1,769 MB that return their event, medians of ${COLD_STARTS} first invocations and of ${ROUNDS} rounds of ${ROUND_MS} ms by turns; throughput with ${LINES} at once; baselines: the same program and function, started bare behind node:http with the same three exchanges`,
  async run() {
    const functions = await familyFunctions();
    const catalog = await findRuntimes();
    await using pooled = await startLambkin();
    await using fresh = await startLambkin({ args: ["--pool", "off"] });
    const figures: Figure[] = [];
    for (const one of functions) {
      const runtime = servedRuntime(catalog, one.runtimes);
      await runtime.prepare?.();
      const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-bench-"));
      for (const [name, content] of Object.entries(one.files))
        writeFileSync(path.join(folder, name), content, { mode: 0o755 });
      try {
        figures.push(
          ...(await coldStarts(one, runtime, folder, { pooled, fresh })),
          ...(await warm(one, runtime, folder, fresh)),
        );
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
    return figures;
  },
};

async function coldStarts(
  one: FamilyFunction,
  runtime: Runtime,
  folder: string,
  servers: { readonly pooled: LambkinServer; readonly fresh: LambkinServer },
): Promise<Figure[]> {
  const bare: number[] = [];
  const timesMs = { pooled: [] as number[], fresh: [] as number[] };
  for (let n = 0; n <= COLD_STARTS; n += 1) {
    const times = {
      bare: await bareStart(one, runtime, folder),
      fresh: await firstInvocation(servers.fresh, one, runtime, n),
      pooled: await firstInvocation(servers.pooled, one, runtime, n),
    };
    // The first round fills the caches of all three, and is what the pool learns from.
    if (n === 0) continue;
    bare.push(times.bare);
    timesMs.fresh.push(times.fresh);
    timesMs.pooled.push(times.pooled);
  }
  const baseline = { name: "bare, spawn to first answer", value: percentile(bare, 0.5) };
  const cold = (how: string, samples: readonly number[]): Figure => ({
    name: `${one.name}, cold start ${how}`,
    unit: "ms",
    value: percentile(samples, 0.5),
    baseline,
  });
  return [cold("without a pool", timesMs.fresh), cold("with the pool", timesMs.pooled)];
}

async function bareStart(one: FamilyFunction, runtime: Runtime, folder: string): Promise<number> {
  const begun = performance.now();
  await using bare = await BareRuntime.start(runtime, folder, one.handler);
  await bare.invoke(one.body);
  return performance.now() - begun;
}

async function firstInvocation(
  server: LambkinServer,
  one: FamilyFunction,
  runtime: Runtime,
  n: number,
): Promise<number> {
  const name = functionName(one, n);
  const entries = Object.entries(one.files).map(([file, content]) => ({
    name: file,
    content,
    mode: REGULAR | 0o755,
  }));
  await new LambdaClient(server.client).send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: runtime.identifier as RuntimeName,
      Handler: one.handler,
      MemorySize: 1769,
      Timeout: 60,
      Role: "arn:aws:iam::000000000000:role/any",
      Code: { ZipFile: zip([...entries, { name: "unique.txt", content: name }]) },
    }),
  );
  // The first call that is not refused as Pending is the cold one.
  return eventually(
    async () => {
      const begun = performance.now();
      const status = await post(server.endpoint, invocations(name), one.body);
      return status === 200 ? performance.now() - begun : undefined;
    },
    { what: `${name} to answer` },
  );
}

/** Latency of one caller, throughput of two, and the most memory, on environments that are there. */
async function warm(
  one: FamilyFunction,
  runtime: Runtime,
  folder: string,
  server: LambkinServer,
): Promise<Figure[]> {
  const name = functionName(one, 0);
  await using first = await BareRuntime.start(runtime, folder, one.handler);
  await using second = await BareRuntime.start(runtime, folder, one.handler);
  const free = [first, second];
  const theirs = async () => {
    const bare = free.pop() ?? first;
    await bare.invoke(one.body);
    free.push(bare);
  };
  const ours = async () => {
    const status = await post(server.endpoint, invocations(name), one.body);
    if (status !== 200) throw new Error(`${name} answered ${status}`);
  };
  const sides = [ours, theirs].map((call) => ({ call, timesMs: [] as number[], rates: [] as number[] }));
  for (const { call } of sides) {
    for (let n = 0; n < WARM_UP; n += 1) await call();
    await closedLoop(LINES, ROUND_MS, call);
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const side of sides) side.timesMs.push(...(await closedLoop(1, ROUND_MS, side.call)).timesMs);
    for (const side of sides) side.rates.push((await closedLoop(LINES, ROUND_MS, side.call)).perSecond);
  }
  const [we, they] = sides.map(({ timesMs, rates }) => ({
    latencyMs: percentile(timesMs, 0.5),
    perSecond: percentile(rates, 0.5),
  }));
  return [
    {
      name: `${one.name}, warm latency, p50`,
      unit: "ms",
      value: we?.latencyMs ?? Number.NaN,
      baseline: { name: "bare, same three exchanges", value: they?.latencyMs ?? Number.NaN },
    },
    {
      name: `${one.name}, warm throughput`,
      unit: "1/s",
      value: we?.perSecond ?? Number.NaN,
      baseline: { name: `${LINES} bare processes`, value: they?.perSecond ?? Number.NaN },
    },
    {
      name: `${one.name}, memory of an environment`,
      unit: "MiB",
      value: await memoryUsed(server, name, one.body),
      baseline: { name: "bare process, peak resident", value: Math.max(first.peakMiB(), second.peakMiB()) },
    },
  ];
}

/** As REPORT says it. */
async function memoryUsed(server: LambkinServer, FunctionName: string, Payload: string): Promise<number> {
  const { LogResult } = await new LambdaClient(server.client).send(
    new InvokeCommand({ FunctionName, Payload, LogType: "Tail" }),
  );
  const log = Buffer.from(LogResult ?? "", "base64").toString();
  return Number(/Max Memory Used: (\d+) MB/.exec(log)?.[1]);
}

function functionName(one: FamilyFunction, n: number): string {
  return `${one.name.replaceAll(/\W+/g, "-").toLowerCase()}-${n}`;
}

function invocations(name: string): string {
  return `/2015-03-31/functions/${name}/invocations`;
}
