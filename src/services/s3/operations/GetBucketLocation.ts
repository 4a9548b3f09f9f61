import type {
  BucketLocationConstraint,
  GetBucketLocationOutput,
  GetBucketLocationRequest,
} from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { accessOf, type S3 } from "../s3.ts";

/** Empty for us-east-1. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html */
export async function GetBucketLocation(
  s3: S3,
  input: GetBucketLocationRequest,
  context: RequestContext,
): Promise<GetBucketLocationOutput> {
  const { locationConstraint } = await s3.store.read("readBucket", accessOf(input, context));
  return locationConstraint === undefined
    ? {}
    : { LocationConstraint: locationConstraint as BucketLocationConstraint };
}
