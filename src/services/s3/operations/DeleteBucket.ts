import type { DeleteBucketRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { accessOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html */
export async function DeleteBucket(
  s3: S3,
  input: DeleteBucketRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  s3.bodies.remove(await s3.store.write("deleteBucket", accessOf(input, context)));
  return {};
}
