import type { GetBucketTaggingOutput, GetBucketTaggingRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { fail } from "../errors.ts";
import { wireTags } from "../request/tagging.ts";
import { accessOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html */
export async function GetBucketTagging(
  s3: S3,
  input: GetBucketTaggingRequest,
  context: RequestContext,
): Promise<GetBucketTaggingOutput> {
  const access = accessOf(input, context);
  const tags = await s3.store.read("readBucketTags", access);
  if (tags === undefined) throw fail("NoSuchTagSet", { members: { BucketName: access.bucket } });
  return { TagSet: wireTags(tags) };
}
