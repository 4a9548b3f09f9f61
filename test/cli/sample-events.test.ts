import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import * as powertools from "@aws-lambda-powertools/parser/schemas";
import { SAMPLES } from "../../src/cli/sample-events/index.ts";
import { sampleContext } from "../../src/cli/sample-events/sample.ts";

interface Schema {
  safeParse(value: unknown): { readonly success: boolean; readonly error?: unknown };
}

const s = powertools;

/**
 * How people who parse events in earnest describe them; by source and name, or by source for all of its own. Their
 * schema of WebSocket events is one of an authorizer's, that of self-managed Kafka names another
 * source, that of SES wants what only failed mails have.
 */
const SCHEMAS: Readonly<Record<string, Schema>> = {
  "s3 put": s.S3Schema,
  "s3 post": s.S3Schema,
  "s3 copy": s.S3Schema,
  "s3 multipart": s.S3Schema,
  "s3 delete": s.S3Schema,
  "s3 restore": s.S3Schema,
  "s3 object-lambda": s.S3ObjectLambdaEventSchema,
  sqs: s.SqsSchema,
  sns: s.SnsSchema,
  "kafka msk": s.KafkaMskEventSchema,
  dynamodb: s.DynamoDBStreamSchema,
  "kinesis record": s.KinesisDataStreamSchema,
  "kinesis window": s.KinesisDataStreamSchema,
  firehose: s.KinesisFirehoseSchema,
  logs: s.CloudWatchLogsSchema,
  "eventbridge custom": s.EventBridgeSchema,
  "eventbridge scheduled": s.EventBridgeSchema,
  "eventbridge ec2": s.EventBridgeSchema,
  "eventbridge s3-created": s.S3EventNotificationEventBridgeSchema,
  "apigateway rest": s.APIGatewayProxyEventSchema,
  "apigateway http": s.APIGatewayProxyEventV2Schema,
  "apigateway http-v1": s.APIGatewayProxyEventSchema,
  "apigateway authorizer-token": s.APIGatewayTokenAuthorizerEventSchema,
  "apigateway authorizer-request": s.APIGatewayRequestAuthorizerEventSchema,
  "apigateway authorizer-http": s.APIGatewayRequestAuthorizerEventV2Schema,
  "alb request": s.AlbSchema,
  "alb multi-value": s.AlbMultiValueHeadersSchema,
  "function-url": s.LambdaFunctionUrlSchema,
  "cloudformation create": s.CloudFormationCustomResourceCreateSchema,
  "cloudformation update": s.CloudFormationCustomResourceUpdateSchema,
  "cloudformation delete": s.CloudFormationCustomResourceDeleteSchema,
  appsync: s.AppSyncResolverSchema,
  "cognito pre-signup": s.PreSignupTriggerSchema,
  "cognito post-confirmation": s.PostConfirmationTriggerSchema,
  "cognito pre-authentication": s.PreAuthenticationTriggerSchema,
  "cognito post-authentication": s.PostAuthenticationTriggerSchema,
  "cognito pre-token": s.PreTokenGenerationTriggerSchemaV1,
  "cognito pre-token-v2": s.PreTokenGenerationTriggerSchemaV2AndV3,
  "cognito custom-message": s.CustomMessageTriggerSchema,
  "cognito migrate-user": s.MigrateUserTriggerSchema,
  "cognito define-challenge": s.DefineAuthChallengeTriggerSchema,
  "cognito create-challenge": s.CreateAuthChallengeTriggerSchema,
  "cognito verify-challenge": s.VerifyAuthChallengeTriggerSchema,
};

function event(source: string, name: string, values: Readonly<Record<string, string>> = {}): unknown {
  const sample = SAMPLES.find((each) => each.source === source && each.name === name);
  assert.ok(sample, `${source} ${name}`);
  const now = new Date("2026-01-02T03:04:05.678Z");
  const context = { region: "eu-west-1", account: "111122223333", now };
  return JSON.parse(
    JSON.stringify(sample.event(sampleContext({ ...context, values: { ...sample.parameters, ...values } }))),
  );
}

test("events are as the schemas of Powertools have them", () => {
  const used = new Set<string>();
  const failures: string[] = [];
  for (const { source, name } of SAMPLES) {
    const key = SCHEMAS[`${source} ${name}`] === undefined ? source : `${source} ${name}`;
    const schema = SCHEMAS[key];
    if (schema === undefined) continue;
    used.add(key);
    const result = schema.safeParse(event(source, name));
    if (!result.success) failures.push(`${source} ${name}: ${String(result.error)}`);
  }
  assert.deepEqual(failures, []);
  assert.deepEqual([...used].sort(), Object.keys(SCHEMAS).sort());
});

test("no two events have one name, and what varies stands in all of them", () => {
  const names = SAMPLES.map(({ source, name }) => `${source} ${name}`);
  assert.equal(new Set(names).size, names.length);
  const idle: string[] = [];
  for (const { source, name, parameters } of SAMPLES) {
    for (const parameter of Object.keys(parameters ?? {})) {
      const [one, other] = ["12345671", "12345672"].map((value) =>
        contents(event(source, name, { [parameter]: value })),
      );
      if (one === other) idle.push(`${source} ${name} ${parameter}`);
    }
  }
  assert.deepEqual(idle, []);
});

/** Without what is random. */
function contents(value: unknown): string {
  const data = (value as { awslogs?: { data: string } }).awslogs?.data;
  const text =
    data === undefined ? JSON.stringify(value) : gunzipSync(Buffer.from(data, "base64")).toString();
  return text.match(/1234567[12]|MTIzNDU2Nz[EI]/g)?.join(" ") ?? "";
}

test("what depends on a parameter follows it", () => {
  const {
    Records: [message],
  } = event("sqs", "message", { body: "hello" }) as { Records: [Record<string, unknown>] };
  assert.equal(message["md5OfBody"], "5d41402abc4b2a76b9719d911017c592");
  const {
    Records: [created],
  } = event("s3", "put", { key: "a b/ü@.txt" }) as {
    Records: [{ s3: { object: { key: string } } }];
  };
  assert.equal(created.s3.object.key, "a+b/%C3%BC%40.txt");
  const logs = event("logs", "subscription", { message: "oops" }) as { awslogs: { data: string } };
  const data = JSON.parse(gunzipSync(Buffer.from(logs.awslogs.data, "base64")).toString()) as {
    logEvents: [{ message: string }];
  };
  assert.equal(data.logEvents[0].message, "oops");
  const task = event("stepfunctions", "task", { order: "7" }) as { order: string };
  assert.equal(task.order, "7");
});
