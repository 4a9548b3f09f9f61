import type { PolicyDocument } from "./model.ts";

/** AWS's own policies that Lambda templates read, with the statements that AWS documents for them. */
const STATEMENTS: Readonly<Record<string, { readonly path: string; readonly actions: readonly string[] }>> = {
  AWSLambdaBasicExecutionRole: {
    path: "/service-role/",
    actions: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
  },
  AWSLambdaSQSQueueExecutionRole: {
    path: "/service-role/",
    actions: [
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "logs:CreateLogGroup",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
    ],
  },
  AWSLambdaDynamoDBExecutionRole: {
    path: "/service-role/",
    actions: [
      "dynamodb:DescribeStream",
      "dynamodb:GetRecords",
      "dynamodb:GetShardIterator",
      "dynamodb:ListStreams",
      "logs:CreateLogGroup",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
    ],
  },
  AWSLambda_FullAccess: { path: "/", actions: ["lambda:*", "logs:*", "iam:PassRole"] },
  AmazonS3FullAccess: { path: "/", actions: ["s3:*", "s3-object-lambda:*"] },
  AmazonS3ReadOnlyAccess: { path: "/", actions: ["s3:Get*", "s3:List*", "s3:Describe*"] },
  AmazonDynamoDBFullAccess: { path: "/", actions: ["dynamodb:*"] },
  AdministratorAccess: { path: "/", actions: ["*"] },
};

const CREATED_AT = Date.UTC(2015, 3, 9);

export const MANAGED_POLICIES: readonly PolicyDocument[] = Object.entries(STATEMENTS).map(
  ([name, { path, actions }]) => ({
    name,
    path,
    id: `ANPA${name
      .toUpperCase()
      .replaceAll(/[^A-Z]/g, "")
      .padEnd(17, "A")
      .slice(0, 17)}`,
    arn: `arn:aws:iam::aws:policy${path}${name}`,
    createdAt: CREATED_AT,
    updatedAt: CREATED_AT,
    defaultVersion: "v1",
    nextVersion: 2,
    versions: [
      {
        id: "v1",
        document: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }],
        }),
        createdAt: CREATED_AT,
      },
    ],
    tags: {},
  }),
);
