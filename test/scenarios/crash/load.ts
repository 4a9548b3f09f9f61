import { setTimeout as delay } from "node:timers/promises";
import { PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateRoleCommand } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  InvokeCommand,
  ResourceConflictException,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { type Acknowledged, bodyOf } from "./acknowledged.ts";
import { BUCKET, type Clients, ITEMS, LOG_GROUP, LOG_STREAM, RECORDER, ROLE, smallPackage } from "./world.ts";

/** Numbers that no life of the server sees twice. */
let last = 0;
const next = (): number => ++last;

type Step = (clients: Clients, acknowledged: Acknowledged) => Promise<void>;

/** What callers do, with the pause between two of the same kind, so that a small machine keeps up. */
const STEPS: readonly { readonly pauseMs: number; readonly step: Step }[] = [
  {
    pauseMs: 60,
    async step({ s3 }, acknowledged) {
      const Key = `new/${next()}`;
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: bodyOf(Key) }));
      acknowledged.objects.add(Key);
    },
  },
  {
    pauseMs: 30,
    async step({ s3 }, acknowledged) {
      const number = next();
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "same", Body: bodyOf(`same ${number}`) }));
      acknowledged.overwritten = number;
    },
  },
  {
    pauseMs: 10,
    async step({ dynamodb }, acknowledged) {
      const id = `item ${next()}`;
      await dynamodb.send(
        new PutItemCommand({ TableName: ITEMS, Item: { id: { S: id }, body: { S: id.repeat(20) } } }),
      );
      acknowledged.items.add(id);
    },
  },
  {
    pauseMs: 10,
    async step({ dynamodb }, acknowledged) {
      acknowledged.uncertainIncrements += 1;
      await dynamodb.send(
        new UpdateItemCommand({
          TableName: ITEMS,
          Key: { id: { S: "counter" } },
          UpdateExpression: "SET n = if_not_exists(n, :none) + :one",
          ExpressionAttributeValues: { ":none": { N: "0" }, ":one": { N: "1" } },
        }),
      );
      acknowledged.uncertainIncrements -= 1;
      acknowledged.increments += 1;
    },
  },
  {
    pauseMs: 300,
    async step({ lambda }, acknowledged) {
      const FunctionName = `small-${next()}`;
      await lambda.send(
        new CreateFunctionCommand({
          FunctionName,
          Runtime: "nodejs24.x",
          Handler: "index.handler",
          Role: ROLE,
          Code: { ZipFile: smallPackage },
        }),
      );
      acknowledged.functions.add(FunctionName);
    },
  },
  {
    // Every update makes all environments start anew.
    pauseMs: 5_000,
    async step({ lambda }, acknowledged) {
      const number = next();
      try {
        await lambda.send(
          new UpdateFunctionConfigurationCommand({ FunctionName: RECORDER, Description: String(number) }),
        );
      } catch (error) {
        // The update before is not through yet: AWS refuses a second one just so.
        if (error instanceof ResourceConflictException) return;
        throw error;
      }
      acknowledged.described = number;
    },
  },
  {
    pauseMs: 50,
    async step({ lambda }, acknowledged) {
      const id = `event ${next()}`;
      const Payload = Buffer.from(JSON.stringify({ id }));
      await lambda.send(new InvokeCommand({ FunctionName: RECORDER, InvocationType: "Event", Payload }));
      acknowledged.events.add(id);
    },
  },
  {
    pauseMs: 50,
    async step({ lambda }, acknowledged) {
      const Payload = Buffer.from(JSON.stringify({ id: `call ${next()}` }));
      const { $metadata } = await lambda.send(new InvokeCommand({ FunctionName: RECORDER, Payload }));
      acknowledged.invocations.add($metadata.requestId ?? "none");
    },
  },
  {
    pauseMs: 30,
    async step({ logs }, acknowledged) {
      const message = `message ${next()}`;
      const logEvents = [{ message, timestamp: Date.now() }];
      await logs.send(
        new PutLogEventsCommand({ logGroupName: LOG_GROUP, logStreamName: LOG_STREAM, logEvents }),
      );
      acknowledged.logMessages.add(message);
    },
  },
  {
    pauseMs: 100,
    async step({ iam }, acknowledged) {
      const RoleName = `role-${next()}`;
      await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }));
      acknowledged.roles.add(RoleName);
    },
  },
];

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** Runs every step again and again until `ended`, and rejects with what went wrong before that. */
export async function load(clients: Clients, acknowledged: Acknowledged, ended: AbortSignal): Promise<void> {
  await Promise.all(
    STEPS.map(async ({ pauseMs, step }) => {
      while (!ended.aborted) {
        try {
          await step(clients, acknowledged);
        } catch (error) {
          if (!ended.aborted) throw error;
        }
        await delay(pauseMs, undefined, { signal: ended }).catch(() => undefined);
      }
    }),
  );
}
