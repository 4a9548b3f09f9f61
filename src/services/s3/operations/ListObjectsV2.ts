import type { ListObjectsV2Output, ListObjectsV2Request } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { wireListing } from "../listing.ts";
import { decodeToken, encodeToken, nameEncoder, pageSize } from "../request/paging.ts";
import { accessOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export async function ListObjectsV2(
  s3: S3,
  input: ListObjectsV2Request,
  context: RequestContext,
): Promise<ListObjectsV2Output> {
  const access = accessOf(input, context);
  const most = pageSize(input.MaxKeys, "max-keys");
  const encode = nameEncoder(input.EncodingType);
  const { Prefix: prefix = "", ContinuationToken: token, StartAfter: startAfter } = input;
  const delimiter = input.Delimiter || undefined;
  const after = token !== undefined ? decodeToken(token) : startAfter ? { key: startAfter } : undefined;
  const { region } = await s3.store.read("readBucket", access);
  const page = await s3.store.read("listObjects", { access, prefix, limit: most, delimiter, after });
  context.setHeader("x-amz-bucket-region", region);
  const truncated = most > 0 && page.truncated;
  const last = page.items.at(-1);
  return {
    Name: access.bucket,
    Prefix: encode(prefix),
    MaxKeys: most,
    KeyCount: page.items.length,
    IsTruncated: truncated,
    ...wireListing(page.items, encode, input.FetchOwner === true ? access.account : undefined),
    ...(delimiter === undefined ? {} : { Delimiter: encode(delimiter) }),
    ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
    ...(token === undefined ? {} : { ContinuationToken: token }),
    ...(startAfter === undefined ? {} : { StartAfter: encode(startAfter) }),
    ...(truncated && last !== undefined ? { NextContinuationToken: encodeToken(last) } : {}),
  };
}
