import type { UploadPartOutput, UploadPartRequest } from "@aws-sdk/client-s3";
import { type ChecksumAlgorithm, s3Limits } from "../../../base/index.ts";
import type { RequestContext, WithStream } from "../../../wire/index.ts";
import { invalidRequest } from "../errors.ts";
import type { Upload } from "../model.ts";
import { quote } from "../reading.ts";
import { checksumMembers, statedAlgorithm } from "../request/checksums.ts";
import { partNumberOf } from "../request/parts.ts";
import { refuseUnsupported } from "../request/protection.ts";
import { accessOf, type S3 } from "../s3.ts";
import { keepBody, receiveBody } from "../writing.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html */
export async function UploadPart(
  s3: S3,
  input: WithStream<UploadPartRequest, "Body">,
  context: RequestContext,
): Promise<UploadPartOutput> {
  const access = accessOf(input, context);
  refuseUnsupported(input);
  const number = partNumberOf(input.PartNumber);
  const name = { access, key: input.Key ?? "", uploadId: input.UploadId ?? "" };
  const upload = await s3.store.read("readUpload", name);
  const stated = statedAlgorithm(input, context);
  checkAlgorithm(upload, stated);
  const algorithms = stated === undefined ? [upload.checksumAlgorithm] : [upload.checksumAlgorithm, stated];
  const body = await receiveBody(s3, input, algorithms, s3Limits.partBytes);
  const dropped = await keepBody(s3, body, () =>
    s3.store.write("putPart", {
      ...name,
      part: {
        number,
        size: body.size,
        etag: body.md5,
        modifiedMs: s3.clock.now(),
        checksums: body.checksums,
        segments: body.segments,
      },
    }),
  );
  s3.bodies.remove(dropped);
  const shown = stated ?? (upload.checksumChosen ? upload.checksumAlgorithm : undefined);
  return {
    ETag: quote(body.md5),
    ServerSideEncryption: "AES256",
    ...(shown === undefined ? {} : checksumMembers({ [shown]: body.checksums[shown] ?? "" })),
  };
}

/** A part must carry the checksum that its upload was created with; of a full-object one it may leave it out. */
function checkAlgorithm(upload: Upload, stated: ChecksumAlgorithm | undefined): void {
  if (!upload.checksumChosen || stated === upload.checksumAlgorithm) return;
  if (stated === undefined && upload.checksumType === "FULL_OBJECT") return;
  throw invalidRequest(
    `Checksum Type mismatch occurred, expected checksum Type: ${upload.checksumAlgorithm.toLowerCase()}, actual checksum Type: ${stated?.toLowerCase() ?? "null"}`,
  );
}
