import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { eventually } from "../../../testkit/eventually.ts";
import { type LambkinServer, startLambkin } from "../../../testkit/lambkin-server.ts";
import { zipOf } from "../../../testkit/zip-writer.ts";

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const SOURCE = `export const handler = async (event) => { throw new RangeError("no " + event.order); };\n`;

let server: LambkinServer;
let lambda: LambdaClient;
let s3: S3Client;

before(async () => {
  server = await startLambkin();
  lambda = new LambdaClient({ ...server.client, maxAttempts: 1 });
  s3 = new S3Client({ ...server.client, forcePathStyle: true });
});

after(async () => {
  lambda.destroy();
  s3.destroy();
  await server[Symbol.asyncDispose]();
});

/** A function that always fails and is not tried again; what it could not handle goes to the bucket. */
async function failing(FunctionName: string, bucket: string): Promise<void> {
  const Role = "arn:aws:iam::000000000000:role/worker";
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role,
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Timeout: 60,
      Code: { ZipFile: zipOf({ "index.mjs": SOURCE }) },
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 120, minDelay: 1 }, { FunctionName });
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName,
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: `arn:aws:s3:::${bucket}` } },
    }),
  );
}

async function invoke(FunctionName: string, event: object): Promise<string> {
  const Payload = JSON.stringify(event);
  const { $metadata } = await lambda.send(
    new InvokeCommand({ FunctionName, InvocationType: "Event", Payload }),
  );
  return $metadata.requestId ?? "";
}

/** The objects of a function's records once there are so many, in the order of their keys. */
function records(Bucket: string, name: string, count: number): Promise<{ key: string; record: any }[]> {
  return eventually(
    async () => {
      const Prefix = `aws/lambda/async/${name}/`;
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
      if (Contents.length < count) return undefined;
      return Promise.all(
        Contents.map(async ({ Key = "" }) => {
          const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
          return { key: Key, record: JSON.parse((await Body?.transformToString()) ?? "") as unknown };
        }),
      );
    },
    { what: `${count} records of ${name}` },
  );
}

test("an event that failed becomes an object under the function's name and the time", async () => {
  await s3.send(new CreateBucketCommand({ Bucket: "records" }));
  await failing("broken", "records");
  const requestId = await invoke("broken", { order: 7 });
  const [{ key, record } = { key: "", record: {} }] = await records("records", "broken", 1);
  const { timestamp, responsePayload, ...rest } = record;
  const [day, time] = timestamp.slice(0, 19).split("T");
  assert.match(
    key,
    new RegExp(
      `^aws/lambda/async/broken/${day.replaceAll("-", "/")}/${day}T${time.replaceAll(":", ".")}-${UUID}$`,
    ),
  );
  assert.equal(responsePayload.errorMessage, "no 7");
  assert.deepEqual(rest, {
    version: "1.0",
    requestContext: {
      requestId,
      functionArn: "arn:aws:lambda:us-east-1:000000000000:function:broken:$LATEST",
      condition: "RetriesExhausted",
      approximateInvokeCount: 1,
    },
    requestPayload: { order: 7 },
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
  });
});

test("one that no concurrency is left for becomes an object without a response", async () => {
  await s3.send(new CreateBucketCommand({ Bucket: "unserved" }));
  await failing("idle", "unserved");
  await lambda.send(
    new PutFunctionConcurrencyCommand({ FunctionName: "idle", ReservedConcurrentExecutions: 0 }),
  );
  await invoke("idle", { order: 1 });
  await invoke("idle", { order: 2 });
  const found = await records("unserved", "idle", 2);
  assert.deepEqual(
    found.map(({ record }) => record.requestPayload.order).sort((a, b) => a - b),
    [1, 2],
  );
  for (const { record } of found) {
    assert.equal(record.requestContext.condition, "ZeroReservedConcurrency");
    assert.deepEqual(Object.keys(record), ["version", "timestamp", "requestContext", "requestPayload"]);
  }
});

test("a bucket that is not there is said in the log, and nothing else is held up", async () => {
  await failing("stranded", "nowhere");
  await invoke("stranded", { order: 9 });
  const line = await eventually(
    () =>
      server
        .errorOutput()
        .split("\n")
        .slice(0, -1)
        .find((text) => text.includes("record of an invocation dropped")),
    { what: "a line about the lost record" },
  );
  assert.match(line, /arn:aws:s3:::nowhere/);
  assert.match(line, /The specified bucket does not exist/);
  await lambda.send(new DeleteFunctionCommand({ FunctionName: "stranded" }));
});
