import type { DeleteObjectTaggingOutput, DeleteObjectTaggingRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { checkVersionId } from "../request/conditions.ts";
import { accessOf, factsOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html */
export async function DeleteObjectTagging(
  s3: S3,
  input: DeleteObjectTaggingRequest,
  context: RequestContext,
): Promise<DeleteObjectTaggingOutput> {
  checkVersionId(input.VersionId);
  await s3.store.write("putObjectTags", {
    access: accessOf(input, context),
    key: input.Key ?? "",
    tags: [],
    event: "ObjectTagging:Delete",
    request: factsOf(s3, context),
  });
  return {};
}
