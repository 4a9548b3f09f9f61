import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import {
  CreateFunctionCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../testkit/deployment-package.ts";
import { type LambkinServer, startLambkin } from "../testkit/lambkin-server.ts";
import { type Bench, cpuMs, type Figure, percentile } from "./figure.ts";
import { post } from "./signed-request.ts";

/** So long that the concurrency runs out before the ten requests a second that each unit of it allows, and shorter. */
const HANDLERS_MS = [150, 50];
const CONCURRENCY = 8;
const pathOf = (name: string): string => `/2015-03-31/functions/${name}/invocations`;
const DURATION_MS = 5_000;
const OVERLOAD = 10;

/** As many calls in a row by as many callers as there is room for: enough for every environment to be there. */
const WARM_UP_CALLS = 10;
/**
 * A function that rested may have a second's worth of requests at once. What is measured is the rate that it is held to
 * after them: they are used up when the first call is refused, which those with longer handlers never are.
 */
const BURST_PIECE_MS = 500;
const BURST_PIECES_MOST = 20;

interface Measured {
  readonly goodPerSecond: number;
  readonly refusedMs: readonly number[];
  /** Answers of any kind. */
  readonly answers: number;
}

/**
 * What is left of a function's throughput when ten times as many calls come as its reserve has room for, and how long
 * refusals take. A server that does nothing but refuse takes the same calls from the same client, so that what the
 * client and the machine add shows in both.
 */
export const overload: Bench = {
  name: "overload",
  conditions: `handlers of ${HANDLERS_MS.join(" and ")} ms with ${CONCURRENCY} reserved; ${CONCURRENCY} callers, then ${OVERLOAD} times the load of what they got through, at a steady rate`,
  async run() {
    const bare = spawn(process.execPath, [path.join(import.meta.dirname, "baseline-refusals.ts")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const [port] = (await once(createInterface({ input: bare.stdout }), "line")) as [string];
      await using server = await startLambkin();
      const figures: Figure[] = [];
      for (const handlerMs of HANDLERS_MS)
        figures.push(...(await measure(server, handlerMs, port, bare.pid ?? 0)));
      return figures;
    } finally {
      bare.kill("SIGTERM");
    }
  },
};

async function measure(
  server: LambkinServer,
  handlerMs: number,
  port: string,
  barePid: number,
): Promise<readonly Figure[]> {
  const name = `loaded-${handlerMs}`;
  await prepare(new LambdaClient(server.client), name, handlerMs);
  const call = () => post(server.endpoint, pathOf(name), "{}");
  await warmUp(call);
  await useUpBurst(call);
  const before = await loadClosed(call, CONCURRENCY, DURATION_MS);
  const perSecond = before.goodPerSecond * OVERLOAD;
  const cpuBefore = cpuMs(server.pid);
  const over = await loadOpen(call, perSecond, DURATION_MS);
  const cpu = cpuMs(server.pid) - cpuBefore;
  const after = await loadClosed(call, CONCURRENCY, DURATION_MS);
  const bareBefore = cpuMs(barePid);
  const refused = await loadOpen(
    () => post(`http://127.0.0.1:${port}`, pathOf(name), "{}"),
    perSecond,
    DURATION_MS,
  );
  const bareCpu = cpuMs(barePid) - bareBefore;
  const peak = Math.max(before.goodPerSecond, after.goodPerSecond);
  const full = { name: "the same server at full load, not beyond", value: peak };
  const refusal = (what: string, share: number): Figure => ({
    name: `${handlerMs} ms: ${what}`,
    unit: "ms",
    value: percentile(over.refusedMs, share),
    baseline: { name: "bare node:http that only refuses", value: percentile(refused.refusedMs, share) },
  });
  return [
    {
      name: `${handlerMs} ms: served at ten times the load`,
      unit: "1/s",
      value: over.goodPerSecond,
      baseline: full,
    },
    {
      name: `${handlerMs} ms: served right after it`,
      unit: "1/s",
      value: after.goodPerSecond,
      baseline: full,
    },
    refusal("until a refusal, p50", 0.5),
    refusal("until a refusal, p99", 0.99),
    {
      name: `${handlerMs} ms: server CPU an answer`,
      unit: "us",
      value: (cpu * 1_000) / over.answers,
      baseline: {
        name: "bare node:http that only refuses",
        value: (bareCpu * 1_000) / refused.answers,
      },
    },
  ];
}

async function warmUp(call: () => Promise<number>): Promise<void> {
  for (let round = 0; round < WARM_UP_CALLS; round += 1)
    await Promise.all(Array.from({ length: CONCURRENCY }, call));
}

async function useUpBurst(call: () => Promise<number>): Promise<void> {
  for (let piece = 0; piece < BURST_PIECES_MOST; piece += 1) {
    const { refusedMs } = await loadClosed(call, CONCURRENCY, BURST_PIECE_MS);
    if (refusedMs.length > 0) return;
  }
}

async function prepare(client: LambdaClient, FunctionName: string, handlerMs: number): Promise<void> {
  const source = `exports.handler = () => new Promise((resolve) => setTimeout(resolve, ${handlerMs}, null));`;
  await client.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      MemorySize: 1769,
      Role: "arn:aws:iam::000000000000:role/any",
      Code: { ZipFile: await deploymentPackage({ "index.js": source }) },
    }),
  );
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 30, minDelay: 1 }, { FunctionName });
  await client.send(
    new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: CONCURRENCY }),
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
  return { goodPerSecond: (good * 1_000) / durationMs, refusedMs, answers: good + refusedMs.length };
}

/** Calls at a steady rate, however long the answers take, and times each from the moment at which it was due. */
async function loadOpen(
  call: () => Promise<number>,
  perSecond: number,
  durationMs: number,
): Promise<Measured> {
  const began = performance.now();
  const total = Math.floor((perSecond * durationMs) / 1_000);
  let good = 0;
  const refusedMs: number[] = [];
  const answers: Promise<void>[] = [];
  while (answers.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - began) * perSecond) / 1_000) + 1);
    while (answers.length < due) {
      const dueAt = began + (answers.length * 1_000) / perSecond;
      answers.push(
        call().then((status) => {
          if (status === 200) good += 1;
          else refusedMs.push(performance.now() - dueAt);
        }),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const lastSent = performance.now() - began;
  await Promise.all(answers);
  return { goodPerSecond: (good * 1_000) / lastSent, refusedMs, answers: answers.length };
}
