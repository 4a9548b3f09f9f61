import path from "node:path";
import { CreateTableCommand, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { AttachRolePolicyCommand, CreateRoleCommand } from "@aws-sdk/client-iam";
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  type Runtime,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutBucketNotificationConfigurationCommand } from "@aws-sdk/client-s3";
import { patience } from "../../testkit/patience.ts";
import type { Clients } from "./clients.ts";
import { heading, line } from "./print.ts";
import { zipFiles } from "./zip.ts";

const example = path.join(import.meta.dirname, "..", "..", "examples", "file-pipeline");

export const BUCKET = "uploads";

export interface Pipeline {
  readonly language: "python" | "nodejs";
  readonly functionName: string;
  readonly files: readonly string[];
  readonly handler: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly dataFile: string;
  readonly table: string;
  /** Partition key and, if there is one, sort key. */
  readonly keys: readonly string[];
  readonly columns: readonly string[];
}

export const PIPELINES: readonly Pipeline[] = [
  {
    language: "python",
    functionName: "log-summary",
    files: ["app.py", "aws.py"],
    handler: "app.handler",
    prefix: "logs/",
    suffix: ".log",
    dataFile: path.join(example, "data", "access.log"),
    table: "log-summaries",
    keys: ["source", "path"],
    columns: ["path", "requests", "errors", "bytes", "p95Ms"],
  },
  {
    language: "nodejs",
    functionName: "csv-import",
    files: ["index.mjs", "aws.mjs"],
    handler: "index.handler",
    prefix: "orders/",
    suffix: ".csv",
    dataFile: path.join(example, "data", "orders.csv"),
    table: "orders",
    keys: ["order"],
    columns: ["order", "customer", "article", "quantity", "total"],
  },
];

export interface Deployment {
  readonly functionArns: ReadonlyMap<string, string>;
}

/** Role, tables, functions, bucket and notification, in the order in which tools make them. */
export async function deploy(
  clients: Clients,
  pipelines: readonly Pipeline[],
  python: string | undefined,
): Promise<Deployment> {
  heading("Deploy");
  const role = await clients.iam.send(
    new CreateRoleCommand({
      RoleName: "file-pipeline",
      AssumeRolePolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
        ],
      }),
    }),
  );
  await clients.iam.send(
    new AttachRolePolicyCommand({
      RoleName: "file-pipeline",
      PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    }),
  );
  line("role", role.Role?.Arn ?? "");

  const functionArns = new Map<string, string>();
  for (const pipeline of pipelines) {
    await createTable(clients, pipeline);
    const runtime = pipeline.language === "python" ? (python ?? "") : "nodejs24.x";
    const created = await clients.lambda.send(
      new CreateFunctionCommand({
        FunctionName: pipeline.functionName,
        Runtime: runtime as Runtime,
        Handler: pipeline.handler,
        Role: role.Role?.Arn ?? "",
        Timeout: patience(30),
        MemorySize: 256,
        Code: { ZipFile: await zipFiles(path.join(example, pipeline.functionName), pipeline.files) },
      }),
    );
    await waitUntilFunctionActiveV2(
      { client: clients.lambda, maxWaitTime: patience(60), minDelay: 1 },
      { FunctionName: pipeline.functionName },
    );
    functionArns.set(pipeline.functionName, created.FunctionArn ?? "");
    line(
      "function",
      `${created.FunctionArn} (${runtime}, ${created.MemorySize} MB, ${created.CodeSize} bytes)`,
    );
  }

  await clients.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  for (const { functionName } of pipelines) {
    await clients.lambda.send(
      new AddPermissionCommand({
        FunctionName: functionName,
        StatementId: "uploads",
        Action: "lambda:InvokeFunction",
        Principal: "s3.amazonaws.com",
        SourceArn: `arn:aws:s3:::${BUCKET}`,
      }),
    );
  }
  await clients.s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: BUCKET,
      NotificationConfiguration: {
        LambdaFunctionConfigurations: pipelines.map(({ functionName, prefix, suffix }) => ({
          LambdaFunctionArn: functionArns.get(functionName),
          Events: ["s3:ObjectCreated:*"],
          Filter: {
            Key: {
              FilterRules: [
                { Name: "prefix", Value: prefix },
                { Name: "suffix", Value: suffix },
              ],
            },
          },
        })),
      },
    }),
  );
  const rules = pipelines.map(({ prefix, suffix, functionName }) => `${prefix}*${suffix} to ${functionName}`);
  line("bucket", `s3://${BUCKET} notifies: ${rules.join(", ")}`);
  return { functionArns };
}

async function createTable(clients: Clients, { table, keys }: Pipeline): Promise<void> {
  await clients.dynamodb.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      KeySchema: keys.map((AttributeName, index) => ({
        AttributeName,
        KeyType: index === 0 ? "HASH" : "RANGE",
      })),
    }),
  );
  await waitUntilTableExists(
    { client: clients.dynamodb, maxWaitTime: patience(60), minDelay: 1 },
    { TableName: table },
  );
  line("table", `${table} (${keys.join(", ")})`);
}
