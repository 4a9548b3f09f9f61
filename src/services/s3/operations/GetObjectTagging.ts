import type { GetObjectTaggingOutput, GetObjectTaggingRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { checkVersionId } from "../request/conditions.ts";
import { wireTags } from "../request/tagging.ts";
import { accessOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html */
export async function GetObjectTagging(
  s3: S3,
  input: GetObjectTaggingRequest,
  context: RequestContext,
): Promise<GetObjectTaggingOutput> {
  checkVersionId(input.VersionId);
  const access = accessOf(input, context);
  const { tags } = await s3.store.read("readObject", { access, key: input.Key ?? "" });
  return { TagSet: wireTags(tags) };
}
