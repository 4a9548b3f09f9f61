import type { ListObjectsOutput, ListObjectsRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { wireListing } from "../listing.ts";
import { afterMarker, nameEncoder, pageSize } from "../request/paging.ts";
import { accessOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html */
export async function ListObjects(
  s3: S3,
  input: ListObjectsRequest,
  context: RequestContext,
): Promise<ListObjectsOutput> {
  const access = accessOf(input, context);
  const most = pageSize(input.MaxKeys, "max-keys");
  const encode = nameEncoder(input.EncodingType);
  const { Prefix: prefix = "", Marker: marker = "" } = input;
  const delimiter = input.Delimiter || undefined;
  const after = afterMarker(marker, prefix, delimiter);
  const { region } = await s3.store.read("readBucket", access);
  const page = await s3.store.read("listObjects", { access, prefix, limit: most, delimiter, after });
  context.setHeader("x-amz-bucket-region", region);
  const truncated = most > 0 && page.truncated;
  const last = page.items.at(-1);
  const next = last?.prefix ?? last?.entry?.key;
  return {
    Name: access.bucket,
    Prefix: encode(prefix),
    Marker: encode(marker),
    MaxKeys: most,
    IsTruncated: truncated,
    ...wireListing(page.items, encode, access.account),
    ...(delimiter === undefined ? {} : { Delimiter: encode(delimiter) }),
    ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
    ...(truncated && delimiter !== undefined && next !== undefined ? { NextMarker: encode(next) } : {}),
  };
}
