import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, LambdaClient, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../testkit/deployment-package.ts";
import { type LambkinServer, startLambkin } from "../testkit/lambkin-server.ts";
import { type Bench, closedLoop, cpuMs, type Figure, openLoop, percentile } from "./figure.ts";
import { type AccessKey, post, signer } from "./signed-request.ts";

const SOURCE = "exports.handler = async (event) => event;";
const ROUNDS = 8;
const ROUND_MS = 500;
/** Until what each call runs is compiled, on either side. */
const WARM_UP = 5_000;
const OVERLAP = 8;
const BODY = '{"key1":"value1","key2":"value2"}';
const INVOCATIONS = "/2015-03-31/functions/warm/invocations";

interface Target {
  readonly pid: number;
  readonly call: () => Promise<void>;
}

/** One warm environment, one invocation at a time, then at half of the rate that this reached, by turns. */
export const warmInvoke: Bench = {
  name: "warm invocation",
  conditions:
    "one Node.js function of 3,538 MB that returns its event; kept connections, SigV4 signatures that the server verifies",
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
      const key = await createKey(server.client);
      const bareEndpoint = `http://127.0.0.1:${port}`;
      const theirs = new Measured({ pid: bare.pid ?? 0, call: signed(bareEndpoint, key) });
      const ours = new Measured({ pid: server.pid, call: signed(server.endpoint, key) });
      const unverified = new Measured({ pid: server.pid, call: () => checked(server.endpoint) });
      const sides = [theirs, ours, unverified];
      for (const side of sides) await side.warmUp();
      // Each follows on the other server: who follows on the same one finds it warm.
      for (let round = 0; round < ROUNDS; round += 1)
        for (const side of [theirs, ours, theirs, unverified]) await side.oneAfterTheOther();
      for (let round = 0; round < ROUNDS; round += 1)
        for (const side of [theirs, ours]) await side.halfLoad();
      const name = "bare node:http, same three exchanges";
      return [
        ...ours.sequence().map((figure, index) => ({
          ...figure,
          baseline: { name, value: theirs.sequence()[index]?.value ?? Number.NaN },
        })),
        ...unverified.sequence().map((figure, index) => ({
          ...figure,
          name: `${figure.name}, key not verified`,
          baseline: { name, value: theirs.sequence()[index]?.value ?? Number.NaN },
        })),
        ...ours.atHalfLoad().map((figure, index) => ({
          ...figure,
          baseline: { name, value: theirs.atHalfLoad()[index]?.value ?? Number.NaN },
        })),
      ];
    } finally {
      bare.kill("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** What one of several servers or callers that take turns comes to, so that what else the machine does slows all. */
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

  sequence(): Omit<Figure, "baseline">[] {
    const calls = this.#timesMs;
    return [
      { name: "invocations, one after the other", unit: "1/s", value: percentile(this.#rates, 0.5) },
      { name: "server CPU an invocation", unit: "us", value: (this.#cpuMs * 1_000) / calls.length },
      { name: "latency, one after the other, p50", unit: "ms", value: percentile(calls, 0.5) },
      { name: "latency, one after the other, p99", unit: "ms", value: percentile(calls, 0.99) },
    ];
  }

  atHalfLoad(): Omit<Figure, "baseline">[] {
    const open = this.#halfLoadMs;
    return [
      { name: "latency at half load (open loop), p50", unit: "ms", value: percentile(open, 0.5) },
      { name: "latency at half load (open loop), p99", unit: "ms", value: percentile(open, 0.99) },
    ];
  }
}

function signed(endpoint: string, key: AccessKey): () => Promise<void> {
  const headers = signer(endpoint, INVOCATIONS, BODY, key);
  return () => checked(endpoint, headers());
}

async function checked(endpoint: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const status = await post(endpoint, INVOCATIONS, BODY, headers);
  if (status !== 200) throw new Error(`${endpoint} answered ${status}`);
}

/** Keys that the server issued are verified; all others it takes at their word. */
async function createKey(client: LambkinServer["client"]): Promise<AccessKey> {
  const iam = new IAMClient(client);
  await iam.send(new CreateUserCommand({ UserName: "warm" }));
  const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName: "warm" }));
  iam.destroy();
  return { accessKeyId: key?.AccessKeyId ?? "", secretAccessKey: key?.SecretAccessKey ?? "" };
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
