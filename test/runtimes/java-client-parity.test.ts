/** Our Java runtime beside AWS's own client for Java: the same functions have the same answers and log lines. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { assertBothAlike, linesOf, type Seen, seen } from "../../testkit/client-parity.ts";
import {
  type EnvironmentWorld,
  type FunctionOptions,
  openEnvironmentWorld,
  type RunningFunction,
} from "../../testkit/environment-world.ts";
import { fromSetUp } from "../../testkit/runtime-client.ts";

/** The options of our own program, with what the client opens for itself on Lambda. */
const COMMAND =
  '"$1" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto' +
  " --add-opens java.base/java.io=ALL-UNNAMED --add-opens java.base/java.util=ALL-UNNAMED" +
  ` -cp '/opt/lib/*' com.amazonaws.services.lambda.runtime.api.client.AWSLambda "$_HANDLER"`;

const CLIENT_CONTEXT = JSON.stringify({
  custom: { a: "é" },
  env: { b: "c" },
  client: {
    app_title: "title",
    installation_id: "id",
    app_package_name: "package",
    app_version_code: "code",
    app_version_name: "name",
  },
});

const RECORD = { awsRegion: "us-east-1", eventID: "1", eventVersion: "1.1" };

/** Events as AWS sends them, by the method that takes and returns them. */
const EVENTS: Readonly<Record<string, unknown>> = {
  number: "7",
  fraction: 1.25,
  flag: true,
  any: [1],
  items: [
    { name: "a", count: 1, price: 1.1, parts: [{ name: "b", size: "SMALL" }], bytes: "YWI=", unknown: {} },
  ],
  s3: {
    Records: [
      {
        ...RECORD,
        eventSource: "aws:s3",
        eventTime: "2026-01-02T03:04:05.678Z",
        eventName: "ObjectCreated:Put",
        userIdentity: { principalId: "p" },
        requestParameters: { sourceIPAddress: "127.0.0.1" },
        responseElements: { "x-amz-request-id": "r", "x-amz-id-2": "i" },
        s3: {
          s3SchemaVersion: "1.0",
          configurationId: "c",
          bucket: { name: "b", ownerIdentity: { principalId: "o" }, arn: "arn:aws:s3:::b" },
          object: { key: "a+b%21", size: 5_000_000_000, eTag: "e", versionId: "v", sequencer: "00" },
        },
      },
    ],
  },
  sqs: {
    Records: [
      {
        messageId: "m",
        receiptHandle: "r",
        body: "é",
        attributes: { ApproximateReceiveCount: "1" },
        messageAttributes: {
          a: { stringValue: "v", dataType: "String", stringListValues: [], binaryListValues: [] },
        },
        md5OfBody: "0",
        eventSource: "aws:sqs",
        eventSourceARN: "arn:aws:sqs:us-east-1:1:q",
        awsRegion: "us-east-1",
      },
    ],
  },
  batch: { Records: [{ messageId: "m" }] },
  sns: {
    Records: [
      {
        EventSource: "aws:sns",
        EventVersion: "1.0",
        EventSubscriptionArn: "arn",
        Sns: {
          Type: "Notification",
          MessageId: "m",
          TopicArn: "t",
          Subject: "s",
          Message: "é",
          Timestamp: "2026-01-02T03:04:05.678Z",
          SigningCertUrl: "u",
          UnsubscribeUrl: "v",
          MessageAttributes: { a: { Type: "String", Value: "v" } },
        },
      },
    ],
  },
  dynamodb: {
    Records: [
      {
        ...RECORD,
        eventName: "INSERT",
        eventSource: "aws:dynamodb",
        eventSourceARN: "arn",
        dynamodb: {
          ApproximateCreationDateTime: 1_767_323_045,
          Keys: { id: { S: "1" } },
          NewImage: {
            id: { S: "1" },
            n: { N: "1.5" },
            b: { B: "YWI=" },
            l: { L: [{ BOOL: true }, { NULL: true }] },
            m: { M: { x: { SS: ["a"] } } },
          },
          SequenceNumber: "1",
          SizeBytes: 26,
          StreamViewType: "NEW_IMAGE",
        },
      },
    ],
  },
  kinesis: {
    Records: [
      {
        ...RECORD,
        eventSource: "aws:kinesis",
        eventName: "aws:kinesis:record",
        eventSourceARN: "arn",
        invokeIdentityArn: "role",
        kinesis: {
          kinesisSchemaVersion: "1.0",
          partitionKey: "p",
          sequenceNumber: "1",
          data: "SGVsbG8=",
          approximateArrivalTimestamp: 1_545_084_650.987,
        },
      },
    ],
  },
  proxy: {
    path: "/a",
    httpMethod: "GET",
    headers: { "X-A": "é" },
    queryStringParameters: null,
    requestContext: { stage: "$default", identity: { sourceIp: "127.0.0.1" } },
    isBase64Encoded: false,
  },
};

/** Handlers that can't be had, or are had in ways of their own. */
const BEGINNINGS = [
  "example.Absent",
  "example.Parity::absent",
  "example.Parity$InTheConstructor",
  "example.Parity$InTheClass",
  "example.Parity$WithParameters",
  "example.Parity$Abstract",
  "example.Parity$NoHandler",
  "example.Parity$Generic",
  "example.Functions::choose",
  "example.Functions$Streams",
];

describe("Java beside AWS's own client", { concurrency: 3 }, () => {
  let world: EnvironmentWorld;
  before(async () => {
    world = await openEnvironmentWorld({ tier: "namespaces", initMs: 60_000 });
  });
  after(() => world.close());

  const files = functionsPackage();
  const compare = (
    handler: string,
    observe: (one: RunningFunction) => Promise<Readonly<Record<string, unknown>>>,
    options: Partial<FunctionOptions> = {},
  ) =>
    assertBothAlike(
      world,
      // A whole vCPU, and time: a busy machine takes long over the first event of the other client.
      { runtime: "java17", memoryMiB: 1_769, timeoutMs: 300_000, handler, files, ...options },
      { command: COMMAND, layersDirectory: fromSetUp("LAMBKIN_TEST_JAVA_LAYER") },
      observe,
    );

  for (const format of ["Text", "JSON"] as const) {
    it(`answers and logs the same in ${format}`, async () => {
      const settings = format === "JSON" ? { logFormat: format, applicationLogLevel: "INFO" as const } : {};
      const { json: names } = await (
        await world.start({ runtime: "java17", handler: "example.Parity::names", files })
      ).invoke();
      const observe = async (one: RunningFunction) => {
        const answers: Record<string, Seen> = {};
        for (const name of names) {
          const event = {
            case: name,
            whole: 1,
            long: 2 ** 40,
            half: 0.5,
            list: [1, "é", null],
            map: { a: {} },
          };
          answers[name] = seen(await one.invoke(event, { clientContext: CLIENT_CONTEXT }), ownFrames);
        }
        return answers;
      };
      await compare("example.Parity::answer", observe, { settings });
    });
  }

  for (const [name, event] of Object.entries(EVENTS))
    it(`takes and returns the same: ${name}`, () =>
      compare(`example.Parity::${name}`, async (one) => ({
        event: parsed(seen(await one.invoke(event), ownFrames)),
        text: parsed(seen(await one.invoke("text that is not meant"), ownFrames)),
      })));

  for (const handler of BEGINNINGS)
    it(`begins and fails to begin the same: ${handler}`, () =>
      compare(handler, async (one) => {
        const { status, text } = seen(await one.invoke("text"), ownFrames);
        return { status, text, log: linesOf(one.log(), ownFrames) };
      }));
});

/** The package that Maven built. */
function functionsPackage(): Record<string, Uint8Array | string> {
  const directory = fromSetUp("LAMBKIN_TEST_JAVA_FUNCTIONS");
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  const found = names.filter((name) => statSync(path.join(directory, name)).isFile());
  return Object.fromEntries(found.map((name) => [name, readFileSync(path.join(directory, name))]));
}

/** Without the frames of the clients themselves and of Java, and what their two serializers say of JSON. */
function ownFrames(text: string): string {
  if (/^(\{"timestamp".*)?An error occurred during JSON/.test(text)) return text.split(/\n|\\n/)[0] ?? "";
  return text
    .replaceAll(/(\n|\\n)(\t|\\t)+(at (lambkin|com\.amazonaws|java|jdk)\b|\.\.\. \d+ more)[^\n\\]*/g, "")
    .replaceAll(/,?"(java\.base\/|jdk\.internal)[^"]*"/g, "");
}

/** The order of members is the serializer's own. */
function parsed({ status, text, log }: Seen) {
  let json: unknown = text;
  try {
    json = JSON.parse(text);
  } catch {
    // Not everything that functions return is JSON.
  }
  return { status, json, log };
}
