import { setTimeout as delay } from "node:timers/promises";
import {
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { deploymentPackage } from "../testkit/deployment-package.ts";
import type { LambkinServer } from "../testkit/lambkin-server.ts";

const ROLE = "arn:aws:iam::000000000000:role/any";
const SOURCE = `exports.handler = async (event) => {
  console.log("handled", JSON.stringify(event).length);
  if (event.fail) throw new Error("as asked");
  return event;
};`;
const KEYS = 50;
const BODY = Buffer.alloc(64 * 1_024, 7);

type Work = (n: number) => Promise<unknown>;

/** Calls of every kind whose effects are taken back or overwritten, so that the server holds as much as before. */
export class SoakLoad {
  readonly counts: Record<string, number> = {};
  readonly #lambda: LambdaClient;
  readonly #s3: S3Client;
  readonly #dynamodb: DynamoDBClient;
  readonly #zip: Uint8Array;

  private constructor(client: LambkinServer["client"], zip: Uint8Array) {
    this.#lambda = new LambdaClient(client);
    this.#s3 = new S3Client({ ...client, forcePathStyle: true });
    this.#dynamodb = new DynamoDBClient(client);
    this.#zip = zip;
  }

  static async open(client: LambkinServer["client"]): Promise<SoakLoad> {
    const load = new SoakLoad(client, await deploymentPackage({ "index.js": SOURCE }));
    await load.#setUp();
    return load;
  }

  async run(ended: AbortSignal): Promise<void> {
    const line = async (what: string, pauseMs: number, work: Work): Promise<void> => {
      this.counts[what] = 0;
      for (let n = 0; !ended.aborted; n += 1) {
        await work(n);
        this.counts[what] = n + 1;
        await delay(pauseMs, undefined, { signal: ended }).catch(() => undefined);
      }
    };
    const invoke = (InvocationType: "Event" | "RequestResponse") => (n: number) =>
      this.#lambda.send(
        new InvokeCommand({
          FunctionName: "steady",
          InvocationType,
          Payload: JSON.stringify({ n, fail: InvocationType === "RequestResponse" && n % 10 === 0 }),
        }),
      );
    await Promise.all([
      line("synchronous invocations", 5, invoke("RequestResponse")),
      line("asynchronous invocations", 50, invoke("Event")),
      line("objects with a notification each", 100, (n) => this.#object(n)),
      line("items", 10, (n) => this.#item(n)),
      line("functions that came and went", 2_000, (n) => this.#function(n)),
    ]);
  }

  async close(): Promise<void> {
    for (const client of [this.#lambda, this.#s3, this.#dynamodb]) client.destroy();
  }

  async #setUp(): Promise<void> {
    const FunctionArn = await this.#create("steady");
    await this.#s3.send(new CreateBucketCommand({ Bucket: "soak" }));
    await this.#s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: "soak",
        NotificationConfiguration: {
          LambdaFunctionConfigurations: [{ LambdaFunctionArn: FunctionArn, Events: ["s3:ObjectCreated:*"] }],
        },
        SkipDestinationValidation: true,
      }),
    );
    await this.#dynamodb.send(
      new CreateTableCommand({
        TableName: "soak",
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      }),
    );
    await waitUntilTableExists(
      { client: this.#dynamodb, maxWaitTime: 30, minDelay: 1 },
      { TableName: "soak" },
    );
  }

  async #create(FunctionName: string): Promise<string | undefined> {
    const { FunctionArn } = await this.#lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        Role: ROLE,
        Code: { ZipFile: this.#zip },
      }),
    );
    await waitUntilFunctionActiveV2({ client: this.#lambda, maxWaitTime: 30, minDelay: 1 }, { FunctionName });
    return FunctionArn;
  }

  async #object(n: number): Promise<void> {
    const Key = `object-${n % KEYS}`;
    await this.#s3.send(new PutObjectCommand({ Bucket: "soak", Key, Body: BODY }));
    const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: "soak", Key }));
    await Body?.transformToByteArray();
    if (n % 3 === 0) await this.#s3.send(new DeleteObjectCommand({ Bucket: "soak", Key }));
  }

  async #item(n: number): Promise<void> {
    const id = { S: `item-${n % KEYS}` };
    await this.#dynamodb.send(
      new PutItemCommand({ TableName: "soak", Item: { id, body: { S: "x".repeat(500) } } }),
    );
    await this.#dynamodb.send(
      new QueryCommand({
        TableName: "soak",
        KeyConditionExpression: "id = :id",
        ExpressionAttributeValues: { ":id": id },
      }),
    );
    if (n % 5 === 0) await this.#dynamodb.send(new DeleteItemCommand({ TableName: "soak", Key: { id } }));
  }

  async #function(n: number): Promise<void> {
    const FunctionName = `passing-${n}`;
    await this.#create(FunctionName);
    await this.#lambda.send(new InvokeCommand({ FunctionName, Payload: "{}" }));
    await this.#lambda.send(new ListFunctionsCommand({}));
    await this.#lambda.send(new DeleteFunctionCommand({ FunctionName }));
  }
}
