import type { PutBucketTaggingRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { tagSetOf } from "../request/tagging.ts";
import { accessOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html */
export async function PutBucketTagging(
  s3: S3,
  input: PutBucketTaggingRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const tags = tagSetOf(input.Tagging?.TagSet, "bucket");
  await s3.store.write("putBucketTags", { access: accessOf(input, context), tags });
  return {};
}
