import type { PutObjectTaggingOutput, PutObjectTaggingRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { checkVersionId } from "../request/conditions.ts";
import { tagSetOf } from "../request/tagging.ts";
import { accessOf, factsOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html */
export async function PutObjectTagging(
  s3: S3,
  input: PutObjectTaggingRequest,
  context: RequestContext,
): Promise<PutObjectTaggingOutput> {
  checkVersionId(input.VersionId);
  await s3.store.write("putObjectTags", {
    access: accessOf(input, context),
    key: input.Key ?? "",
    tags: tagSetOf(input.Tagging?.TagSet, "object"),
    event: "ObjectTagging:Put",
    request: factsOf(s3, context),
  });
  return {};
}
