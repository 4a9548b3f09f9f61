import type { HeadBucketOutput, HeadBucketRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { bucketArn } from "../owner.ts";
import { accessOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html */
export async function HeadBucket(
  s3: S3,
  input: HeadBucketRequest,
  context: RequestContext,
): Promise<HeadBucketOutput> {
  const bucket = await s3.store.read("readBucket", accessOf(input, context));
  return { BucketRegion: bucket.region, BucketArn: bucketArn(bucket), AccessPointAlias: false };
}
