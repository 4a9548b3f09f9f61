import type {
  CommonPrefix,
  ListMultipartUploadsOutput,
  ListMultipartUploadsRequest,
  MultipartUpload,
  StorageClass,
} from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import type { Upload } from "../model.ts";
import { canonicalId } from "../owner.ts";
import { wireTime } from "../reading.ts";
import { afterMarker, nameEncoder, pageSize } from "../request/paging.ts";
import { accessOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
export async function ListMultipartUploads(
  s3: S3,
  input: ListMultipartUploadsRequest,
  context: RequestContext,
): Promise<ListMultipartUploadsOutput> {
  const access = accessOf(input, context);
  const most = pageSize(input.MaxUploads, "max-uploads");
  const encode = nameEncoder(input.EncodingType);
  const { Prefix: prefix = "", KeyMarker: keyMarker = "" } = input;
  const delimiter = input.Delimiter || undefined;
  // Without a key marker, an upload id marker is ignored.
  const idMarker = keyMarker === "" ? undefined : input.UploadIdMarker || undefined;
  const after = afterMarker(keyMarker, prefix, delimiter);
  const page = await s3.store.read("listUploads", {
    access,
    prefix,
    limit: most,
    delimiter,
    after,
    afterUploadId: idMarker,
  });
  const uploads: MultipartUpload[] = [];
  const prefixes: CommonPrefix[] = [];
  for (const { entry, prefix: folded } of page.items) {
    if (entry === undefined) prefixes.push({ Prefix: encode(folded) });
    else uploads.push(wireUpload(entry, encode, access.account));
  }
  const truncated = most > 0 && page.truncated;
  const last = page.items.at(-1);
  return {
    Bucket: access.bucket,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: idMarker ?? "",
    Prefix: encode(prefix),
    MaxUploads: most,
    IsTruncated: truncated,
    Uploads: uploads,
    CommonPrefixes: prefixes,
    ...(delimiter === undefined ? {} : { Delimiter: encode(delimiter) }),
    ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
    ...(truncated && last !== undefined
      ? {
          NextKeyMarker: encode(last.entry?.key ?? last.prefix ?? ""),
          NextUploadIdMarker: last.entry?.uploadId ?? "",
        }
      : {}),
  };
}

function wireUpload(upload: Upload, encode: (name: string) => string, account: string): MultipartUpload {
  return {
    UploadId: upload.uploadId,
    Key: encode(upload.key),
    Initiated: wireTime(upload.initiatedMs),
    StorageClass: upload.storageClass as StorageClass,
    Owner: { ID: canonicalId(account) },
    Initiator: { ID: upload.initiatorArn },
    ...(upload.checksumChosen
      ? { ChecksumAlgorithm: upload.checksumAlgorithm, ChecksumType: upload.checksumType }
      : {}),
  };
}
