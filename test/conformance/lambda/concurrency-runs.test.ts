import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DeleteFunctionConcurrencyCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  PutProvisionedConcurrencyConfigCommand,
  TooManyRequestsException,
} from "@aws-sdk/client-lambda";
import { Contract } from "../../../testkit/contract.ts";
import { eventually } from "../../../testkit/eventually.ts";
import { zipOf } from "../../../testkit/zip-writer.ts";

const CODE = zipOf({
  "index.mjs": `
export const handler = async (event) => {
  if (event.requestContext) console.log(JSON.stringify(event));
  if (event.sleepMs) await new Promise((resolve) => setTimeout(resolve, event.sleepMs));
  return { how: process.env.AWS_LAMBDA_INITIALIZATION_TYPE, pid: process.pid, event };
};
`,
});

describe("concurrency of invocations", () => {
  let contract: Contract;
  before(async () => {
    contract = await Contract.open();
  });
  after(() => contract[Symbol.asyncDispose]());

  const create = (more: object = {}) =>
    contract.createFunction({ Code: { ZipFile: CODE }, Runtime: "nodejs22.x", ...more });
  async function invoke(FunctionName: string, event: object = {}, Qualifier?: string) {
    const output = await contract.lambda.send(
      new InvokeCommand({ FunctionName, Qualifier, Payload: JSON.stringify(event), LogType: "Tail" }),
    );
    return {
      output,
      result: JSON.parse(Buffer.from(output.Payload ?? []).toString()),
      tail: Buffer.from(output.LogResult ?? "", "base64").toString(),
    };
  }
  const throttledBy = (reason: string) => (error: unknown) => {
    assert.ok(error instanceof TooManyRequestsException, String(error));
    assert.equal(error.$metadata.httpStatusCode, 429);
    assert.equal(error.Reason, reason);
    assert.equal(error.message, "Rate Exceeded.");
    assert.equal(error.retryAfterSeconds, "1");
    return true;
  };

  it("a reserve of nothing refuses at once, however a function is invoked", async () => {
    const name = await create();
    await invoke(name);
    await contract.lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions: 0 }),
    );
    const refused = throttledBy("ReservedFunctionConcurrentInvocationLimitExceeded");
    await assert.rejects(invoke(name), refused);
    await assert.rejects(
      contract.lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: name })),
      refused,
    );
    await contract.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName: name }));
    assert.equal((await invoke(name)).output.StatusCode, 200);
  });

  it("a reserve of one runs one at a time", async () => {
    const name = await create();
    await contract.lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions: 1 }),
    );
    // On a machine that is busy for as long as one runs the other comes after it; not every time.
    await eventually(
      async () => {
        const sent = [invoke(name, { sleepMs: 5_000 }), invoke(name, { sleepMs: 5_000 })];
        const answers = await Promise.allSettled(sent);
        const [refused] = answers.filter((answer) => answer.status === "rejected");
        const [served] = answers.filter((answer) => answer.status === "fulfilled");
        assert.equal(served?.value.output.StatusCode, 200);
        assert.equal(served.value.output.FunctionError, undefined);
        return (
          refused &&
          throttledBy("ReservedFunctionConcurrentInvocationLimitExceeded")(refused.reason as unknown)
        );
      },
      { what: "a throttle" },
    );
  });

  it("a function as a destination gets the record of a success, and of an event that was never tried", async () => {
    const [name, target] = await Promise.all([create(), create()]);
    const logs = contract.logs();
    await contract.lambda.send(
      new PutFunctionEventInvokeConfigCommand({
        FunctionName: name,
        DestinationConfig: {
          OnSuccess: { Destination: contract.functionArn(target) },
          OnFailure: { Destination: contract.functionArn(target) },
        },
      }),
    );
    const event = (Payload: string) =>
      contract.lambda.send(new InvokeCommand({ FunctionName: name, InvocationType: "Event", Payload }));
    const told = (count: number) =>
      eventually(
        async () => {
          const logGroupName = `/aws/lambda/${target}`;
          const filterPattern = '"requestContext"';
          const { events = [] } = await logs.send(
            new FilterLogEventsCommand({ logGroupName, filterPattern }),
          );
          const records = events.map(({ message = "" }) => JSON.parse(message.slice(message.indexOf("{"))));
          return records.length === count ? records : undefined;
        },
        { what: `${count} records` },
      );
    const fine = await event('{"n":1.0}');
    const [success] = await told(1);
    assert.deepEqual(success.requestContext, {
      requestId: fine.$metadata.requestId,
      functionArn: `${contract.functionArn(name)}:$LATEST`,
      condition: "Success",
      approximateInvokeCount: 1,
    });
    assert.deepEqual(success.responseContext, { statusCode: 200, executedVersion: "$LATEST" });
    assert.deepEqual(success.responsePayload.event, { n: 1 });
    await contract.lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions: 0 }),
    );
    await event('{"n":2}');
    const [, failure] = await told(2);
    assert.equal(failure.requestContext.condition, "ZeroReservedConcurrency");
    assert.equal(failure.requestContext.approximateInvokeCount, 0);
    assert.equal(failure.responseContext, undefined);
  });

  it("provisioned environments are up before anybody calls, and are not charged their init", async () => {
    const name = await create();
    const { Version: Qualifier = "" } = await contract.lambda.send(
      new PublishVersionCommand({ FunctionName: name }),
    );
    const put = await contract.lambda.send(
      new PutProvisionedConcurrencyConfigCommand({
        FunctionName: name,
        Qualifier,
        ProvisionedConcurrentExecutions: 1,
      }),
    );
    assert.equal(put.Status, "IN_PROGRESS");
    const get = () =>
      contract.lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName: name, Qualifier }));
    const ready = await eventually(
      async () => {
        const config = await get();
        return config.Status === "IN_PROGRESS" ? undefined : config;
      },
      { what: "provisioned concurrency" },
    );
    assert.deepEqual(
      [
        ready.Status,
        ready.AllocatedProvisionedConcurrentExecutions,
        ready.AvailableProvisionedConcurrentExecutions,
      ],
      ["READY", 1, 1],
    );
    const first = await invoke(name, {}, Qualifier);
    assert.equal(first.result.how, "provisioned-concurrency");
    assert.doesNotMatch(first.tail, /Init Duration/);
    // The provisioned one asks for more some time after its answer was sent; and two of a busy machine may not overlap.
    await eventually(
      async () => {
        const both = await Promise.all([
          invoke(name, { sleepMs: 4_000 }, Qualifier),
          invoke(name, { sleepMs: 4_000 }, Qualifier),
        ]);
        assert.deepEqual(both.map(({ result }) => String(result.how)).toSorted(), [
          "on-demand",
          "provisioned-concurrency",
        ]);
        return true;
      },
      { what: "one provisioned and one spilled" },
    );
  });
});
