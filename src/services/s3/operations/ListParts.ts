import type { ListPartsOutput, ListPartsRequest, StorageClass } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { canonicalId } from "../owner.ts";
import { quote, wireTime } from "../reading.ts";
import { checksumMembers } from "../request/checksums.ts";
import { markerNumber, pageSize } from "../request/paging.ts";
import { refuseCustomerKeys } from "../request/protection.ts";
import { accessOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
export async function ListParts(
  s3: S3,
  input: ListPartsRequest,
  context: RequestContext,
): Promise<ListPartsOutput> {
  const access = accessOf(input, context);
  refuseCustomerKeys(input);
  const most = pageSize(input.MaxParts, "max-parts");
  const after = markerNumber(input.PartNumberMarker, "part-number-marker");
  const { upload, parts } = await s3.store.read("listParts", {
    access,
    key: input.Key ?? "",
    uploadId: input.UploadId ?? "",
    after,
    limit: most + 1,
  });
  const shown = parts.slice(0, most);
  const algorithm = upload.checksumAlgorithm;
  return {
    Bucket: access.bucket,
    Key: upload.key,
    UploadId: upload.uploadId,
    PartNumberMarker: String(after),
    NextPartNumberMarker: String(shown.at(-1)?.number ?? 0),
    MaxParts: most,
    IsTruncated: most > 0 && parts.length > most,
    Parts: shown.map((part) => ({
      PartNumber: part.number,
      LastModified: wireTime(part.modifiedMs),
      ETag: quote(part.etag),
      Size: part.size,
      ...(upload.checksumChosen ? checksumMembers({ [algorithm]: part.checksums[algorithm] ?? "" }) : {}),
    })),
    Initiator: { ID: upload.initiatorArn },
    Owner: { ID: canonicalId(access.account) },
    StorageClass: upload.storageClass as StorageClass,
    ...(upload.checksumChosen ? { ChecksumAlgorithm: algorithm, ChecksumType: upload.checksumType } : {}),
  };
}
