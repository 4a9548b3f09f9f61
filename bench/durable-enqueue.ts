import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import {
  CreateFunctionCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { silentLog, systemClock, systemRandomness } from "../src/base/index.ts";
import { openSqliteStorage } from "../src/storage/index.ts";
import { deploymentPackage } from "../testkit/deployment-package.ts";
import { startLambkin } from "../testkit/lambkin-server.ts";
import { type Bench, closedLoop, type Figure, percentile } from "./figure.ts";
import { post } from "./signed-request.ts";

const EVENT = { text: "x".repeat(280) };
const DURATION_MS = 3_000;
const CONCURRENCY = 64;

const INVOCATIONS = "/2015-03-31/functions/queued/invocations";

/**
 * Events accepted for asynchronous invocation: at the queue against a bare append and fdatasync of the same bytes, and
 * through the public API, signed, against a server that only reads and answers.
 */
export const durableEnqueue: Bench = {
  name: "durable enqueue",
  conditions: `events of 300 bytes, ${CONCURRENCY} at once, on the file system of ${os.tmpdir()}`,
  async run() {
    const directory = mkdtempSync(path.join(os.tmpdir(), "lambkin-bench-"));
    try {
      const raw = rawSync(path.join(directory, "raw"));
      const storage = await openSqliteStorage({
        directory,
        clock: systemClock,
        randomness: systemRandomness,
        log: silentLog,
      });
      let count = 0;
      const enqueue = () => {
        count += 1;
        return storage.queue.enqueue(`key-${count % 16}`, EVENT, {
          id: `id-${count}`,
          deadline: Number.MAX_SAFE_INTEGER,
        });
      };
      await closedLoop(CONCURRENCY, DURATION_MS / 4, enqueue);
      const loaded = await closedLoop(CONCURRENCY, DURATION_MS, enqueue);
      const alone = await closedLoop(1, DURATION_MS / 3, enqueue);
      await storage.close();
      const throughApi = await acceptedThroughApi();
      return [
        throughApi,
        {
          name: `enqueues, ${CONCURRENCY} at once`,
          unit: "1/s",
          value: loaded.perSecond,
          baseline: { name: "fdatasync, one after the other", value: 1_000 / percentile(raw, 0.5) },
        },
        {
          name: "one enqueue, p50",
          unit: "ms",
          value: percentile(alone.timesMs, 0.5),
          baseline: { name: "write and fdatasync, p50", value: percentile(raw, 0.5) },
        },
        {
          name: `one of ${CONCURRENCY} enqueues, p99`,
          unit: "ms",
          value: percentile(loaded.timesMs, 0.99),
          baseline: { name: "write and fdatasync, p99", value: percentile(raw, 0.99) },
        },
      ];
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

function rawSync(file: string): number[] {
  const descriptor = openSync(file, "a");
  const bytes = Buffer.alloc(300, "x");
  const timesMs: number[] = [];
  for (const started = performance.now(); performance.now() - started < DURATION_MS / 3; ) {
    const begun = performance.now();
    writeSync(descriptor, bytes);
    fdatasyncSync(descriptor);
    timesMs.push(performance.now() - begun);
  }
  closeSync(descriptor);
  return timesMs;
}

/** Answers 202 a second, each for an event that is on disk; what is accepted waits for a function that is busy. */
async function acceptedThroughApi(): Promise<Figure> {
  const bare = spawn(process.execPath, [path.join(import.meta.dirname, "baseline-refusals.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [port] = (await once(createInterface({ input: bare.stdout }), "line")) as [string];
    await using server = await startLambkin();
    await createBusy(new LambdaClient(server.client));
    const body = JSON.stringify(EVENT);
    const event = { "x-amz-invocation-type": "Event" };
    const accept = async () => {
      const status = await post(server.endpoint, INVOCATIONS, body, event);
      if (status !== 202) throw new Error(`an event was answered with ${status}`);
    };
    const refuse = () => post(`http://127.0.0.1:${port}`, INVOCATIONS, body, event);
    const rates = [];
    for (const call of [accept, refuse]) {
      await closedLoop(CONCURRENCY, DURATION_MS / 4, call);
      rates.push((await closedLoop(CONCURRENCY, DURATION_MS, call)).perSecond);
    }
    await server.end("SIGKILL");
    const [value = Number.NaN, baseline = Number.NaN] = rates;
    return {
      name: `accepted through the API, ${CONCURRENCY} at once`,
      unit: "1/s",
      value,
      baseline: { name: "POSTs to a bare node:http", value: baseline },
    };
  } finally {
    bare.kill("SIGTERM");
  }
}

async function createBusy(client: LambdaClient): Promise<void> {
  const FunctionName = "queued";
  const source = "exports.handler = () => new Promise((resolve) => setTimeout(resolve, 600_000));";
  await client.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Timeout: 900,
      Role: "arn:aws:iam::000000000000:role/any",
      Code: { ZipFile: await deploymentPackage({ "index.js": source }) },
    }),
  );
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 30, minDelay: 1 }, { FunctionName });
  await client.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 1 }));
  client.destroy();
}
