import type { ListObjectVersionsOutput, ListObjectVersionsRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { invalidArgument } from "../errors.ts";
import { wireListing } from "../listing.ts";
import { afterMarker, nameEncoder, pageSize } from "../request/paging.ts";
import { accessOf, type S3 } from "../s3.ts";

/**
 * Every object of a bucket that is not versioned has the one version `null`.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 */
export async function ListObjectVersions(
  s3: S3,
  input: ListObjectVersionsRequest,
  context: RequestContext,
): Promise<ListObjectVersionsOutput> {
  const access = accessOf(input, context);
  const most = pageSize(input.MaxKeys, "max-keys");
  const encode = nameEncoder(input.EncodingType);
  const { Prefix: prefix = "", KeyMarker: marker = "", VersionIdMarker: versionMarker } = input;
  if (versionMarker !== undefined && input.KeyMarker === undefined)
    throw invalidArgument(
      "A version-id marker cannot be specified without a key marker.",
      "version-id-marker",
      versionMarker,
    );
  const delimiter = input.Delimiter || undefined;
  const after = afterMarker(marker, prefix, delimiter);
  const page = await s3.store.read("listObjects", { access, prefix, limit: most, delimiter, after });
  const { Contents, CommonPrefixes } = wireListing(page.items, encode, access.account);
  const truncated = most > 0 && page.truncated;
  const last = page.items.at(-1);
  return {
    Name: access.bucket,
    Prefix: encode(prefix),
    KeyMarker: encode(marker),
    VersionIdMarker: versionMarker ?? "",
    MaxKeys: most,
    IsTruncated: truncated,
    Versions: Contents?.map(({ StorageClass: _class, ...object }) => ({
      ...object,
      VersionId: "null",
      IsLatest: true,
      StorageClass: "STANDARD",
    })),
    CommonPrefixes,
    ...(delimiter === undefined ? {} : { Delimiter: encode(delimiter) }),
    ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
    ...(truncated && last !== undefined
      ? {
          NextKeyMarker: encode(last.prefix ?? last.entry.key),
          ...(last.entry === undefined ? {} : { NextVersionIdMarker: "null" }),
        }
      : {}),
  };
}
