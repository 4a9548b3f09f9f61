import { formEncode } from "../form-encoding.ts";
import type { Bucket, RequestFacts } from "../model.ts";
import { bucketArn, ownerPrincipalId } from "../owner.ts";

/** What happened to an object, in the shape of a record's `object` member. */
export interface ObjectEvent {
  /** `ObjectCreated:Put` and the like, without `s3:`. */
  readonly name: string;
  readonly key: string;
  readonly size?: number;
  readonly eTag?: string;
  readonly sequencer?: string;
}

/** Types whose records have a structure of their own version; all others are 2.1. */
const VERSIONS: readonly (readonly [prefix: string, version: string])[] = [
  ["ObjectTagging:", "2.3"],
  ["ObjectAcl:", "2.3"],
  ["LifecycleExpiration:", "2.3"],
  ["Replication:", "2.2"],
];

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
export function eventMessage(
  bucket: Bucket,
  configurationId: string,
  event: ObjectEvent,
  request: RequestFacts,
): string {
  const record = {
    eventVersion: VERSIONS.find(([prefix]) => event.name.startsWith(prefix))?.[1] ?? "2.1",
    eventSource: "aws:s3",
    awsRegion: bucket.region,
    eventTime: new Date(request.timeMs).toISOString(),
    eventName: event.name,
    userIdentity: { principalId: request.principalId },
    requestParameters: { sourceIPAddress: request.sourceIp },
    responseElements: {
      "x-amz-request-id": request.requestId,
      "x-amz-id-2": request.extendedRequestId,
    },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId,
      bucket: {
        name: bucket.name,
        ownerIdentity: { principalId: ownerPrincipalId(bucket.account) },
        arn: bucketArn(bucket),
      },
      object: {
        key: formEncode(event.key),
        ...(event.size === undefined ? {} : { size: event.size }),
        ...(event.eTag === undefined ? {} : { eTag: event.eTag }),
        ...(event.sequencer === undefined ? {} : { sequencer: event.sequencer }),
      },
    },
  };
  return JSON.stringify({ Records: [record] });
}

/** What a queue or topic is sent when it becomes a destination. */
export function testMessage(bucket: Bucket, request: RequestFacts): string {
  return JSON.stringify({
    Service: "Amazon S3",
    Event: "s3:TestEvent",
    Time: new Date(request.timeMs).toISOString(),
    Bucket: bucket.name,
    RequestId: request.requestId,
    HostId: request.extendedRequestId,
  });
}
