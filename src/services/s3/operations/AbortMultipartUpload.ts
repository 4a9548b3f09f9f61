import type { AbortMultipartUploadOutput, AbortMultipartUploadRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { notImplemented } from "../errors.ts";
import { accessOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html */
export async function AbortMultipartUpload(
  s3: S3,
  input: AbortMultipartUploadRequest,
  context: RequestContext,
): Promise<AbortMultipartUploadOutput> {
  const access = accessOf(input, context);
  if (input.IfMatchInitiatedTime !== undefined) throw notImplemented("x-amz-if-match-initiated-time");
  const dropped = await s3.store.write("abortUpload", {
    access,
    key: input.Key ?? "",
    uploadId: input.UploadId ?? "",
  });
  s3.bodies.remove(dropped);
  return {};
}
