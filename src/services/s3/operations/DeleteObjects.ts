import type { _Error, DeletedObject, DeleteObjectsOutput, DeleteObjectsRequest } from "@aws-sdk/client-s3";
import { s3Limits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { fail, invalidArgument, notImplemented } from "../errors.ts";
import { unquote } from "../request/conditions.ts";
import { accessOf, factsOf, type S3 } from "../s3.ts";

const FAILURES = {
  missing: { Code: "NoSuchKey", Message: "The specified key does not exist." },
  "precondition-failed": {
    Code: "PreconditionFailed",
    Message: "At least one of the pre-conditions you specified did not hold",
  },
} as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
export async function DeleteObjects(
  s3: S3,
  input: DeleteObjectsRequest,
  context: RequestContext,
): Promise<DeleteObjectsOutput> {
  const access = accessOf(input, context);
  if (input.BypassGovernanceRetention !== undefined)
    throw invalidArgument(
      "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
      "x-amz-bypass-governance-retention",
      undefined,
    );
  if (input.MFA !== undefined) throw notImplemented("x-amz-mfa");
  const named = input.Delete?.Objects ?? [];
  if (named.length === 0 || named.length > s3Limits.deleteKeys) throw fail("MalformedXML");
  const errors: _Error[] = [];
  const objects: { key: string; versionId?: string; condition?: { etag: string } }[] = [];
  for (const { Key: key = "", VersionId: versionId, ETag: etag, LastModifiedTime, Size } of named) {
    if (LastModifiedTime !== undefined) throw notImplemented("LastModifiedTime");
    if (Size !== undefined) throw notImplemented("Size");
    if (versionId !== undefined && versionId !== "null")
      errors.push({
        Key: key,
        VersionId: versionId,
        Code: "NoSuchVersion",
        Message: "The specified version does not exist.",
      });
    else
      objects.push({
        key,
        ...(versionId === undefined ? {} : { versionId }),
        ...(etag === undefined ? {} : { condition: { etag: unquote(etag) } }),
      });
  }
  const { dropped, outcomes } = await s3.store.write("deleteObjects", {
    access,
    objects,
    request: factsOf(s3, context),
  });
  s3.bodies.remove(dropped);
  const deleted: DeletedObject[] = [];
  for (const [index, { key, versionId }] of objects.entries()) {
    const outcome = outcomes[index] ?? "ok";
    if (outcome === "ok")
      deleted.push({ Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) });
    else errors.push({ Key: key, ...FAILURES[outcome] });
  }
  return {
    ...(input.Delete?.Quiet === true ? {} : { Deleted: deleted }),
    ...(errors.length === 0 ? {} : { Errors: errors }),
  };
}
