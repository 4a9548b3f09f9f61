/**
 * Durable functions written with the official SDK, unmodified, on a server that is killed while they run: what was
 * checkpointed is not done again, and everything comes to its end.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import {
  CreateFunctionCommand,
  type Event,
  GetDurableExecutionCommand,
  type GetDurableExecutionCommandOutput,
  GetDurableExecutionHistoryCommand,
  InvokeCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
  SendDurableExecutionCallbackHeartbeatCommand,
  SendDurableExecutionCallbackSuccessCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { send } from "../../src/cli/connection.ts";
import { durablePackage } from "../../testkit/durable-functions.ts";
import { eventually } from "../../testkit/eventually.ts";
import { type LambkinServer, startLambkin } from "../../testkit/lambkin-server.ts";

const dataDirectory = mkdtempSync(path.join(os.tmpdir(), "lambkin-durable-"));
after(() => rmSync(dataDirectory, { recursive: true, force: true }));

const Role = "arn:aws:iam::000000000000:role/worker";
const SLOW_MS = 1_500;
/** What is charged else begins with the month. */
const BEGUN = new Date(Date.now() - 60_000).toISOString();

async function createFunctions(lambda: LambdaClient): Promise<void> {
  for (const name of ["flow", "child", "plain"]) {
    const durable = name !== "plain";
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Role,
        Runtime: "nodejs22.x",
        Handler: `index.${name}`,
        Code: { ZipFile: durablePackage() },
        Timeout: 60,
        MemorySize: 1_769,
        ...(durable ? { DurableConfig: { ExecutionTimeout: 3_600, RetentionPeriodInDays: 1 } } : {}),
      }),
    );
    await waitUntilFunctionActiveV2(
      { client: lambda, maxWaitTime: 120, minDelay: 0.05, maxDelay: 0.5 },
      { FunctionName: name },
    );
  }
}

/** What the execution of `events` and the one that it called are charged, over all kills. */
async function assertCharged(server: LambkinServer, events: readonly Event[]): Promise<void> {
  const charged = (types: RegExp) => events.filter(({ EventType }) => types.test(EventType ?? "")).length;
  const expected = charged(
    /^(ExecutionStarted|Step(Succeeded|Failed)|Context(Succeeded|Failed)|(Wait|Callback|ChainedInvoke)Started)$/,
  );
  const options = { endpoint: server.endpoint, "data-dir": dataDirectory };
  const operations = await eventually(
    async () => {
      const query = { by: "function", freeTier: "off", from: BEGUN };
      const call = { service: "lambkin", method: "GET", path: "/_lambkin/usage", query, headers: {} };
      const { text } = await send(options, { ...call, body: new Uint8Array() });
      const { rows } = JSON.parse(text) as {
        rows: {
          group: { function: string };
          durableOperations: number;
          cost: { durableOperations: number };
        }[];
      };
      const flow = rows.find(({ group }) => group.function === "flow");
      return (flow?.durableOperations ?? 0) >= expected ? flow : undefined;
    },
    { what: "what the execution is charged" },
  );
  assert.equal(operations.durableOperations, expected);
  assert.ok(Math.abs(operations.cost.durableOperations - (expected * 8) / 1_000_000) < 1e-9);
}

test("a durable execution survives SIGKILL in a step, in a wait and before a callback", async (context) => {
  let server: LambkinServer = await startLambkin({ dataDirectory });
  let lambda = new LambdaClient(server.client);
  const again = async () => {
    await server.end("SIGKILL");
    lambda.destroy();
    server = await startLambkin({ dataDirectory });
    lambda = new LambdaClient(server.client);
  };
  const history = async (DurableExecutionArn: string | undefined): Promise<Event[]> => {
    const { Events = [] } = await lambda.send(
      new GetDurableExecutionHistoryCommand({
        DurableExecutionArn,
        MaxItems: 1_000,
        IncludeExecutionData: true,
      }),
    );
    return Events;
  };
  const happened = (arn: string | undefined, type: string, name: string) =>
    eventually(
      async () => (await history(arn)).find(({ EventType, Name }) => EventType === type && Name === name),
      { what: `${type} of ${name}` },
    );
  try {
    await createFunctions(lambda);
    const request = {
      FunctionName: "flow",
      Qualifier: "$LATEST",
      InvocationType: "Event" as const,
      DurableExecutionName: "order-1",
      Payload: Buffer.from(
        JSON.stringify({ n: 1, id: "order-1", child: "child:$LATEST", plain: "plain", slowMs: SLOW_MS }),
      ),
    };
    const { DurableExecutionArn: arn, StatusCode } = await lambda.send(new InvokeCommand(request));
    assert.equal(StatusCode, 202);
    assert.match(arn ?? "", /:function:flow:\$LATEST\/durable-execution\/order-1\/[\w-]+$/);

    await happened(arn, "WaitStarted", "pause");
    await again();
    // The same start finds what runs already.
    assert.equal((await lambda.send(new InvokeCommand(request))).DurableExecutionArn, arn);
    await assert.rejects(lambda.send(new InvokeCommand({ ...request, Payload: Buffer.from("{}") })), {
      name: "DurableExecutionAlreadyStartedException",
    });

    await happened(arn, "StepStarted", "slow");
    await again();
    const approval = await eventually(
      async () => (await history(arn)).find(({ EventType }) => EventType === "CallbackStarted"),
      { what: "the callback" },
    );
    await again();
    const { CallbackId } = approval.CallbackStartedDetails ?? {};
    await lambda.send(new SendDurableExecutionCallbackHeartbeatCommand({ CallbackId }));
    await lambda.send(
      new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result: Buffer.from('"approved"') }),
    );
    const ended: GetDurableExecutionCommandOutput = await eventually(
      async () => {
        const found = await lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn: arn }));
        return found.Status === "RUNNING" ? undefined : found;
      },
      { what: "the end of the execution" },
    );
    const events = await history(arn);
    context.diagnostic(events.map(({ EventType, Name }) => `${EventType}:${Name ?? ""}`).join(" "));
    assert.equal(ended.Status, "SUCCEEDED", JSON.stringify(ended.Error));
    const { tried, ...result } = JSON.parse(ended.Result ?? "") as Record<string, unknown>;
    assert.equal(tried, 2);
    assert.deepEqual(result, {
      first: 2,
      both: ["left", "right"],
      each: [10, 20, 30],
      inside: "deep",
      child: 21,
      plain: 31,
      missing: "InvokeError",
      slow: "slow",
      approval: '"approved"',
    });
    const count = (type: string, name: string) =>
      events.filter(({ EventType, Name }) => EventType === type && Name === name).length;
    for (const step of ["first", "left", "right", "deep", "slow"]) {
      assert.equal(count("StepSucceeded", step), 1, step);
    }
    assert.equal(count("StepStarted", "first"), 1);
    assert.ok(count("StepFailed", "flaky") >= 2);
    const { DurableExecutions = [] } = await lambda.send(
      new ListDurableExecutionsByFunctionCommand({ FunctionName: "child" }),
    );
    assert.deepEqual(
      DurableExecutions.map(({ Status }) => Status),
      ["SUCCEEDED"],
    );
    await assertCharged(server, events);
  } catch (error) {
    context.diagnostic(server.errorOutput());
    throw error;
  } finally {
    lambda.destroy();
    await server[Symbol.asyncDispose]();
  }
});
