import type { DeleteObjectOutput, DeleteObjectRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { fail, invalidArgument, notImplemented } from "../errors.ts";
import { checkVersionId, unquote } from "../request/conditions.ts";
import { accessOf, factsOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html */
export async function DeleteObject(
  s3: S3,
  input: DeleteObjectRequest,
  context: RequestContext,
): Promise<DeleteObjectOutput> {
  const access = accessOf(input, context);
  checkVersionId(input.VersionId);
  if (input.BypassGovernanceRetention !== undefined)
    throw invalidArgument(
      "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
      "x-amz-bypass-governance-retention",
      undefined,
    );
  if (input.MFA !== undefined) throw notImplemented("x-amz-mfa");
  if (input.IfMatchLastModifiedTime !== undefined) throw notImplemented("x-amz-if-match-last-modified-time");
  if (input.IfMatchSize !== undefined) throw notImplemented("x-amz-if-match-size");
  const key = input.Key ?? "";
  const condition = input.IfMatch === undefined ? {} : { condition: { etag: unquote(input.IfMatch) } };
  const { dropped, outcomes } = await s3.store.write("deleteObjects", {
    access,
    objects: [{ key, ...condition }],
    request: factsOf(s3, context),
  });
  s3.bodies.remove(dropped);
  if (outcomes[0] === "missing") throw fail("NoSuchKey", { members: { Key: key } });
  if (outcomes[0] === "precondition-failed")
    throw fail("PreconditionFailed", { members: { Condition: "If-Match" } });
  return {};
}
