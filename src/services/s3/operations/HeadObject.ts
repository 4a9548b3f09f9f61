import type { HeadObjectOutput, HeadObjectRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { describe, select } from "../reading.ts";
import { checkVersionId } from "../request/conditions.ts";
import { accessOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html */
export async function HeadObject(
  s3: S3,
  input: HeadObjectRequest,
  context: RequestContext,
): Promise<HeadObjectOutput> {
  checkVersionId(input.VersionId);
  const access = accessOf(input, context);
  const object = await s3.store.read("readObject", { access, key: input.Key ?? "" });
  return describe(object, input, select(object, input), context);
}
