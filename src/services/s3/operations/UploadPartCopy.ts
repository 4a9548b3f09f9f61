import type { UploadPartCopyOutput, UploadPartCopyRequest } from "@aws-sdk/client-s3";
import { s3Limits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { filesOf } from "../bodies/body-store.ts";
import { invalidRequest } from "../errors.ts";
import { quote, wireTime } from "../reading.ts";
import { checksumMembers } from "../request/checksums.ts";
import { checkCopyConditions } from "../request/conditions.ts";
import { copySourceOf } from "../request/copy-source.ts";
import { partNumberOf } from "../request/parts.ts";
import { refuseUnsupported } from "../request/protection.ts";
import { parseCopyRange, sliceSegments } from "../request/ranges.ts";
import { accessOf, type S3 } from "../s3.ts";
import { untilSourceHolds } from "../writing.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html */
export async function UploadPartCopy(
  s3: S3,
  input: UploadPartCopyRequest,
  context: RequestContext,
): Promise<UploadPartCopyOutput> {
  const access = accessOf(input, context);
  refuseUnsupported(input);
  const number = partNumberOf(input.PartNumber);
  const source = copySourceOf(input, context);
  const name = { access, key: input.Key ?? "", uploadId: input.UploadId ?? "" };
  const upload = await s3.store.read("readUpload", name);
  return await untilSourceHolds(async () => {
    const hold = s3.bodies.hold();
    try {
      const object = await s3.store.read("readObject", source);
      checkCopyConditions(object, input);
      const range =
        input.CopySourceRange === undefined
          ? { offset: 0, size: object.size }
          : parseCopyRange(input.CopySourceRange, object.size);
      if (range.size > s3Limits.copySourceBytes)
        throw invalidRequest(
          `The specified copy source is larger than the maximum allowable size for a copy source: ${s3Limits.copySourceBytes}`,
        );
      // The part shares the source's body files; they are read for its digests only.
      const segments = sliceSegments(object.segments, range);
      hold.narrow(filesOf(segments));
      const { md5, checksums } = await s3.bodies.digest(segments, s3.bodies.hold(), [
        upload.checksumAlgorithm,
      ]);
      const modifiedMs = s3.clock.now();
      const dropped = await s3.store.write("copyPart", {
        ...name,
        part: { number, size: range.size, etag: md5, modifiedMs, checksums, segments },
        source: { ...source, sequencer: object.sequencer },
      });
      if (dropped === undefined) return undefined;
      s3.bodies.remove(dropped);
      return {
        CopyPartResult: {
          ETag: quote(md5),
          LastModified: wireTime(modifiedMs),
          ...(upload.checksumChosen ? checksumMembers(checksums) : {}),
        },
        ServerSideEncryption: "AES256",
      };
    } finally {
      hold.release();
    }
  });
}
