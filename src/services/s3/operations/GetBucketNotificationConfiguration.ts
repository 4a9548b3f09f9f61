import type {
  GetBucketNotificationConfigurationRequest,
  NotificationConfiguration,
} from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { writeConfiguration } from "../notifications/validation.ts";
import { accessOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html */
export async function GetBucketNotificationConfiguration(
  s3: S3,
  input: GetBucketNotificationConfigurationRequest,
  context: RequestContext,
): Promise<NotificationConfiguration> {
  const notification = await s3.store.read("readNotification", accessOf(input, context));
  return notification === undefined ? {} : writeConfiguration(notification);
}
