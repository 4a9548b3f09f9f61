import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { CreateFunctionCommand, LambdaClient, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../testkit/deployment-package.ts";
import { type LambkinServer, startLambkin } from "../testkit/lambkin-server.ts";
import { type Bench, closedLoop, cpuMs, type Figure, openLoop, percentile } from "./figure.ts";
import { post } from "./signed-request.ts";

const SOURCE = "exports.handler = async (event) => event;";
const ROUNDS = 8;
const ROUND_MS = 500;
const WARM_UP = 1_000;
const OVERLAP = 8;
const BODY = '{"key1":"value1","key2":"value2"}';

interface Target {
  readonly pid: number;
  readonly call: () => Promise<void>;
}

/** One warm environment, one invocation at a time, then at half of the rate that this reached, by turns. */
export const warmInvoke: Bench = {
  name: "warm invocation",
  conditions: "one Node.js function of 3,538 MB that returns its event, signed requests on kept connections",
  async run() {
    const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-bench-"));
    writeFileSync(path.join(folder, "index.js"), SOURCE);
    const bare = spawn(process.execPath, [path.join(import.meta.dirname, "baseline-server.ts"), folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const [port] = (await once(createInterface({ input: bare.stdout }), "line")) as [string];
      await using server = await startLambkin();
      await createFunction(server.client);
      const theirs = new Measured({
        pid: bare.pid ?? 0,
        call: () => checked(`http://127.0.0.1:${port}`, "/"),
      });
      const ours = new Measured({
        pid: server.pid,
        call: () => checked(server.endpoint, "/2015-03-31/functions/warm/invocations"),
      });
      for (const side of [theirs, ours]) await side.warmUp();
      for (let round = 0; round < ROUNDS; round += 1)
        for (const side of [theirs, ours]) await side.oneAfterTheOther();
      for (let round = 0; round < ROUNDS; round += 1)
        for (const side of [theirs, ours]) await side.halfLoad();
      const baseline = theirs.figures();
      return ours.figures().map((figure, index) => ({
        ...figure,
        baseline: {
          name: "bare node:http, same three exchanges",
          value: baseline[index]?.value ?? Number.NaN,
        },
      }));
    } finally {
      bare.kill("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** What one of two servers that take turns comes to, so that what else the machine does slows both. */
class Measured {
  readonly #target: Target;
  readonly #timesMs: number[] = [];
  readonly #halfLoadMs: number[] = [];
  #cpuMs = 0;
  #rates: number[] = [];

  constructor(target: Target) {
    this.#target = target;
  }

  async warmUp(): Promise<void> {
    for (let n = 0; n < WARM_UP; n += 1) await this.#target.call();
    // Calls that overlap want environments of their own; their starts are another bench's matter.
    await closedLoop(OVERLAP, ROUND_MS, this.#target.call);
  }

  async oneAfterTheOther(): Promise<void> {
    const { pid, call } = this.#target;
    const before = cpuMs(pid);
    const loop = await closedLoop(1, ROUND_MS, call);
    this.#cpuMs += cpuMs(pid) - before;
    this.#timesMs.push(...loop.timesMs);
    this.#rates.push(loop.perSecond);
  }

  async halfLoad(): Promise<void> {
    const { timesMs } = await openLoop(percentile(this.#rates, 0.5) / 2, ROUND_MS, this.#target.call);
    this.#halfLoadMs.push(...timesMs);
  }

  figures(): Omit<Figure, "baseline">[] {
    const calls = this.#timesMs;
    const open = this.#halfLoadMs;
    return [
      { name: "invocations, one after the other", unit: "1/s", value: percentile(this.#rates, 0.5) },
      { name: "server CPU an invocation", unit: "us", value: (this.#cpuMs * 1_000) / calls.length },
      { name: "latency, one after the other, p50", unit: "ms", value: percentile(calls, 0.5) },
      { name: "latency, one after the other, p99", unit: "ms", value: percentile(calls, 0.99) },
      { name: "latency at half load (open loop), p50", unit: "ms", value: percentile(open, 0.5) },
      { name: "latency at half load (open loop), p99", unit: "ms", value: percentile(open, 0.99) },
    ];
  }
}

async function checked(endpoint: string, at: string): Promise<void> {
  const status = await post(endpoint, at, BODY);
  if (status !== 200) throw new Error(`${endpoint}${at} answered ${status}`);
}

async function createFunction(client: LambkinServer["client"]): Promise<void> {
  const lambda = new LambdaClient(client);
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: "warm",
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      MemorySize: 3538,
      Role: "arn:aws:iam::000000000000:role/any",
      Code: { ZipFile: await deploymentPackage({ "index.js": SOURCE }) },
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30, minDelay: 1 }, { FunctionName: "warm" });
}
