import type { Sample, SampleContext } from "./sample.ts";

const PLACE = { bucket: "example-bucket", key: "folder/photo one.jpg" };
const WITH_SIZE = { parameters: { ...PLACE, size: "1024" } };

/** As keys are written in notifications: form encoding. */
function encodedKey(key: string): string {
  return encodeURIComponent(key)
    .replace(/%20/g, "+")
    .replace(/%2F/g, "/")
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

const ETAG = "d41d8cd98f00b204e9800998ecf8427e";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
function notification(
  name: string,
  eventName: string,
  summary: string,
  object: (context: SampleContext) => object,
  more: {
    readonly version?: string;
    readonly parameters?: Readonly<Record<string, string>>;
    readonly record?: (context: SampleContext) => object;
  } = {},
): Sample {
  return {
    source: "s3",
    name,
    summary,
    parameters: more.parameters ?? PLACE,
    event: (context) => ({
      Records: [
        {
          eventVersion: more.version ?? "2.1",
          eventSource: "aws:s3",
          awsRegion: context.region,
          eventTime: context.now.toISOString(),
          eventName,
          userIdentity: { principalId: "AWS:AIDAEXAMPLE" },
          requestParameters: { sourceIPAddress: "127.0.0.1" },
          responseElements: {
            "x-amz-request-id": context.hex(16).toUpperCase(),
            "x-amz-id-2": Buffer.from(context.hex(56)).toString("base64"),
          },
          s3: {
            s3SchemaVersion: "1.0",
            configurationId: "example-notification",
            bucket: {
              name: context.value("bucket"),
              ownerIdentity: { principalId: "EXAMPLE" },
              arn: `arn:aws:s3:::${context.value("bucket")}`,
            },
            object: { key: encodedKey(context.value("key")), ...object(context) },
          },
          ...more.record?.(context),
        },
      ],
    }),
  };
}

const sequencer = ({ now }: SampleContext) => now.getTime().toString(16).toUpperCase().padStart(16, "0");
const whole = (context: SampleContext) => ({
  size: Number(context.value("size")),
  eTag: ETAG,
  sequencer: sequencer(context),
});

export const S3_SAMPLES: readonly Sample[] = [
  notification("put", "ObjectCreated:Put", "an object was put", whole, WITH_SIZE),
  notification("post", "ObjectCreated:Post", "an object was posted by a form", whole, WITH_SIZE),
  notification("copy", "ObjectCreated:Copy", "an object was copied", whole, WITH_SIZE),
  notification(
    "multipart",
    "ObjectCreated:CompleteMultipartUpload",
    "a multipart upload was completed",
    (context) => ({ ...whole(context), eTag: `${ETAG}-2` }),
    WITH_SIZE,
  ),
  notification("delete", "ObjectRemoved:Delete", "an object was deleted", (context) => ({
    sequencer: sequencer(context),
  })),
  notification(
    "delete-marker",
    "ObjectRemoved:DeleteMarkerCreated",
    "an object of a versioned bucket was deleted",
    (context) => ({ eTag: ETAG, versionId: context.hex(32), sequencer: sequencer(context) }),
  ),
  notification("tagging", "ObjectTagging:Put", "an object was tagged", () => ({ eTag: ETAG }), {
    version: "2.3",
  }),
  notification("acl", "ObjectAcl:Put", "an object's ACL was set", () => ({ eTag: ETAG }), { version: "2.3" }),
  notification("restore", "ObjectRestore:Completed", "an archived object was restored", whole, {
    ...WITH_SIZE,
    record: ({ now }) => ({
      glacierEventData: {
        restoreEventData: {
          lifecycleRestorationExpiryTime: new Date(now.getTime() + 86_400_000).toISOString(),
          lifecycleRestoreStorageClass: "GLACIER",
        },
      },
    }),
  }),
  {
    source: "s3",
    name: "batch",
    summary: "a task of S3 Batch Operations, schema 1.0",
    parameters: PLACE,
    event: (context) => ({
      invocationSchemaVersion: "1.0",
      invocationId: context.hex(64),
      job: { id: context.uuid() },
      tasks: [
        {
          taskId: context.hex(32),
          s3Key: encodedKey(context.value("key")),
          s3VersionId: null,
          s3BucketArn: `arn:aws:s3:::${context.value("bucket")}`,
        },
      ],
    }),
  },
  {
    source: "s3",
    name: "batch-v2",
    summary: "a task of S3 Batch Operations, schema 2.0",
    parameters: PLACE,
    event: (context) => ({
      invocationSchemaVersion: "2.0",
      invocationId: context.hex(64),
      job: { id: context.uuid(), userArguments: { example: "value" } },
      tasks: [
        {
          taskId: context.hex(32),
          s3Key: encodedKey(context.value("key")),
          s3VersionId: null,
          s3Bucket: context.value("bucket"),
        },
      ],
    }),
  },
  {
    source: "s3",
    name: "object-lambda",
    summary: "GetObject through an Object Lambda access point",
    parameters: { key: "folder/photo.jpg" },
    event: (context) => ({
      xAmzRequestId: context.uuid(),
      getObjectContext: {
        inputS3Url: `https://example-${context.account}.s3-accesspoint.${context.region}.amazonaws.com/${context.value("key")}`,
        outputRoute: "io-example",
        outputToken: context.hex(32),
      },
      configuration: {
        accessPointArn: context.arn("s3-object-lambda", "accesspoint/example"),
        supportingAccessPointArn: context.arn("s3", "accesspoint/example-supporting"),
        payload: "",
      },
      userRequest: {
        url: `https://object-lambda-${context.account}.s3-object-lambda.${context.region}.amazonaws.com/${context.value("key")}`,
        headers: {
          Host: `object-lambda-${context.account}.s3-object-lambda.${context.region}.amazonaws.com`,
        },
      },
      userIdentity: {
        type: "IAMUser",
        principalId: "AIDAEXAMPLE",
        arn: `arn:aws:iam::${context.account}:user/example`,
        accountId: context.account,
        accessKeyId: "AKIAEXAMPLE",
        userName: "example",
      },
      protocolVersion: "1.00",
    }),
  },
];
