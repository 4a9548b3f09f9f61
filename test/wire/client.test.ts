import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-lambda";
import { DeleteObjectsCommand, S3Client } from "@aws-sdk/client-s3";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { AwsSmithyRpcV2CborProtocol } from "@aws-sdk/core/protocols";
import { ServiceError, systemClock, systemRandomness } from "../../src/base/index.ts";
import { type AwsClient, AwsClientError, createAwsClient, type ServiceName } from "../../src/wire/index.ts";
import type { ProtocolName } from "../../src/wire/model/table.ts";
import { type EchoDoor, ISSUED, openEchoDoor } from "./kit/echo-door.ts";

const credentials = { accessKeyId: ISSUED.accessKeyId, secretAccessKey: ISSUED.secretAccessKey };
const clients: { destroy(): void }[] = [];
const own: AwsClient[] = [];
let echo: EchoDoor;
before(async () => {
  // Every signature is verified.
  echo = await openEchoDoor({ secure: true });
});
after(async () => {
  for (const client of clients) client.destroy();
  for (const client of own) await client.close();
  await echo.close();
});

function client(service: ServiceName, endpoint: string, protocol?: ProtocolName): AwsClient {
  const made = createAwsClient({
    service,
    endpoint,
    region: "us-east-1",
    credentials: () => credentials,
    clock: systemClock,
    randomness: systemRandomness,
    ...(protocol === undefined ? {} : { protocol }),
  });
  own.push(made);
  return made;
}

const time = new Date("2026-01-02T03:04:05.678Z");
const CALLS: readonly {
  readonly service: ServiceName;
  readonly protocol?: ProtocolName;
  readonly operation: string;
  readonly input: object;
  readonly Client: new (options: any) => { send(command: any): Promise<unknown>; destroy(): void };
  readonly Command: new (input: any) => unknown;
  readonly more?: object;
  readonly output?: object;
}[] = [
  {
    service: "lambda",
    operation: "Invoke",
    input: {
      FunctionName: "arn:aws:lambda:us-east-1:000000000000:function:f",
      Qualifier: "$LATEST",
      Payload: Buffer.from("{}"),
    },
    Client: LambdaClient,
    Command: InvokeCommand,
    output: { StatusCode: 200, ExecutedVersion: "1", Payload: Buffer.from("[1]") },
  },
  {
    service: "lambda",
    operation: "ListFunctions",
    input: { MaxItems: 5, Marker: "a=b&c d" },
    Client: LambdaClient,
    Command: ListFunctionsCommand,
    output: { Functions: [{ FunctionName: "f", CodeSize: 3 }], NextMarker: "n" },
  },
  {
    service: "lambda",
    operation: "UntagResource",
    input: { Resource: "arn:aws:lambda:us-east-1:000000000000:function:f", TagKeys: ["a b", "c:/+@d"] },
    Client: LambdaClient,
    Command: UntagResourceCommand,
    output: {},
  },
  {
    service: "dynamodb",
    operation: "PutItem",
    input: { TableName: "table", Item: { a: { S: 'ü"' }, n: { N: "1" } } },
    Client: DynamoDBClient,
    Command: PutItemCommand,
    output: { Attributes: { a: { S: "old" } } },
  },
  {
    service: "iam",
    operation: "CreateRole",
    input: {
      RoleName: "r",
      AssumeRolePolicyDocument: '{"a": "ü~*()\'!"}',
      Tags: [{ Key: "k", Value: "v w" }],
      MaxSessionDuration: 3600,
    },
    Client: IAMClient,
    Command: CreateRoleCommand,
    output: {
      Role: { Path: "/", RoleName: "r", RoleId: "i", Arn: "a", CreateDate: new Date("2026-01-01T00:00:00Z") },
    },
  },
  {
    service: "sns",
    operation: "Publish",
    input: {
      TopicArn: "t",
      Message: "m",
      MessageAttributes: { a: { DataType: "String", StringValue: "s" } },
    },
    Client: SNSClient,
    Command: PublishCommand,
    output: { MessageId: "m" },
  },
  {
    service: "sqs",
    operation: "SendMessage",
    input: { QueueUrl: "http://localhost/0/q", MessageBody: "m" },
    Client: SQSClient,
    Command: SendMessageCommand,
    output: { MessageId: "m" },
  },
  {
    service: "cloudwatch",
    protocol: "rpcv2Cbor",
    operation: "PutMetricData",
    input: { Namespace: "n", MetricData: [{ MetricName: "m", Value: 0.1, Timestamp: time }] },
    Client: CloudWatchClient,
    Command: PutMetricDataCommand,
    more: { protocol: AwsSmithyRpcV2CborProtocol },
    output: {},
  },
  {
    service: "s3",
    operation: "DeleteObjects",
    input: { Bucket: "bucket", Delete: { Objects: [{ Key: "a<&>b" }, { Key: "c" }], Quiet: true } },
    Client: S3Client,
    Command: DeleteObjectsCommand,
    more: { forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED" },
    output: { Deleted: [{ Key: "c" }] },
  },
];

interface Recorded {
  readonly line: string;
  readonly type: string | undefined;
  readonly target: unknown;
  readonly smithy: unknown;
  readonly body: string;
}

describe("our own client", () => {
  it("sends byte for byte what the SDK sends", async (test) => {
    const recorded: Recorded[] = [];
    const server = createServer((message, response) => {
      const parts: Buffer[] = [];
      message.on("data", (part: Buffer) => parts.push(part));
      message.on("end", () => {
        const { headers } = message;
        recorded.push({
          line: `${message.method} ${message.url}`,
          type: headers["content-type"],
          target: headers["x-amz-target"],
          smithy: headers["smithy-protocol"],
          body: Buffer.concat(parts).toString("latin1"),
        });
        response.writeHead(400).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    test.after(() => server.close().closeAllConnections());
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const { service, protocol, operation, input, Client, Command, more } of CALLS) {
      const sdk = new Client({ endpoint, region: "us-east-1", credentials, maxAttempts: 1, ...more });
      clients.push(sdk);
      await assert.rejects(sdk.send(new Command(structuredClone(input))));
      await assert.rejects(client(service, endpoint, protocol).send(operation, input));
      const [theirs, ours] = recorded.splice(0) as [Recorded, Recorded];
      const line = theirs.line.replace(/[?&]x-id=\w+$/, "");
      assert.deepEqual(
        { ...ours, line: ours.line.replace(/[?&]x-id=\w+$/, "") },
        { ...theirs, line },
        operation,
      );
    }
  });

  it("calls every protocol of our own door, signed, and reads its answers", async () => {
    for (const { service, protocol, operation, input, output } of CALLS) {
      echo.answer(operation, () => output);
      const answer = await client(service, echo.endpoint, protocol).send<Record<string, unknown>>(
        operation,
        input,
      );
      const seen = JSON.parse(JSON.stringify(echo.last().input)) as object;
      assert.deepEqual(seen, JSON.parse(JSON.stringify(input)), operation);
      assert.deepEqual({ ...answer }, { ...(operation === "UntagResource" ? {} : output) }, operation);
    }
  });

  it("streams objects in both directions", async () => {
    const s3 = client("s3", echo.endpoint);
    echo.answer("PutObject", async (input) => ({ ETag: await text(input.Body) }));
    const put = { Bucket: "bucket", Key: "a/b ü+", Metadata: { m: "v" }, ContentLength: 3 };
    const answer = await s3.send<{ ETag: string }>("PutObject", {
      ...put,
      Body: Readable.from(["ab", "c"], { objectMode: false }),
    });
    assert.equal(answer.ETag, "abc");
    assert.equal(echo.last().input["Key"], "a/b ü+");
    assert.deepEqual(echo.last().input["Metadata"], { m: "v" });
    echo.answer("GetObject", () => ({
      Body: Readable.from(["x".repeat(100_000)]),
      LastModified: new Date(0),
    }));
    const got = await s3.send<{ Body: Readable; LastModified: Date }>("GetObject", {
      Bucket: "bucket",
      Key: "k",
    });
    assert.equal((await text(got.Body)).length, 100_000);
    assert.equal(got.LastModified.getTime(), 0);
    await assert.rejects(s3.send("GetObject", { Bucket: "bucket", Key: "a/../b" }), TypeError);
    await assert.rejects(s3.send("GetObject", { Bucket: "bucket" }), /needs Key/);
  });

  it("reads event streams, their exceptions included", async () => {
    const lambda = client("lambda", echo.endpoint);
    echo.answer("InvokeWithResponseStream", () => ({
      EventStream: (async function* () {
        yield { PayloadChunk: { Payload: Buffer.from("ab") } };
        throw new ServiceError({ code: "ServiceException", status: 500, message: "no more" });
      })(),
    }));
    const { EventStream } = await lambda.send<{ EventStream: AsyncIterable<any> }>(
      "InvokeWithResponseStream",
      {
        FunctionName: "f",
      },
    );
    const seen: string[] = [];
    await assert.rejects(
      async () => {
        for await (const { PayloadChunk } of EventStream)
          seen.push(Buffer.from(PayloadChunk.Payload).toString());
      },
      (error: AwsClientError) => error.code === "ServiceException" && error.message === "no more",
    );
    assert.deepEqual(seen, ["ab"]);
  });

  it("says of every error whether a repetition may help", async () => {
    const failures = [
      ["lambda", undefined, "Invoke", "TooManyRequestsException", 429, "throttled"],
      ["dynamodb", undefined, "PutItem", "ProvisionedThroughputExceededException", 400, "throttled"],
      ["sqs", undefined, "SendMessage", "QueueDoesNotExist", 400, "no"],
      ["iam", undefined, "CreateRole", "EntityAlreadyExists", 409, "no"],
      ["cloudwatch", "rpcv2Cbor", "PutMetricData", "InternalServiceFault", 500, "transient"],
      ["s3", undefined, "DeleteObjects", "SlowDown", 503, "throttled"],
    ] as const;
    for (const [service, protocol, operation, code, status, retry] of failures) {
      echo.answer(operation, () => {
        throw new ServiceError({ code, status, message: "said so" });
      });
      const input = CALLS.find((call) => call.operation === operation)?.input ?? {};
      await assert.rejects(
        client(service, echo.endpoint, protocol).send(operation, input),
        (error: AwsClientError) => {
          assert.ok(error instanceof AwsClientError);
          assert.deepEqual(
            [error.code, error.status, error.message, error.retry],
            [code, status, "said so", retry],
          );
          assert.ok((error.requestId ?? "") !== "");
          return true;
        },
      );
    }
    const nobody = await openEchoDoor();
    await nobody.close();
    await assert.rejects(client("sqs", nobody.endpoint).send("ListQueues", {}), {
      code: "ConnectionError",
      status: 0,
      retry: "transient",
    });
    const abort = new AbortController();
    echo.answer("ListQueues", () => new Promise(() => undefined));
    const waiting = client("sqs", echo.endpoint).send("ListQueues", {}, { signal: abort.signal });
    abort.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);
  });
});
