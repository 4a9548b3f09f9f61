import type {
  GetObjectAttributesOutput,
  GetObjectAttributesParts,
  GetObjectAttributesRequest,
  StorageClass,
} from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import type { StoredObject } from "../model.ts";
import { wireTime } from "../reading.ts";
import { checksumMembers } from "../request/checksums.ts";
import { checkVersionId } from "../request/conditions.ts";
import { markerNumber, pageSize } from "../request/paging.ts";
import { refuseCustomerKeys } from "../request/protection.ts";
import { accessOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html */
export async function GetObjectAttributes(
  s3: S3,
  input: GetObjectAttributesRequest,
  context: RequestContext,
): Promise<GetObjectAttributesOutput> {
  checkVersionId(input.VersionId);
  refuseCustomerKeys(input);
  const access = accessOf(input, context);
  const object = await s3.store.read("readObject", { access, key: input.Key ?? "" });
  const asked = new Set<string>(input.ObjectAttributes);
  const { algorithm, type, value } = object.checksum;
  return {
    LastModified: wireTime(object.modifiedMs),
    ...(asked.has("ETag") ? { ETag: object.etag } : {}),
    ...(asked.has("ObjectSize") ? { ObjectSize: object.size } : {}),
    ...(asked.has("StorageClass") ? { StorageClass: object.storageClass as StorageClass } : {}),
    ...(asked.has("Checksum")
      ? {
          // Unlike elsewhere, without the number of parts behind it.
          Checksum: { ...checksumMembers({ [algorithm]: value.replace(/-\d+$/, "") }), ChecksumType: type },
        }
      : {}),
    ...(asked.has("ObjectParts") && object.parts !== undefined
      ? { ObjectParts: partsPage(object, object.parts, input) }
      : {}),
  };
}

/** Parts are listed one by one only if the upload had a checksum of its own for each. */
function partsPage(
  object: StoredObject,
  parts: NonNullable<StoredObject["parts"]>,
  input: GetObjectAttributesRequest,
): GetObjectAttributesParts {
  if (object.checksum.type !== "COMPOSITE") return { TotalPartsCount: parts.length };
  const most = pageSize(input.MaxParts, "max-parts");
  const after = markerNumber(input.PartNumberMarker, "part-number-marker");
  const rest = parts.filter((part) => part.number > after);
  const shown = rest.slice(0, most);
  return {
    TotalPartsCount: parts.length,
    PartNumberMarker: String(after),
    NextPartNumberMarker: String(shown.at(-1)?.number ?? 0),
    MaxParts: most,
    IsTruncated: rest.length > shown.length,
    Parts: shown.map((part) => ({
      PartNumber: part.number,
      Size: part.size,
      ...(part.checksum === undefined ? {} : checksumMembers({ [object.checksum.algorithm]: part.checksum })),
    })),
  };
}
