import type { PutBucketNotificationConfigurationRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { checkDestinations } from "../notifications/destinations.ts";
import { readConfiguration } from "../notifications/validation.ts";
import { accessOf, factsOf, type S3 } from "../s3.ts";

/**
 * Replaces the whole configuration; an empty one deletes it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
 */
export async function PutBucketNotificationConfiguration(
  s3: S3,
  input: PutBucketNotificationConfigurationRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const access = accessOf(input, context);
  const bucket = await s3.store.read("readBucket", access);
  const notification = readConfiguration(input.NotificationConfiguration, s3.randomness);
  if (input.SkipDestinationValidation !== true) await checkDestinations(s3.targets, bucket, notification);
  await s3.store.write("putNotification", { access, notification, request: factsOf(s3, context) });
  return {};
}
