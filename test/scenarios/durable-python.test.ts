/** Durable functions written with the official SDK for Python, unmodified. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  InvokeCommand,
  SendDurableExecutionCallbackSuccessCommand,
} from "@aws-sdk/client-lambda";
import { Contract } from "../../testkit/contract.ts";
import { durablePythonPackage } from "../../testkit/durable-python.ts";
import { eventually } from "../../testkit/eventually.ts";

const clients = process.env["LAMBKIN_TEST_CLIENTS"] ?? "";

test("a durable function in Python steps, waits, retries, branches, calls and is called back", async () => {
  await using contract = await Contract.open();
  const { lambda } = contract;
  const ZipFile = durablePythonPackage(clients);
  const create = (Handler: string) =>
    contract.createFunction({
      Runtime: "python3.11",
      Handler,
      Code: { ZipFile },
      Timeout: 60,
      MemorySize: 1_769,
      DurableConfig: { ExecutionTimeout: 600, RetentionPeriodInDays: 1 },
    });
  const [flow, child] = await Promise.all([create("index.flow"), create("index.child")]);
  const { DurableExecutionArn } = await lambda.send(
    new InvokeCommand({
      FunctionName: flow,
      Qualifier: "$LATEST",
      InvocationType: "Event",
      Payload: Buffer.from(JSON.stringify({ n: 1, id: flow, child: `${child}:$LATEST` })),
    }),
  );
  const CallbackId = await eventually(
    async () => {
      const { Events = [] } = await lambda.send(
        new GetDurableExecutionHistoryCommand({ DurableExecutionArn, MaxItems: 1_000 }),
      );
      const failed = Events.find(({ EventType }) => EventType === "ExecutionFailed");
      assert.equal(failed, undefined);
      const started = Events.find(({ EventType }) => EventType === "CallbackStarted");
      assert.ok(started, Events.map(({ EventType, Name }) => `${EventType}:${Name ?? ""}`).join(" "));
      return started.CallbackStartedDetails?.CallbackId;
    },
    { what: "the callback", withinMs: 300_000 },
  );
  await lambda.send(
    new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result: Buffer.from("approved") }),
  );
  const {
    Status,
    Result,
    Error: error,
  } = await eventually(
    async () => {
      const found = await lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn }));
      return found.Status === "RUNNING" ? undefined : found;
    },
    { what: "the end of the execution", withinMs: 300_000 },
  );
  assert.equal(Status, "SUCCEEDED", JSON.stringify(error));
  assert.deepEqual(JSON.parse(Result ?? ""), {
    first: 2,
    tried: 1,
    both: ["left", "right"],
    each: [10, 20, 30],
    inside: "deep",
    child: 21,
    approval: "approved",
  });
});
