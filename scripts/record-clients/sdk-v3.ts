/** Sends one request for each operation of the golden tests with the SDK for JavaScript. Whatever comes back is ignored. */
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const [endpoint = "", accessKeyId = "", secretAccessKey = ""] = process.argv.slice(2);
const options = {
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId, secretAccessKey },
  maxAttempts: 1,
  // The recorder reads HTTP/1.1, which Kinesis' client does not choose by itself.
  requestHandler: new NodeHttpHandler(),
};
const text = "text ü & <b>";
const bytes = Buffer.from([1, 2, 3]);

const calls = [
  () =>
    new LambdaClient(options).send(
      new InvokeCommand({
        FunctionName: "arn:aws:lambda:us-east-1:000000000000:function:f",
        Qualifier: "$LATEST",
        Payload: Buffer.from('{"a":1}'),
        LogType: "Tail",
      }),
    ),
  () =>
    new S3Client({ ...options, forcePathStyle: true }).send(
      new PutObjectCommand({ Bucket: "bucket", Key: "a b/ü+c", Body: text, Metadata: { m: "v" } }),
    ),
  () =>
    new DynamoDBClient(options).send(
      new PutItemCommand({ TableName: "table", Item: { id: { S: text }, b: { B: bytes } } }),
    ),
  () =>
    new IAMClient(options).send(
      new CreateRoleCommand({ RoleName: "role", AssumeRolePolicyDocument: "{}", Description: text }),
    ),
  () =>
    new SQSClient({ ...options, useQueueUrlAsEndpoint: false }).send(
      new SendMessageCommand({
        QueueUrl: "http://localhost/000000000000/q",
        MessageBody: text,
        MessageAttributes: { a: { DataType: "Binary", BinaryValue: bytes } },
      }),
    ),
  () =>
    new KinesisClient(options).send(
      new PutRecordCommand({ StreamName: "stream", PartitionKey: "p", Data: bytes }),
    ),
  () =>
    new CloudWatchClient(options).send(
      new PutMetricDataCommand({
        Namespace: "n",
        MetricData: [{ MetricName: "m", Value: 0.5, Timestamp: new Date(1_767_323_045_678) }],
      }),
    ),
];

for (const call of calls) await call().catch(() => undefined);
