import type { DeleteBucketTaggingRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { accessOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketTagging.html */
export async function DeleteBucketTagging(
  s3: S3,
  input: DeleteBucketTaggingRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  await s3.store.write("putBucketTags", { access: accessOf(input, context), tags: [] });
  return {};
}
