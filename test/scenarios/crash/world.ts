import { readFileSync } from "node:fs";
import path from "node:path";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { IAMClient } from "@aws-sdk/client-iam";
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutBucketNotificationConfigurationCommand, S3Client } from "@aws-sdk/client-s3";
import { deploymentPackage } from "../../../testkit/deployment-package.ts";
import type { LambkinServer } from "../../../testkit/lambkin-server.ts";

export const BUCKET = "crash";
export const ITEMS = "items";
/** Where the function writes what it was invoked for. */
export const RUNS = "runs";
export const RECORDER = "recorder";
export const LOG_GROUP = "/crash";
export const LOG_STREAM = "stream";
export const ROLE = "arn:aws:iam::000000000000:role/any";
const FILE_PIPELINE = path.join(
  import.meta.dirname,
  "..",
  "..",
  "..",
  "examples",
  "file-pipeline",
  "csv-import",
);

const RECORDER_SOURCE = `
  import { batchWrite } from "./aws.mjs";
  export const handler = async (event) => {
    const ids = event.Records === undefined
      ? [event.id]
      : event.Records.map(({ s3 }) => "object " + decodeURIComponent(s3.object.key.replaceAll("+", " ")));
    await batchWrite("${RUNS}", ids.map((id) => ({ id: { S: id } })));
    return ids;
  };`;

export interface Clients {
  readonly s3: S3Client;
  readonly dynamodb: DynamoDBClient;
  readonly lambda: LambdaClient;
  readonly logs: CloudWatchLogsClient;
  readonly iam: IAMClient;
}

/** Clients that try once: what was answered is known exactly. */
export function clientsOf(server: LambkinServer): Clients {
  const settings = { ...server.client, maxAttempts: 1 };
  return {
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    dynamodb: new DynamoDBClient(settings),
    lambda: new LambdaClient(settings),
    logs: new CloudWatchLogsClient(settings),
    iam: new IAMClient(settings),
  };
}

export function destroy(clients: Clients): void {
  for (const client of Object.values(clients) as { destroy(): void }[]) client.destroy();
}

/** A package for functions that only need to exist. */
export const smallPackage = await deploymentPackage({ "index.mjs": "export const handler = () => 1;" });

export async function setUp({ s3, dynamodb, lambda, logs }: Clients): Promise<void> {
  for (const TableName of [ITEMS, RUNS]) {
    await dynamodb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      }),
    );
    await waitUntilTableExists({ client: dynamodb, maxWaitTime: 120, minDelay: 1 }, { TableName });
  }
  const { FunctionArn } = await lambda.send(
    new CreateFunctionCommand({
      FunctionName: RECORDER,
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Role: ROLE,
      Timeout: 20,
      // At 128 MB its starts would have a fourteenth of a processor, and take most of the time.
      MemorySize: 512,
      Code: {
        ZipFile: await deploymentPackage({
          "index.mjs": RECORDER_SOURCE,
          "aws.mjs": readFileSync(path.join(FILE_PIPELINE, "aws.mjs")),
        }),
      },
    }),
  );
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 120, minDelay: 1 },
    { FunctionName: RECORDER },
  );
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await lambda.send(
    new AddPermissionCommand({
      FunctionName: RECORDER,
      StatementId: "bucket",
      Action: "lambda:InvokeFunction",
      Principal: "s3.amazonaws.com",
      SourceArn: `arn:aws:s3:::${BUCKET}`,
    }),
  );
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: BUCKET,
      NotificationConfiguration: {
        LambdaFunctionConfigurations: [
          {
            LambdaFunctionArn: FunctionArn,
            Events: ["s3:ObjectCreated:*"],
            Filter: { Key: { FilterRules: [{ Name: "prefix", Value: "new/" }] } },
          },
        ],
      },
    }),
  );
  await logs.send(new CreateLogGroupCommand({ logGroupName: LOG_GROUP }));
  await logs.send(new CreateLogStreamCommand({ logGroupName: LOG_GROUP, logStreamName: LOG_STREAM }));
}
