import type { CompleteMultipartUploadOutput, CompleteMultipartUploadRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { quote } from "../reading.ts";
import { checksumMembers, checksumsOf } from "../request/checksums.ts";
import { writeConditionOf } from "../request/conditions.ts";
import { listedParts } from "../request/parts.ts";
import { refuseCustomerKeys } from "../request/protection.ts";
import { accessOf, factsOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
export async function CompleteMultipartUpload(
  s3: S3,
  input: CompleteMultipartUploadRequest,
  context: RequestContext,
): Promise<CompleteMultipartUploadOutput> {
  const access = accessOf(input, context);
  refuseCustomerKeys(input);
  const key = input.Key ?? "";
  const { dropped, etag, checksum } = await s3.store.write("completeUpload", {
    access,
    key,
    uploadId: input.UploadId ?? "",
    parts: listedParts(input.MultipartUpload?.Parts),
    condition: writeConditionOf(input),
    expected: {
      checksums: checksumsOf(input),
      ...(input.MpuObjectSize === undefined ? {} : { size: input.MpuObjectSize }),
      ...(input.ChecksumType === undefined ? {} : { checksumType: input.ChecksumType }),
    },
    request: factsOf(s3, context),
  });
  s3.bodies.remove(dropped);
  return {
    Bucket: access.bucket,
    Key: key,
    Location: `${context.endpoint}/${access.bucket}/${key.split("/").map(encodeURIComponent).join("/")}`,
    ETag: quote(etag),
    ServerSideEncryption: "AES256",
    ...checksumMembers({ [checksum.algorithm]: checksum.value }),
    ChecksumType: checksum.type,
  };
}
