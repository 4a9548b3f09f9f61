import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  InvalidRequestContentException,
  InvokeCommand,
  type InvokeCommandInput,
  type InvokeCommandOutput,
  LambdaClient,
  LambdaServiceException,
  ResourceNotFoundException,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { type LambkinServer, startLambkin } from "../../../testkit/lambkin-server.ts";
import { zipOf } from "../../../testkit/zip-writer.ts";

const SOURCE = `
exports.handler = async (event, context) => {
  if (event.fail) throw new RangeError("out of range");
  if (event.exit !== undefined) process.exit(event.exit);
  if (event.sleepMs) await new Promise((resolve) => setTimeout(resolve, event.sleepMs));
  if (event.nothing) return undefined;
  if (event.bytes) return "x".repeat(event.bytes - 2);
  console.log("saw", JSON.stringify(event));
  return { event, id: context.awsRequestId, arn: context.invokedFunctionArn, client: context.clientContext };
};
`;
const MIB = 1_024 * 1_024;

let server: LambkinServer;
let lambda: LambdaClient;

before(async () => {
  server = await startLambkin();
  lambda = new LambdaClient({ ...server.client, maxAttempts: 1 });
  await createFunction({ FunctionName: "worker", Timeout: 60 });
  // Whole vCPUs: one has to begin anew in little time, the business of the other are payloads of 6 MB.
  await createFunction({ FunctionName: "hasty", Timeout: 10, MemorySize: 1_769 });
  await createFunction({ FunctionName: "carrier", Timeout: 60, MemorySize: 1_769 });
});

async function createFunction(settings: Partial<CreateFunctionCommandInput>): Promise<void> {
  const { FunctionName } = await lambda.send(
    new CreateFunctionCommand({
      FunctionName: undefined,
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/worker",
      Code: { ZipFile: zipOf({ "index.js": SOURCE }) },
      ...settings,
    }),
  );
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.5 },
    { FunctionName },
  );
}

after(async () => {
  lambda.destroy();
  await server[Symbol.asyncDispose]();
});

function invoke(input: Partial<InvokeCommandInput> = {}): Promise<InvokeCommandOutput> {
  return lambda.send(new InvokeCommand({ FunctionName: "worker", ...input }));
}

function result(output: InvokeCommandOutput): any {
  return JSON.parse(Buffer.from(output.Payload ?? []).toString());
}

test("RequestResponse: result, executed version, log tail and one request id everywhere", async () => {
  const output = await invoke({ Payload: '{"a":1}', LogType: "Tail" });
  assert.equal(output.StatusCode, 200);
  assert.equal(output.ExecutedVersion, "$LATEST");
  assert.equal(output.FunctionError, undefined);
  const { event, id, arn } = result(output);
  assert.deepEqual(event, { a: 1 });
  assert.equal(id, output.$metadata.requestId);
  assert.equal(arn, "arn:aws:lambda:us-east-1:000000000000:function:worker");
  const tail = Buffer.from(output.LogResult ?? "", "base64").toString();
  assert.ok(tail.startsWith(`START RequestId: ${id} Version: $LATEST\n`), tail);
  assert.match(tail, /INFO\tsaw \{"a":1\}\n/);
  assert.match(
    tail,
    /\nREPORT RequestId: (\S+)\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: 128 MB\tMax Memory Used: (\d+) MB(\tInit Duration: ([\d.]+) ms)?/,
  );
});

test("no payload is an empty object, no result is null", async () => {
  assert.deepEqual(result(await invoke()).event, {});
  assert.equal(result(await invoke({ Payload: '{"nothing":true}' })), null);
});

test("client context and qualifier reach the function", async () => {
  const ClientContext = Buffer.from('{"custom":{"city":"Zürich"}}').toString("base64");
  const { client, arn } = result(await invoke({ ClientContext, Qualifier: "$LATEST" }));
  assert.deepEqual(client, { custom: { city: "Zürich" } });
  assert.equal(arn, "arn:aws:lambda:us-east-1:000000000000:function:worker:$LATEST");
  await assert.rejects(invoke({ ClientContext: "e30x" }), InvalidRequestContentException);
});

test("function errors come with status 200 and the error document", async () => {
  const thrown = await invoke({ Payload: '{"fail":true}' });
  assert.deepEqual([thrown.StatusCode, thrown.FunctionError], [200, "Unhandled"]);
  const { errorType, errorMessage } = result(thrown);
  assert.deepEqual([errorType, errorMessage], ["RangeError", "out of range"]);

  const exited = await invoke({ Payload: '{"exit":3}' });
  assert.equal(exited.FunctionError, "Unhandled");
  assert.deepEqual(result(exited), {
    errorType: "Runtime.ExitError",
    errorMessage: `RequestId: ${exited.$metadata.requestId} Error: Runtime exited with error: exit status 3`,
  });

  const late = await invoke({ FunctionName: "hasty", Payload: '{"sleepMs":60000}' });
  assert.equal(late.FunctionError, "Unhandled");
  assert.deepEqual(result(late), {
    errorType: "Sandbox.Timedout",
    errorMessage: `RequestId: ${late.$metadata.requestId} Error: Task timed out after 10.00 seconds`,
  });
  for (const FunctionName of ["worker", "hasty"])
    assert.equal((await invoke({ FunctionName })).FunctionError, undefined);
});

test("payloads of 6 MB pass in both directions, larger ones do not", async () => {
  const carry = (event: unknown) => invoke({ FunctionName: "carrier", Payload: JSON.stringify(event) });
  const largest = await carry("x".repeat(6 * MIB - 2));
  assert.equal(largest.StatusCode, 200);
  await assert.rejects(carry("x".repeat(6 * MIB - 1)), (error) => {
    assert.ok(error instanceof LambdaServiceException);
    assert.equal(error.name, "RequestEntityTooLargeException");
    assert.equal(error.$metadata.httpStatusCode, 413);
    assert.equal(
      error.message,
      "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
    );
    return true;
  });
  const answer = await carry({ bytes: 6_291_556 });
  assert.equal(answer.Payload?.length, 6_291_556);
  const tooLarge = await carry({ bytes: 6_291_557 });
  assert.equal(tooLarge.FunctionError, "Unhandled");
  assert.equal(result(tooLarge).errorType, "Function.ResponseSizeTooLarge");
});

test("DryRun and Event have their own answers", async () => {
  const dry = await invoke({ InvocationType: "DryRun" });
  assert.deepEqual([dry.StatusCode, dry.Payload?.length ?? 0, dry.ExecutedVersion], [204, 0, undefined]);
  const event = await invoke({ InvocationType: "Event", Payload: '{"a":1}' });
  assert.deepEqual(
    [event.StatusCode, event.Payload?.length ?? 0, event.ExecutedVersion],
    [202, 0, undefined],
  );
  await assert.rejects(
    invoke({ InvocationType: "Event", Payload: JSON.stringify("x".repeat(MIB - 1)) }),
    /Request must be smaller than 1048576 bytes for the InvokeFunction operation/,
  );
  // Of which every character is escaped where it is text in JSON.
  const escaped = JSON.stringify('"'.repeat(MIB / 2 - 1));
  assert.equal(escaped.length, MIB);
  assert.equal((await invoke({ InvocationType: "Event", Payload: escaped })).StatusCode, 202);
});

test("what is no JSON, no type and no function", async () => {
  await assert.rejects(
    invoke({ Payload: "{a:1}" }),
    (error) =>
      error instanceof InvalidRequestContentException &&
      error.message.startsWith(
        "Could not parse request body into json: Could not parse payload into json: Unexpected character ('a' (code 97)): was expecting double-quote to start field name\n at [Source: ",
      ),
  );
  const InvocationType = "Sometimes" as InvokeCommandInput["InvocationType"];
  await assert.rejects(
    invoke({ InvocationType }),
    /1 validation error detected: Value 'Sometimes' at 'invocationType'/,
  );
  await assert.rejects(invoke({ FunctionName: "nobody" }), ResourceNotFoundException);
  await assert.rejects(invoke({ Qualifier: "nothing" }), ResourceNotFoundException);
});

test("concurrent invocations get environments of their own and all answer", async () => {
  const outputs = await Promise.all(
    Array.from({ length: 30 }, (_, number) => invoke({ Payload: JSON.stringify({ number, sleepMs: 20 }) })),
  );
  assert.deepEqual(
    outputs.map((output) => result(output).event.number),
    Array.from({ length: 30 }, (_, number) => number),
  );
});
