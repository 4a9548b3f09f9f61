import { gzipSync } from "node:zlib";
import { base64, type Sample, type SampleContext } from "./sample.ts";

const TABLE = { table: "example-table", id: "101" };

/** https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-example.html */
function change(
  name: string,
  eventName: "INSERT" | "MODIFY" | "REMOVE",
  summary: string,
  images: { readonly before?: boolean; readonly after?: boolean },
  more: object = {},
): Sample {
  return {
    source: "dynamodb",
    name,
    summary,
    parameters: TABLE,
    event: (context) => {
      const Keys = { Id: { N: context.value("id") } };
      const image = (Message: string) => ({ Message: { S: Message }, ...Keys });
      const dynamodb = {
        ApproximateCreationDateTime: Math.floor(context.now.getTime() / 1_000),
        Keys,
        ...(images.after === true ? { NewImage: image("now") } : {}),
        ...(images.before === true ? { OldImage: image("before") } : {}),
        SequenceNumber: context.digits(25),
        SizeBytes:
          sizeOf(Keys) +
          (images.after === true ? sizeOf(image("now")) : 0) +
          (images.before === true ? sizeOf(image("before")) : 0),
        StreamViewType: "NEW_AND_OLD_IMAGES",
      };
      const stream = `table/${context.value("table")}/stream/2024-01-01T00:00:00.000`;
      return {
        Records: [
          {
            eventID: context.hex(32),
            eventName,
            eventVersion: "1.1",
            eventSource: "aws:dynamodb",
            awsRegion: context.region,
            dynamodb,
            ...more,
            eventSourceARN: context.arn("dynamodb", stream),
          },
        ],
      };
    },
  };
}

/** Names and values; a number of n digits takes half as many bytes and one. */
function sizeOf(item: Readonly<Record<string, { readonly S?: string; readonly N?: string }>>): number {
  return Object.entries(item).reduce((sum, [name, { S, N }]) => {
    const value = S === undefined ? Math.ceil((N ?? "").length / 2) + 1 : Buffer.byteLength(S);
    return sum + Buffer.byteLength(name) + value;
  }, 0);
}

function kinesisRecord(context: SampleContext): object {
  const shard = "shardId-000000000000";
  const sequenceNumber = `4${context.digits(55)}`;
  return {
    kinesis: {
      kinesisSchemaVersion: "1.0",
      partitionKey: context.value("key"),
      sequenceNumber,
      data: base64(context.value("data")),
      approximateArrivalTimestamp: context.now.getTime() / 1_000,
    },
    eventSource: "aws:kinesis",
    eventVersion: "1.0",
    eventID: `${shard}:${sequenceNumber}`,
    eventName: "aws:kinesis:record",
    invokeIdentityArn: `arn:aws:iam::${context.account}:role/example-role`,
    awsRegion: context.region,
    eventSourceARN: context.arn("kinesis", `stream/${context.value("stream")}`),
  };
}

const STREAM = { stream: "example-stream", key: "partition-1", data: "Hello" };

const window: Sample = {
  source: "kinesis",
  name: "window",
  summary: "records of a tumbling window of two minutes",
  parameters: STREAM,
  event: (context) => {
    const widthMs = 120_000;
    const start = Math.floor(context.now.getTime() / widthMs) * widthMs;
    const seconds = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`;
    return {
      Records: [kinesisRecord(context)],
      window: { start: seconds(start), end: seconds(start + widthMs) },
      state: {},
      shardId: "shardId-000000000000",
      eventSourceARN: context.arn("kinesis", `stream/${context.value("stream")}`),
      isFinalInvokeForWindow: false,
      isWindowTerminatedEarly: false,
    };
  },
};

export const STREAM_SAMPLES: readonly Sample[] = [
  change("insert", "INSERT", "an item was put", { after: true }),
  change("modify", "MODIFY", "an item was changed", { before: true, after: true }),
  change("remove", "REMOVE", "an item was deleted", { before: true }),
  change(
    "expired",
    "REMOVE",
    "an item's time to live was over",
    { before: true },
    {
      userIdentity: { type: "Service", principalId: "dynamodb.amazonaws.com" },
    },
  ),
  {
    source: "kinesis",
    name: "record",
    summary: "a record of a stream",
    parameters: STREAM,
    event: (context) => ({ Records: [kinesisRecord(context)] }),
  },
  window,
  {
    source: "firehose",
    name: "transform",
    summary: "records that Firehose wants transformed",
    parameters: { stream: "example-stream", data: "Hello" },
    event: (context) => ({
      invocationId: context.uuid(),
      deliveryStreamArn: context.arn("firehose", `deliverystream/${context.value("stream")}`),
      region: context.region,
      records: [
        {
          recordId: `4${context.digits(55)}`,
          approximateArrivalTimestamp: context.now.getTime(),
          data: base64(context.value("data")),
        },
      ],
    }),
  },
  {
    source: "documentdb",
    name: "insert",
    summary: "a document was inserted",
    parameters: { cluster: "example-cluster", database: "example", collection: "documents" },
    event: (context) => {
      const id = { $oid: context.hex(24) };
      return {
        eventSourceArn: context.arn("rds", `cluster:${context.value("cluster")}`),
        eventSource: "aws:docdb",
        events: [
          {
            event: {
              _id: { _data: context.hex(40) },
              clusterTime: { $timestamp: { t: Math.floor(context.now.getTime() / 1_000), i: 1 } },
              documentKey: { _id: id },
              fullDocument: { _id: id, example: "value" },
              ns: { db: context.value("database"), coll: context.value("collection") },
              operationType: "insert",
            },
          },
        ],
      };
    },
  },
  {
    source: "logs",
    name: "subscription",
    summary: "log events of a subscription filter, compressed as they are sent",
    parameters: { group: "/aws/lambda/example", message: "[ERROR] something went wrong" },
    event: (context) => {
      const data = {
        messageType: "DATA_MESSAGE",
        owner: context.account,
        logGroup: context.value("group"),
        logStream: `${context.now.toISOString().slice(0, 10).replaceAll("-", "/")}/[$LATEST]${context.hex(32)}`,
        subscriptionFilters: ["example-filter"],
        logEvents: [
          {
            id: `3${context.digits(55)}`,
            timestamp: context.now.getTime(),
            message: context.value("message"),
          },
        ],
      };
      return { awslogs: { data: gzipSync(JSON.stringify(data)).toString("base64") } };
    },
  },
];
