import type { _Object, CommonPrefix, ObjectStorageClass } from "@aws-sdk/client-s3";
import type { ObjectSummary } from "./model.ts";
import { canonicalId } from "./owner.ts";
import { quote, wireTime } from "./reading.ts";
import type { Listed } from "./store/listing.ts";

/** Splits what was listed into objects and common prefixes, as answers have them. With `owner`, objects name it. */
export function wireListing(
  items: readonly Listed<ObjectSummary>[],
  encode: (name: string) => string,
  owner: string | undefined,
): { Contents?: _Object[]; CommonPrefixes?: CommonPrefix[] } {
  const contents: _Object[] = [];
  const prefixes: CommonPrefix[] = [];
  for (const { entry, prefix } of items) {
    if (entry === undefined) prefixes.push({ Prefix: encode(prefix) });
    else contents.push(wireObject(entry, encode, owner));
  }
  return {
    ...(contents.length === 0 ? {} : { Contents: contents }),
    ...(prefixes.length === 0 ? {} : { CommonPrefixes: prefixes }),
  };
}

function wireObject(
  object: ObjectSummary,
  encode: (name: string) => string,
  owner: string | undefined,
): _Object {
  return {
    Key: encode(object.key),
    LastModified: wireTime(object.modifiedMs),
    ETag: quote(object.etag),
    ChecksumAlgorithm: [object.checksumAlgorithm],
    ChecksumType: object.checksumType,
    Size: object.size,
    StorageClass: object.storageClass as ObjectStorageClass,
    ...(owner === undefined ? {} : { Owner: { ID: canonicalId(owner) } }),
  };
}
