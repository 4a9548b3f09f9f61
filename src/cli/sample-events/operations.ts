import { isoSeconds, type Sample, type SampleContext } from "./sample.ts";

function customResource(name: string, RequestType: "Create" | "Update" | "Delete", summary: string): Sample {
  return {
    source: "cloudformation",
    name,
    summary,
    parameters: { resource: "ExampleResource", type: "Custom::Example" },
    event: (context) => {
      const ServiceToken = context.arn("lambda", "function:example");
      const properties = (Size: string) => ({ ServiceToken, Size });
      return {
        RequestType,
        ServiceToken,
        ResponseURL: `https://cloudformation-custom-resource-response.s3.amazonaws.com/${context.uuid()}`,
        StackId: context.arn("cloudformation", `stack/example/${context.uuid()}`),
        RequestId: context.uuid(),
        LogicalResourceId: context.value("resource"),
        ...(RequestType === "Create" ? {} : { PhysicalResourceId: "example-physical-id" }),
        ResourceType: context.value("type"),
        ResourceProperties: properties("large"),
        ...(RequestType === "Update" ? { OldResourceProperties: properties("small") } : {}),
      };
    },
  };
}

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html */
function rotation(name: string, Step: string, summary: string): Sample {
  return {
    source: "secretsmanager",
    name,
    summary,
    parameters: { secret: "example-secret" },
    event: (context) => ({
      SecretId: context.arn("secretsmanager", `secret:${context.value("secret")}-${context.hex(6)}`),
      ClientRequestToken: context.uuid(),
      Step,
      RotationToken: context.uuid(),
    }),
  };
}

function config(context: SampleContext): object {
  const { account, region } = context;
  const configRuleName = context.value("rule");
  const at = context.now.toISOString();
  const invokingEvent = {
    configurationItemDiff: null,
    configurationItem: {
      configurationItemVersion: "1.3",
      configurationItemCaptureTime: at,
      configurationItemStatus: "OK",
      configurationStateId: context.now.getTime(),
      awsAccountId: account,
      awsRegion: region,
      resourceType: "AWS::EC2::Instance",
      resourceId: "i-0123456789abcdef0",
      ARN: context.arn("ec2", "instance/i-0123456789abcdef0"),
      configuration: { instanceType: "t3.micro" },
      relationships: [],
      tags: {},
    },
    notificationCreationTime: at,
    messageType: "ConfigurationItemChangeNotification",
    recordVersion: "1.3",
  };
  return {
    version: "1.0",
    invokingEvent: JSON.stringify(invokingEvent),
    ruleParameters: JSON.stringify({ desiredInstanceType: "t3.micro" }),
    resultToken: context.hex(64),
    eventLeftScope: false,
    executionRoleArn: `arn:aws:iam::${account}:role/config-role`,
    configRuleArn: context.arn("config", "config-rule/config-rule-exampl"),
    configRuleName,
    configRuleId: "config-rule-exampl",
    accountId: account,
  };
}

function mail(context: SampleContext): object {
  const { now } = context;
  const messageId = context.hex(40);
  const [from, to] = [context.value("from"), context.value("to")];
  const subject = context.value("subject");
  const date = now.toUTCString().replace("GMT", "+0000");
  const pass = { status: "PASS" };
  return {
    Records: [
      {
        eventSource: "aws:ses",
        eventVersion: "1.0",
        ses: {
          mail: {
            timestamp: now.toISOString(),
            source: from,
            messageId,
            destination: [to],
            headersTruncated: false,
            headers: [
              { name: "From", value: from },
              { name: "To", value: to },
              { name: "Subject", value: subject },
              { name: "Date", value: date },
            ],
            commonHeaders: {
              returnPath: from,
              from: [from],
              date,
              to: [to],
              messageId: `<${messageId}@example.com>`,
              subject,
            },
          },
          receipt: {
            timestamp: now.toISOString(),
            processingTimeMillis: 574,
            recipients: [to],
            spamVerdict: pass,
            virusVerdict: pass,
            spfVerdict: pass,
            dkimVerdict: pass,
            dmarcVerdict: pass,
            action: {
              type: "Lambda",
              functionArn: context.arn("lambda", "function:example"),
              invocationType: "Event",
            },
          },
        },
      },
    ],
  };
}

function codeCommit(context: SampleContext): object {
  return {
    Records: [
      {
        awsRegion: context.region,
        codecommit: {
          references: [
            { commit: context.hex(40), created: true, ref: `refs/heads/${context.value("branch")}` },
          ],
        },
        customData: null,
        eventId: context.uuid(),
        eventName: "ReferenceChanges",
        eventPartNumber: 1,
        eventSource: "aws:codecommit",
        eventSourceARN: context.arn("codecommit", context.value("repository")),
        eventTime: context.now.toISOString().replace("Z", "+0000"),
        eventTotalParts: 1,
        eventTriggerConfigId: context.uuid(),
        eventTriggerName: "example-trigger",
        eventVersion: "1.0",
        userIdentityARN: `arn:aws:iam::${context.account}:user/example`,
      },
    ],
  };
}

function pipelineJob(context: SampleContext): object {
  const place = {
    s3Location: { bucketName: "example-pipeline", objectKey: "example/source.zip" },
    type: "S3",
  };
  return {
    "CodePipeline.job": {
      id: context.uuid(),
      accountId: context.account,
      data: {
        actionConfiguration: {
          configuration: { FunctionName: "example", UserParameters: context.value("parameters") },
        },
        inputArtifacts: [{ location: place, revision: null, name: "Source" }],
        outputArtifacts: [],
        artifactCredentials: {
          accessKeyId: "ASIAEXAMPLE",
          secretAccessKey: "EXAMPLE",
          sessionToken: "EXAMPLE",
          expirationTime: context.now.getTime() + 3_600_000,
        },
        continuationToken: context.uuid(),
      },
    },
  };
}

export const OPERATION_SAMPLES: readonly Sample[] = [
  customResource("create", "Create", "a custom resource is to be created"),
  customResource("update", "Update", "a custom resource is to be updated"),
  customResource("delete", "Delete", "a custom resource is to be deleted"),
  rotation("create-secret", "createSecret", "rotation, step 1: make a new version"),
  rotation("set-secret", "setSecret", "rotation, step 2: tell it to the service"),
  rotation("test-secret", "testSecret", "rotation, step 3: try it"),
  rotation("finish-secret", "finishSecret", "rotation, step 4: make it the current one"),
  {
    source: "config",
    name: "change",
    summary: "a rule is to judge a changed resource",
    parameters: { rule: "example-rule" },
    event: config,
  },
  {
    source: "ses",
    name: "receipt",
    summary: "a mail was received",
    parameters: { from: "sender@example.com", to: "recipient@example.com", subject: "Hello" },
    event: mail,
  },
  {
    source: "codecommit",
    name: "push",
    summary: "something was pushed to a repository",
    parameters: { repository: "example-repository", branch: "main" },
    event: codeCommit,
  },
  {
    source: "codepipeline",
    name: "job",
    summary: "an action of a pipeline is to be done",
    parameters: { parameters: "" },
    event: pipelineJob,
  },
  {
    source: "stepfunctions",
    name: "task",
    summary: "a Task state's input, which is the whole event",
    parameters: { order: "42" },
    event: (context) => ({ order: context.value("order"), requestedAt: isoSeconds(context.now) }),
  },
  {
    source: "stepfunctions",
    name: "task-token",
    summary: "a Task state that waits for its token, with the usual Payload",
    parameters: { order: "42" },
    event: (context) => ({
      TaskToken: Buffer.from(context.hex(96)).toString("base64"),
      Input: { order: context.value("order") },
    }),
  },
];
