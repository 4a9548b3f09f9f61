import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { eventually } from "../../testkit/eventually.ts";
import { startLambkin } from "../../testkit/lambkin-server.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

const BURST = 12;
const UPDATES = 12;

function source(version: string): string {
  return `
const { readFileSync } = require("node:fs");
const environment = require("node:crypto").randomUUID();
const loadedAt = Date.now();
let served = 0;
exports.handler = async () => ({
  version: ${JSON.stringify(version)},
  name: process.env.AWS_LAMBDA_FUNCTION_NAME,
  pooled: readFileSync("/proc/self/environ", "utf8").includes("_LAMBKIN_WAIT"),
  environment, loadedAt, served: ++served,
});`;
}

test("functions of an account get pooled sandboxes at their first request, each its own, never with old code", async () => {
  await using server = await startLambkin({ args: ["--isolation", "namespaces"] });
  const lambda = new LambdaClient(server.client);
  const create = async (name: string): Promise<void> => {
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        MemorySize: 256,
        Timeout: 60,
        Role: "arn:aws:iam::000000000000:role/any",
        Code: { ZipFile: await deploymentPackage({ "index.js": source(`${name} 1`) }) },
      }),
    );
    await waitUntilFunctionActiveV2(
      { client: lambda, maxWaitTime: 120, minDelay: 0.02, maxDelay: 0.1 },
      { FunctionName: name },
    );
  };
  const invoke = async (name: string) => {
    // With the log's tail the answer comes last, when the environment is free for the next invocation.
    const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: name, LogType: "Tail" }));
    return JSON.parse(Buffer.from(Payload ?? []).toString());
  };

  let created = 0;
  const pooled = await eventually(
    async () => {
      const name = `first-${created++}`;
      await create(name);
      const before = Date.now();
      const answer = await invoke(name);
      assert.equal(answer.name, name);
      assert.ok(answer.loadedAt >= before, "the init ran at the request");
      return answer.pooled ? answer : undefined;
    },
    { what: "a function to be served from the pool" },
  );
  const again = await invoke(pooled.name);
  assert.deepEqual([again.environment, again.served], [pooled.environment, 2]);

  await lambda.send(
    new UpdateFunctionCodeCommand({
      FunctionName: pooled.name,
      ZipFile: await deploymentPackage({ "index.js": source("2") }),
    }),
  );
  await waitUntilFunctionUpdatedV2(
    { client: lambda, maxWaitTime: 120, minDelay: 0.02, maxDelay: 0.1 },
    { FunctionName: pooled.name },
  );
  const updated = await invoke(pooled.name);
  assert.deepEqual([updated.version, updated.served], ["2", 1]);

  const names = Array.from({ length: BURST }, (_, n) => `burst-${n}`);
  await Promise.all(names.map(create));
  const answers = await Promise.all(names.map(invoke));
  assert.deepEqual(
    answers.map(({ version, name, served }) => [version, name, served]),
    names.map((name) => [`${name} 1`, name, 1]),
  );
  assert.equal(new Set(answers.map(({ environment }) => environment)).size, BURST);
});

test("whatever is updated while calls come, none that begins after an update sees what was before it", async (context) => {
  const seed = seedOfRun();
  context.diagnostic(`LAMBKIN_SEED=${seed}`);
  const random = seededRandomness(seed);
  await using server = await startLambkin({ args: ["--isolation", "namespaces"] });
  const lambda = new LambdaClient(server.client);
  const FunctionName = "changing";
  const code = (version: number) =>
    deploymentPackage({
      "index.js": `exports.handler = async () => ({ code: ${version}, settings: Number(process.env.SETTINGS) });`,
    });
  const wait = { client: lambda, maxWaitTime: 120, minDelay: 0.02, maxDelay: 0.1 };
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      MemorySize: 256,
      Timeout: 60,
      Role: "arn:aws:iam::000000000000:role/any",
      Environment: { Variables: { SETTINGS: "0" } },
      Code: { ZipFile: await code(0) },
    }),
  );
  await waitUntilFunctionActiveV2(wait, { FunctionName });
  const done = { code: 0, settings: 0 };
  const begun = { code: 0, settings: 0 };
  let calls = 0;
  const call = async (): Promise<void> => {
    const before = { ...done };
    const { Payload, FunctionError } = await lambda.send(new InvokeCommand({ FunctionName }));
    const text = Buffer.from(Payload ?? []).toString();
    assert.equal(FunctionError, undefined, text);
    const seen = JSON.parse(text) as typeof done;
    calls += 1;
    assert.ok(
      seen.code >= before.code && seen.settings >= before.settings,
      `${text} after ${JSON.stringify(before)}`,
    );
    assert.ok(seen.code <= begun.code && seen.settings <= begun.settings, text);
  };
  const updates = new AbortController();
  const goOn = () => !updates.signal.aborted || calls <= UPDATES;
  const callers = Array.from({ length: 3 }, async () => {
    while (goOn()) await call();
  });
  for (let round = 0; round < UPDATES; round += 1) {
    for (let n = random.below(4); n > 0; n -= 1) await call();
    if (random.chance(0.5)) {
      begun.code += 1;
      const ZipFile = await code(begun.code);
      await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
    } else {
      begun.settings += 1;
      const Variables = { SETTINGS: String(begun.settings) };
      await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
    }
    await waitUntilFunctionUpdatedV2(wait, { FunctionName });
    Object.assign(done, begun);
  }
  updates.abort();
  await Promise.all(callers);
  await call();
  assert.ok(calls > UPDATES);
});
