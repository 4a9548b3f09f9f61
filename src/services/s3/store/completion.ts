import { createHash } from "node:crypto";
import { createChecksum, s3Limits } from "../../../base/index.ts";
import type { StoreDatabase } from "../../../storage/index.ts";
import { CrcCombiner, isCombinable } from "../bodies/crc-combiner.ts";
import { fail, invalidRequest } from "../errors.ts";
import type {
  Checksums,
  ChecksumType,
  ObjectChecksum,
  RequestFacts,
  Upload,
  UploadedPart,
  WriteCondition,
} from "../model.ts";
import { replaceObject, type WriteResult } from "./objects.ts";
import { openBucket } from "./open-bucket.ts";
import { dropUpload, partsOf, readUpload, type UploadName } from "./uploads.ts";

/** A part as CompleteMultipartUpload lists it. The ETag has no quotes. */
export interface ListedPart {
  readonly number: number;
  readonly etag: string;
  readonly checksums: Checksums;
}

export interface UploadCompletion extends UploadName {
  readonly parts: readonly ListedPart[];
  readonly condition: WriteCondition;
  /** What the caller says of the whole: checked if given. */
  readonly expected: {
    readonly size?: number;
    readonly checksums: Checksums;
    readonly checksumType?: ChecksumType;
  };
  readonly request: RequestFacts;
}

export interface CompletionResult extends WriteResult {
  readonly etag: string;
  readonly checksum: ObjectChecksum;
}

/**
 * Makes an object of the listed parts; unlisted ones are dropped. The parts' files become the object's as they are,
 * so this takes no longer for a terabyte than for a kilobyte.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
export function completeUpload(database: StoreDatabase, completion: UploadCompletion): CompletionResult {
  const bucket = openBucket(database, completion.access);
  const upload = readUpload(database, completion);
  const parts = selectParts(upload, partsOf(database, upload.uploadId), completion.parts);
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const etag = etagOfParts(parts);
  const checksum = checksumOfParts(upload, parts);
  checkExpectations(upload, completion.expected, size, checksum);
  const { modifiedMs, dropped } = replaceObject(database, bucket, {
    access: completion.access,
    key: upload.key,
    content: {
      size,
      etag,
      checksum,
      segments: parts.flatMap((part) => part.segments),
      parts: parts.map((part) => {
        const value = part.checksums[upload.checksumAlgorithm];
        return { number: part.number, size: part.size, ...(value === undefined ? {} : { checksum: value }) };
      }),
    },
    attributes: upload,
    condition: completion.condition,
    event: "ObjectCreated:CompleteMultipartUpload",
    request: completion.request,
  });
  const unused = dropUpload(database, upload.uploadId);
  return { modifiedMs, dropped: [...dropped, ...unused], etag, checksum };
}

function selectParts(
  upload: Upload,
  stored: readonly UploadedPart[],
  listed: readonly ListedPart[],
): UploadedPart[] {
  const byNumber = new Map(stored.map((part) => [part.number, part]));
  let last = 0;
  const parts: UploadedPart[] = [];
  for (const { number, etag, checksums } of listed) {
    if (number <= last) throw fail("InvalidPartOrder", { members: { UploadId: upload.uploadId } });
    last = number;
    const part = byNumber.get(number);
    const members = { UploadId: upload.uploadId, PartNumber: number, ETag: etag };
    if (part === undefined || part.etag !== etag) throw fail("InvalidPart", { members });
    for (const [algorithm, value] of Object.entries(checksums))
      if (part.checksums[algorithm as keyof Checksums] !== value) throw fail("InvalidPart", { members });
    if (
      upload.checksumChosen &&
      upload.checksumType === "COMPOSITE" &&
      checksums[upload.checksumAlgorithm] === undefined
    )
      throw invalidRequest(
        `The upload was created using a ${upload.checksumAlgorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
      );
    parts.push(part);
  }
  for (const part of parts.slice(0, -1)) {
    if (part.size < s3Limits.partLeastBytes)
      throw fail("EntityTooSmall", {
        members: {
          ProposedSize: part.size,
          MinSizeAllowed: s3Limits.partLeastBytes,
          PartNumber: part.number,
          ETag: part.etag,
        },
      });
  }
  return parts;
}

function etagOfParts(parts: readonly UploadedPart[]): string {
  const md5 = createHash("md5");
  for (const part of parts) md5.update(part.etag, "hex");
  return `${md5.digest("hex")}-${parts.length}`;
}

function checksumOfParts(upload: Upload, parts: readonly UploadedPart[]): ObjectChecksum {
  const { checksumAlgorithm: algorithm, checksumType: type } = upload;
  const digests = parts.map((part) => Buffer.from(part.checksums[algorithm] ?? "", "base64"));
  if (type === "FULL_OBJECT" && isCombinable(algorithm)) {
    const combiner = new CrcCombiner(algorithm);
    for (const [index, part] of parts.entries()) combiner.append(digests[index] as Buffer, part.size);
    return { algorithm, type, value: combiner.digest().toString("base64") };
  }
  const hasher = createChecksum(algorithm);
  for (const digest of digests) hasher.update(digest);
  return { algorithm, type, value: `${hasher.digest().toString("base64")}-${parts.length}` };
}

function checkExpectations(
  upload: Upload,
  expected: UploadCompletion["expected"],
  size: number,
  checksum: ObjectChecksum,
): void {
  if (expected.size !== undefined && expected.size !== size)
    throw invalidRequest(
      `The provided 'x-amz-mp-object-size' header value ${expected.size} does not match what was computed: ${size}`,
    );
  if (expected.checksumType !== undefined && expected.checksumType !== upload.checksumType)
    throw invalidRequest(
      `The upload was created using the ${upload.checksumType} checksum mode. The complete request must use the same checksum mode.`,
    );
  const value = expected.checksums[upload.checksumAlgorithm];
  if (value !== undefined && value !== checksum.value)
    throw fail("BadDigest", { with: { algorithm: upload.checksumAlgorithm.toLowerCase() } });
}
