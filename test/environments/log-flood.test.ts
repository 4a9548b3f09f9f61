import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { environmentLimits } from "../../src/base/index.ts";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { type LambkinServer, startLambkin } from "../../testkit/lambkin-server.ts";

const { outputBurstBytes, outputBytesPerSecond, outputDrainBytes } = environmentLimits;
const MIB = 1 << 20;

/** Prints as much as it can for so long, and tells how much that was and how long it took. */
const FLOOD = `
const fs = require("node:fs");
const line = Buffer.from("x".repeat(1023) + "\\n");
exports.handler = async ({ ms }) => {
  const begun = performance.now();
  let bytes = 0;
  while (performance.now() - begun < ms) {
    try { bytes += fs.writeSync(1, line); } catch (error) { if (error.code !== "EAGAIN") throw error; }
  }
  fs.writeSync(1, "the last line\\n");
  return { bytes, ms: performance.now() - begun };
};`;

describe("a function that prints without end", () => {
  let server: LambkinServer;
  let lambda: LambdaClient;
  before(async () => {
    server = await startLambkin();
    lambda = new LambdaClient(server.client);
    await Promise.all([create("flood", FLOOD), create("other", "exports.handler = async (event) => event;")]);
    for (const name of ["flood", "other"]) await invoke(name, { ms: 0 });
  });
  after(async () => {
    lambda.destroy();
    await server[Symbol.asyncDispose]();
  });

  it("is held up by its own output, while others are answered and the server keeps its size", async () => {
    const before = await residentBytes();
    let [answered, largest] = [0, 0];
    // Once, unless the machine is so busy with others that this takes long for few answers.
    for (let floods = 0; floods < 10 && answered <= 5; floods += 1) {
      const progress = { ended: false };
      const flood = invoke("flood", { ms: 5_000 }).finally(() => {
        progress.ended = true;
      });
      while (!progress.ended) {
        assert.deepEqual(JSON.parse((await invoke("other", { answered })).payload), { answered });
        answered += 1;
        largest = Math.max(largest, await residentBytes());
      }
      const { payload, tail } = await flood;
      const { bytes, ms } = JSON.parse(payload);
      const most = outputBurstBytes + (outputBytesPerSecond * ms) / 1_000 + outputDrainBytes;
      assert.ok(bytes > outputBurstBytes / 4, `a control: ${bytes} bytes`);
      assert.ok(bytes <= most, `${bytes} bytes in ${ms} ms, more than ${most}`);
      assert.match(
        tail,
        /the last line\nEND RequestId: .*\nREPORT /,
        "what it printed comes before the report",
      );
    }
    assert.ok(answered > 5, `${answered} answers meanwhile`);
    assert.ok(largest - before < 160 * MIB, `${(largest - before) / MIB} MiB more`);
  });

  async function residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${server.pid}/status`, "latin1");
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1_024;
  }

  async function invoke(name: string, event: object): Promise<{ payload: string; tail: string }> {
    const answer = await lambda.send(
      new InvokeCommand({ FunctionName: name, LogType: "Tail", Payload: JSON.stringify(event) }),
    );
    assert.equal(answer.FunctionError, undefined);
    return {
      payload: Buffer.from(answer.Payload ?? []).toString(),
      tail: Buffer.from(answer.LogResult ?? "", "base64").toString(),
    };
  }

  async function create(name: string, source: string): Promise<void> {
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        MemorySize: 1_769,
        Timeout: 600,
        Role: "arn:aws:iam::000000000000:role/any",
        Code: { ZipFile: await deploymentPackage({ "index.js": source }) },
      }),
    );
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 120 }, { FunctionName: name });
  }
});
