import assert from "node:assert/strict";
import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateTableCommand,
  DescribeTableCommand,
  GetItemCommand,
  PutItemCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { CreateRoleCommand, GetRoleCommand } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { deploymentPackage } from "../../../testkit/deployment-package.ts";
import { type Clients, ROLE } from "../crash/world.ts";

const NAME = "kept";
const ITEM = { id: { S: "a" }, list: { L: [{ N: "1.5" }, { BOOL: true }, { B: Buffer.from("bytes") }] } };
const LETTER = "dear all\n".repeat(20);
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** Something in every store. */
export async function write({ s3, dynamodb, lambda, logs, iam }: Clients): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: NAME }));
  await s3.send(
    new PutObjectCommand({ Bucket: NAME, Key: "letter.txt", Body: LETTER, Metadata: { from: "before" } }),
  );
  await dynamodb.send(
    new CreateTableCommand({
      TableName: NAME,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    }),
  );
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 120, minDelay: 1 }, { TableName: NAME });
  await dynamodb.send(new PutItemCommand({ TableName: NAME, Item: ITEM }));
  await iam.send(new CreateRoleCommand({ RoleName: NAME, AssumeRolePolicyDocument: TRUST }));
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: NAME,
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Role: ROLE,
      Environment: { Variables: { WORD: "kept" } },
      Code: {
        ZipFile: await deploymentPackage({
          "index.mjs": "export const handler = (event) => [process.env.WORD, event];",
        }),
      },
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 120, minDelay: 1 }, { FunctionName: NAME });
  await lambda.send(
    new InvokeCommand({ FunctionName: NAME, InvocationType: "Event", Payload: Buffer.from("1") }),
  );
  await logs.send(new CreateLogGroupCommand({ logGroupName: NAME }));
  await logs.send(new CreateLogStreamCommand({ logGroupName: NAME, logStreamName: NAME }));
  const logEvents = [{ timestamp: Date.now(), message: "written before" }];
  await logs.send(new PutLogEventsCommand({ logGroupName: NAME, logStreamName: NAME, logEvents }));
}

/** All of it is there and works. */
export async function check({ s3, dynamodb, lambda, logs, iam }: Clients): Promise<void> {
  const { Body, Metadata } = await s3.send(new GetObjectCommand({ Bucket: NAME, Key: "letter.txt" }));
  assert.equal(await Body?.transformToString(), LETTER);
  assert.deepEqual(Metadata, { from: "before" });
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName: NAME, Key: { id: ITEM.id } }));
  assert.deepEqual(Item?.["list"]?.L?.slice(0, 2), ITEM.list.L.slice(0, 2));
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: NAME }));
  assert.deepEqual([Table?.WarmThroughput?.ReadUnitsPerSecond, Table?.SSEDescription], [12_000, undefined]);
  assert.equal((await iam.send(new GetRoleCommand({ RoleName: NAME }))).Role?.RoleName, NAME);
  const found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: NAME }));
  assert.equal(found.State, "Active");
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: NAME, Payload: Buffer.from('"now"') }),
  );
  assert.equal(FunctionError, undefined);
  assert.equal(Buffer.from(Payload ?? []).toString(), '["kept","now"]');
  const { events } = await logs.send(
    new GetLogEventsCommand({ logGroupName: NAME, logStreamName: NAME, startFromHead: true }),
  );
  assert.deepEqual(
    events?.map(({ message }) => message),
    ["written before"],
  );
  const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: NAME }));
  assert.deepEqual(
    logGroups?.map(({ logGroupClass, kmsKeyId, deletionProtectionEnabled }) => [
      logGroupClass,
      kmsKeyId,
      deletionProtectionEnabled,
    ]),
    [["STANDARD", undefined, false]],
  );
}
