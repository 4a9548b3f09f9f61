import { createHash } from "node:crypto";
import { base64, type Sample, type SampleContext } from "./sample.ts";

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

function sqsRecord(context: SampleContext, queue: string, attributes: object): object {
  const body = context.value("body");
  const sentAt = context.now.getTime();
  return {
    messageId: context.uuid(),
    receiptHandle: base64(context.hex(48)),
    body,
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: String(sentAt),
      SenderId: "AIDAEXAMPLE",
      ApproximateFirstReceiveTimestamp: String(sentAt + 5),
      ...attributes,
    },
    messageAttributes: {},
    md5OfMessageAttributes: null,
    md5OfBody: md5(body),
    eventSource: "aws:sqs",
    eventSourceARN: context.arn("sqs", queue),
    awsRegion: context.region,
  };
}

const sqs: Sample = {
  source: "sqs",
  name: "message",
  summary: "a message of a standard queue",
  parameters: { queue: "example-queue", body: "Hello" },
  event: (context) => ({ Records: [sqsRecord(context, context.value("queue"), {})] }),
};

const sqsFifo: Sample = {
  source: "sqs",
  name: "fifo",
  summary: "a message of a FIFO queue",
  parameters: { queue: "example-queue.fifo", body: "Hello", group: "group-1" },
  event: (context) => ({
    Records: [
      sqsRecord(context, context.value("queue"), {
        SequenceNumber: `1${context.digits(19)}`,
        MessageGroupId: context.value("group"),
        MessageDeduplicationId: createHash("sha256").update(context.value("body")).digest("hex"),
      }),
    ],
  }),
};

const sns: Sample = {
  source: "sns",
  name: "notification",
  summary: "a message of a topic",
  parameters: { topic: "example-topic", message: "Hello", subject: "" },
  event: (context) => {
    const topicArn = context.arn("sns", context.value("topic"));
    const subscription = `${topicArn}:${context.uuid()}`;
    const endpoint = `https://sns.${context.region}.amazonaws.com`;
    return {
      Records: [
        {
          EventSource: "aws:sns",
          EventVersion: "1.0",
          EventSubscriptionArn: subscription,
          Sns: {
            Type: "Notification",
            MessageId: context.uuid(),
            TopicArn: topicArn,
            Subject: context.value("subject") || null,
            Message: context.value("message"),
            Timestamp: context.now.toISOString(),
            SignatureVersion: "1",
            Signature: base64(context.hex(64)),
            SigningCertUrl: `${endpoint}/SimpleNotificationService-${context.hex(32)}.pem`,
            UnsubscribeUrl: `${endpoint}/?Action=Unsubscribe&SubscriptionArn=${subscription}`,
            MessageAttributes: {},
          },
        },
      ],
    };
  },
};

const KAFKA = { topic: "example-topic", key: "key-1", value: "Hello" };

function kafkaRecords(context: SampleContext): object {
  const topic = context.value("topic");
  return {
    [`${topic}-0`]: [
      {
        topic,
        partition: 0,
        offset: 15,
        timestamp: context.now.getTime(),
        timestampType: "CREATE_TIME",
        key: base64(context.value("key")),
        value: base64(context.value("value")),
        headers: [{ headerKey: [118, 97, 108, 117, 101] }],
      },
    ],
  };
}

const msk: Sample = {
  source: "kafka",
  name: "msk",
  summary: "records of Amazon MSK",
  parameters: KAFKA,
  event: (context) => ({
    eventSource: "aws:kafka",
    eventSourceArn: context.arn("kafka", `cluster/example/${context.uuid()}-1`),
    bootstrapServers: `b-1.example.${context.region}.amazonaws.com:9092,b-2.example.${context.region}.amazonaws.com:9092`,
    records: kafkaRecords(context),
  }),
};

const selfManagedKafka: Sample = {
  source: "kafka",
  name: "self-managed",
  summary: "records of a Kafka cluster of one's own",
  parameters: KAFKA,
  event: (context) => ({
    eventSource: "aws:SelfManagedKafka",
    bootstrapServers: "kafka-1.example.com:9092,kafka-2.example.com:9092",
    records: kafkaRecords(context),
  }),
};

const activeMq: Sample = {
  source: "mq",
  name: "activemq",
  summary: "messages of an ActiveMQ broker",
  parameters: { queue: "example-queue", data: "Hello" },
  event: (context) => {
    const broker = `b-${context.uuid()}`;
    const at = context.now.getTime();
    return {
      eventSource: "aws:mq",
      eventSourceArn: context.arn("mq", `broker:example:${broker}`),
      messages: [
        {
          messageID: `ID:${broker}-1.mq.${context.region}.amazonaws.com-36789-${at}-1:1:1:1:1`,
          messageType: "jms/text-message",
          timestamp: at,
          deliveryMode: 1,
          correlationID: "",
          replyTo: "null",
          destination: { physicalName: context.value("queue") },
          redelivered: false,
          type: "",
          expiration: 0,
          priority: 0,
          data: base64(context.value("data")),
          brokerInTime: at + 2,
          brokerOutTime: at + 3,
          properties: { exampleKey: "exampleValue" },
        },
      ],
    };
  },
};

const rabbitMq: Sample = {
  source: "mq",
  name: "rabbitmq",
  summary: "messages of a RabbitMQ broker",
  parameters: { queue: "example-queue", host: "/", data: "Hello" },
  event: (context) => ({
    eventSource: "aws:rmq",
    eventSourceArn: context.arn("mq", `broker:example:b-${context.uuid()}`),
    rmqMessagesByQueue: {
      [`${context.value("queue")}::${context.value("host")}`]: [
        {
          basicProperties: {
            contentType: "text/plain",
            contentEncoding: null,
            headers: { text: { bytes: [118, 97, 108, 117, 101] }, number: 10 },
            deliveryMode: 1,
            priority: 34,
            correlationId: null,
            replyTo: null,
            expiration: "60000",
            messageId: null,
            timestamp: context.now
              .toLocaleString("en-US", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" })
              .replace("\u202f", " "),
            type: null,
            userId: "AIDAEXAMPLE",
            appId: null,
            clusterId: null,
            bodySize: Buffer.byteLength(context.value("data")),
          },
          redelivered: false,
          data: base64(context.value("data")),
        },
      ],
    },
  }),
};

export const MESSAGING_SAMPLES: readonly Sample[] = [
  sqs,
  sqsFifo,
  sns,
  msk,
  selfManagedKafka,
  activeMq,
  rabbitMq,
];
