import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { CloudWatchClient, GetMetricDataCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { CreateScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { AwsSmithyRpcV2CborProtocol } from "@aws-sdk/core/protocols";
import { SmithyRpcV2CborProtocol } from "@smithy/core/cbor";
import { ServiceError } from "../../src/base/index.ts";
import { decodeCbor, encodeCbor } from "../../src/wire/codecs/cbor.ts";
import { SerializationError } from "../../src/wire/codecs/serialization-error.ts";
import { clientEnvironment, clientProgram } from "../../testkit/aws-clients.ts";
import { run } from "../../testkit/lambkin-server.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";
import { type EchoDoor, openEchoDoor } from "./kit/echo-door.ts";
import { call } from "./kit/signed.ts";

let echo: EchoDoor;
before(async () => {
  echo = await openEchoDoor();
});
after(() => echo.close());

const QUEUE = "http://sqs.us-east-1.localhost/000000000000/q";
const options = () => ({
  endpoint: echo.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
});
const missingQueue = () => {
  throw new ServiceError({ code: "QueueDoesNotExist", status: 400, message: "no queue" });
};

/** Runs a boto3 script; gives what it prints. */
async function boto3(script: string): Promise<string> {
  const { stdout, stderr } = await run(clientProgram("python"), ["-c", script], {
    env: clientEnvironment(echo.endpoint),
  });
  assert.equal(stderr, "");
  return stdout.trim();
}

describe("a service that speaks JSON and the query protocol (SQS)", () => {
  it("answers the SDK in JSON, with the old names of errors in a header", async () => {
    const sqs = new SQSClient(options());
    echo.answer("SendMessage", () => ({
      MessageId: "m",
      MD5OfMessageBody: "900150983cd24fb0d6963f7d28e17f72",
    }));
    const sent = await sqs.send(
      new SendMessageCommand({
        QueueUrl: QUEUE,
        MessageBody: "abc",
        MessageAttributes: { a: { DataType: "Binary", BinaryValue: Buffer.from([1, 2]) } },
      }),
    );
    assert.equal(sent.MessageId, "m");
    const { input } = echo.last();
    assert.deepEqual(input, {
      QueueUrl: QUEUE,
      MessageBody: "abc",
      MessageAttributes: { a: { DataType: "Binary", BinaryValue: Buffer.from([1, 2]) } },
    });
    echo.answer("ReceiveMessage", missingQueue);
    await assert.rejects(sqs.send(new ReceiveMessageCommand({ QueueUrl: QUEUE })), (error: any) => {
      assert.equal(error.name, "QueueDoesNotExist");
      assert.equal(error.Code ?? error.Error?.Code, "AWS.SimpleQueueService.NonExistentQueue");
      return true;
    });
    sqs.destroy();
  });

  it("answers boto3, whose errors keep the old names", async () => {
    echo.answer("ReceiveMessage", missingQueue);
    const printed = await boto3(`
import boto3
client = boto3.client("sqs")
try:
    client.receive_message(QueueUrl="${QUEUE}")
except client.exceptions.QueueDoesNotExist as error:
    print(error.response["Error"]["Code"], error.response["Error"]["Message"])
`);
    assert.equal(printed, "AWS.SimpleQueueService.NonExistentQueue no queue");
  });

  it("answers older clients in the query protocol", async () => {
    echo.answer("SendMessageBatch", () => ({
      Successful: [{ Id: "1", MessageId: "m", MD5OfMessageBody: "x" }],
      Failed: [],
    }));
    const form = new URLSearchParams({
      Action: "SendMessageBatch",
      Version: "2012-11-05",
      QueueUrl: QUEUE,
      "SendMessageBatchRequestEntry.1.Id": "1",
      "SendMessageBatchRequestEntry.1.MessageBody": "a & b",
      "SendMessageBatchRequestEntry.1.MessageAttribute.1.Name": "n",
      "SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType": "Number",
      "SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue": "7",
    }).toString();
    const type = { "Content-Type": "application/x-www-form-urlencoded; charset=utf-8" };
    const answer = await call(echo.port, "sqs", "POST /", type, form);
    assert.deepEqual(echo.last().input, {
      QueueUrl: QUEUE,
      Entries: [
        {
          Id: "1",
          MessageBody: "a & b",
          MessageAttributes: { n: { DataType: "Number", StringValue: "7" } },
        },
      ],
    });
    assert.equal(answer.headers["content-type"], "text/xml");
    const id = answer.headers["x-amzn-requestid"];
    assert.equal(
      answer.body,
      `<SendMessageBatchResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><SendMessageBatchResult><SendMessageBatchResultEntry><Id>1</Id><MessageId>m</MessageId><MD5OfMessageBody>x</MD5OfMessageBody></SendMessageBatchResultEntry></SendMessageBatchResult><ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata></SendMessageBatchResponse>`,
    );
    echo.answer("SendMessageBatch", missingQueue);
    const refused = await call(echo.port, "sqs", "POST /", type, form);
    assert.match(refused.body, /<Type>Sender<\/Type><Code>AWS\.SimpleQueueService\.NonExistentQueue<\/Code>/);
  });
});

describe("rpcv2Cbor", () => {
  const time = new Date("2026-01-02T03:04:05.678Z");
  const answerMetrics = () =>
    echo.answer("GetMetricData", () => ({
      MetricDataResults: [{ Id: "a", Timestamps: [time], Values: [1.5, 3, -2], StatusCode: "Complete" }],
      NextToken: "t",
    }));
  const query = {
    StartTime: new Date("2026-01-01T00:00:00Z"),
    EndTime: time,
    MetricDataQueries: [{ Id: "a", Expression: "1" }],
  };

  for (const [name, protocol] of [
    ["JSON", undefined],
    ["CBOR", AwsSmithyRpcV2CborProtocol],
  ] as const) {
    it(`serves the SDK's CloudWatch client in ${name}`, async () => {
      const cloudwatch = new CloudWatchClient({
        ...options(),
        ...(protocol === undefined ? {} : { protocol: protocol as never }),
      });
      answerMetrics();
      const answer = await cloudwatch.send(new GetMetricDataCommand(query));
      assert.deepEqual(echo.last().input, query);
      const contentType = echo.last().context.headers["content-type"];
      assert.equal(contentType, protocol === undefined ? "application/x-amz-json-1.0" : "application/cbor");
      assert.deepEqual(answer.MetricDataResults, [
        { Id: "a", Timestamps: [time], Values: [1.5, 3, -2], StatusCode: "Complete" },
      ]);
      echo.answer("PutMetricData", () => undefined);
      await cloudwatch.send(
        new PutMetricDataCommand({
          Namespace: "n",
          MetricData: [{ MetricName: "m", Value: 0.1, Timestamp: time }],
        }),
      );
      assert.deepEqual(echo.last().input, {
        Namespace: "n",
        MetricData: [{ MetricName: "m", Value: 0.1, Timestamp: time }],
      });
      echo.answer("GetMetricData", () => {
        throw new ServiceError({ code: "InvalidNextToken", status: 400, message: "bad token" });
      });
      await assert.rejects(cloudwatch.send(new GetMetricDataCommand(query)), {
        name: "InvalidNextToken",
        message: "bad token",
      });
      cloudwatch.destroy();
    });
  }

  it("serves boto3's CloudWatch client beside it, which prefers JSON", async () => {
    answerMetrics();
    const printed = await boto3(`
import boto3, datetime
client = boto3.client("cloudwatch")
utc = datetime.timezone.utc
answer = client.get_metric_data(StartTime=datetime.datetime(2026, 1, 1, tzinfo=utc), EndTime=datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=utc), MetricDataQueries=[{"Id": "a", "Expression": "1"}])
print(answer["MetricDataResults"][0]["Values"], answer["MetricDataResults"][0]["Timestamps"][0].isoformat(), answer["ResponseMetadata"]["RequestId"] != "")
`);
    assert.equal(printed, "[1.5, 3, -2] 2026-01-02T03:04:05.678000+00:00 True");
    assert.deepEqual(echo.last().input, query);
  });

  it("takes bodies that were compressed, up to the limit of bodies", async () => {
    const form = gzipSync("Action=PutMetricData&Version=2010-08-01&Namespace=n".padEnd(200, "&"));
    const post = (body: Uint8Array) =>
      fetch(echo.endpoint, {
        method: "POST",
        headers: {
          authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=00`,
          "x-amz-date": "20260101T000000Z",
          "content-type": "application/x-www-form-urlencoded",
          "content-encoding": "gzip",
        },
        body: Buffer.from(body),
      });
    echo.answer("PutMetricData", () => undefined);
    assert.equal((await post(form)).status, 200);
    assert.equal(echo.last().input["Namespace"], "n");
    assert.equal((await post(form.subarray(0, 20))).status, 400);
    assert.equal((await post(gzipSync(Buffer.alloc(50 * 1024 * 1024)))).status, 413);
  });

  it("refuses what is no CBOR, not of the model, or no operation, each in CBOR", async () => {
    const post = async (path: string, body: Uint8Array) => {
      const response = await fetch(`${echo.endpoint}${path}`, {
        method: "POST",
        headers: {
          authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=00`,
          "x-amz-date": "20260101T000000Z",
          "smithy-protocol": "rpc-v2-cbor",
          "content-type": "application/cbor",
        },
        body: Buffer.from(body),
      });
      assert.equal(response.headers.get("smithy-protocol"), "rpc-v2-cbor");
      assert.equal(response.headers.get("content-type"), "application/cbor");
      assert.match(response.headers.get("x-amzn-query-error") ?? "", /;Sender$/);
      assert.match(response.headers.get("x-amzn-requestid") ?? "", /^[0-9a-f-]{36}$/);
      const decoded = decodeCbor(new Uint8Array(await response.arrayBuffer())) as { __type: string };
      return [response.status, decoded.__type.replace(/^.*#/, "")];
    };
    const path = "/service/GraniteServiceVersion20100801/operation/GetMetricData";
    assert.deepEqual(await post(path, Buffer.from([0xff])), [400, "SerializationException"]);
    assert.deepEqual(await post(path, encodeCbor({ StartTime: "x" })), [400, "SerializationException"]);
    assert.deepEqual(await post(path, encodeCbor({})), [400, "ValidationError"]);
    assert.deepEqual(await post(`${path}s`, encodeCbor({})), [404, "UnknownOperationException"]);
  });

  it("reads and writes what the SDK's codec writes and reads", () => {
    const random = seededRandomness(seedOfRun());
    const sdk = new SdkCbor({ defaultNamespace: "test" });
    for (let round = 0; round < 300; round++) {
      const value = anyValue(random);
      assert.deepEqual(decodeCbor(sdk.write(value)), value, `LAMBKIN_SEED=${random.seed}`);
      assert.deepEqual(sdk.read(encodeCbor(value)), value, `LAMBKIN_SEED=${random.seed}`);
    }
    assert.deepEqual(decodeCbor(Buffer.from("bf6161f93e00ff", "hex")), { a: 1.5 }, "half floats, no length");
    assert.deepEqual(decodeCbor(encodeCbor(time)), time);
    assert.deepEqual(decodeCbor(encodeCbor(time, 1_000), 1_000), time);
    const proto = decodeCbor(Buffer.from("a1695f5f70726f746f5f5f01", "hex")) as object;
    assert.deepEqual(Object.keys(proto), ["__proto__"]);
    for (let round = 0; round < 2_000; round++) {
      try {
        decodeCbor(random.bytes(random.below(40)));
      } catch (error) {
        assert.ok(error instanceof SerializationError, String(error));
      }
    }
  });
});

/** The SDK keeps its codec to itself. */
class SdkCbor extends SmithyRpcV2CborProtocol {
  write(value: unknown): Uint8Array {
    this.serializer.write(15, value);
    return this.serializer.flush();
  }

  read(bytes: Uint8Array): unknown {
    return this.deserializer.read(15, bytes);
  }
}

function anyValue(random: SeededRandomness, depth = 0): unknown {
  switch (random.below(depth > 3 ? 5 : 7)) {
    case 0:
      return random.below(2 ** 40) - 2 ** 39;
    case 1:
      return random.uniform() * 10 ** random.below(20);
    case 2:
      return "aß😀".repeat(random.below(5));
    case 3:
      return random.chance(0.5);
    case 4:
      return Buffer.from(random.bytes(random.below(30))).toString("base64");
    case 5:
      return Array.from({ length: random.below(4) }, () => anyValue(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, (_, i) => [`k${i}`, anyValue(random, depth + 1)]),
      );
  }
}

describe("further services", () => {
  it("are called by their clients", async () => {
    echo.answer("Publish", () => ({ MessageId: "m" }));
    const sns = new SNSClient(options());
    assert.equal((await sns.send(new PublishCommand({ TopicArn: "t", Message: "a&b" }))).MessageId, "m");
    assert.deepEqual(echo.last().input, { TopicArn: "t", Message: "a&b" });

    echo.answer("PutRecord", () => ({ ShardId: "s", SequenceNumber: "1" }));
    const kinesis = new KinesisClient(options());
    const put = { StreamName: "s", PartitionKey: "p", Data: Buffer.from([1, 2, 3]) };
    assert.equal((await kinesis.send(new PutRecordCommand(put))).ShardId, "s");
    assert.deepEqual(echo.last().input, put);

    echo.answer("PutEvents", () => ({ FailedEntryCount: 0, Entries: [{ EventId: "e" }] }));
    const events = new EventBridgeClient(options());
    const entry = { Source: "s", DetailType: "d", Detail: "{}", Time: new Date(1_000) };
    assert.equal((await events.send(new PutEventsCommand({ Entries: [entry] }))).Entries?.[0]?.EventId, "e");
    assert.deepEqual(echo.last().input, { Entries: [entry] });

    echo.answer("CreateSchedule", () => ({ ScheduleArn: "arn" }));
    const scheduler = new SchedulerClient(options());
    const schedule = {
      Name: "n",
      ScheduleExpression: "rate(1 minute)",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target: {
        Arn: "arn:aws:lambda:us-east-1:000000000000:function:f",
        RoleArn: "arn:aws:iam::000000000000:role/r",
      },
    } as const;
    assert.equal((await scheduler.send(new CreateScheduleCommand(schedule))).ScheduleArn, "arn");
    const { ClientToken, ...input } = echo.last().input;
    assert.equal(typeof ClientToken, "string");
    assert.deepEqual(input, schedule);
    for (const client of [sns, kinesis, events, scheduler]) client.destroy();
  });
});
