import { type ChecksumAlgorithm } from "../../../base/index.ts";
import type { StoreDatabase } from "../../../storage/index.ts";
import { fail } from "../errors.ts";
import type { BucketAccess, ChecksumType, Segment, Upload, UploadedPart } from "../model.ts";
import { dropFiles, useFiles } from "./files.ts";
import { decodeKey, encodeKey } from "./keys.ts";
import { type ObjectName, readObject } from "./objects.ts";
import { openBucket } from "./open-bucket.ts";

export interface UploadRow {
  readonly upload_id: string;
  readonly bucket: string;
  readonly key: Uint8Array;
  readonly initiated_ms: number;
  readonly initiator_arn: string;
  readonly storage_class: string;
  readonly checksum_algorithm: ChecksumAlgorithm;
  readonly checksum_type: ChecksumType;
  readonly checksum_chosen: number;
  readonly headers: string;
  readonly metadata: string;
  readonly tags: string;
}

interface PartRow {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly modified_ms: number;
  readonly checksums: string;
  readonly segments: string;
}

export function toUpload(row: UploadRow): Upload {
  return {
    uploadId: row.upload_id,
    key: decodeKey(row.key),
    initiatedMs: row.initiated_ms,
    initiatorArn: row.initiator_arn,
    storageClass: row.storage_class,
    checksumAlgorithm: row.checksum_algorithm,
    checksumType: row.checksum_type,
    checksumChosen: row.checksum_chosen !== 0,
    headers: JSON.parse(row.headers) as Upload["headers"],
    metadata: JSON.parse(row.metadata) as Upload["metadata"],
    tags: JSON.parse(row.tags) as Upload["tags"],
  };
}

function toPart(row: PartRow): UploadedPart {
  return {
    number: row.number,
    size: row.size,
    etag: row.etag,
    modifiedMs: row.modified_ms,
    checksums: JSON.parse(row.checksums) as UploadedPart["checksums"],
    segments: JSON.parse(row.segments) as UploadedPart["segments"],
  };
}

export interface UploadName extends ObjectName {
  readonly uploadId: string;
}

export function createUpload(
  database: StoreDatabase,
  argument: { readonly access: BucketAccess; readonly upload: Upload },
): void {
  const { name } = openBucket(database, argument.access);
  const { upload } = argument;
  database.run(
    "INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    upload.uploadId,
    name,
    encodeKey(upload.key),
    upload.initiatedMs,
    upload.initiatorArn,
    upload.storageClass,
    upload.checksumAlgorithm,
    upload.checksumType,
    upload.checksumChosen ? 1 : 0,
    JSON.stringify(upload.headers),
    JSON.stringify(upload.metadata),
    JSON.stringify(upload.tags),
  );
}

export function readUpload(database: StoreDatabase, { access, key, uploadId }: UploadName): Upload {
  const bucket = openBucket(database, access);
  const row = database.get<UploadRow>("SELECT * FROM uploads WHERE upload_id = ?", uploadId);
  if (row === undefined || row.bucket !== bucket.name || decodeKey(row.key) !== key)
    throw fail("NoSuchUpload", { members: { UploadId: uploadId } });
  return toUpload(row);
}

/** Every part of an upload, or those after `after`, in order of their numbers. */
export function partsOf(
  database: StoreDatabase,
  uploadId: string,
  after = 0,
  limit = Number.MAX_SAFE_INTEGER,
): UploadedPart[] {
  const rows = database.all<PartRow>(
    `SELECT number, size, etag, modified_ms, checksums, segments FROM parts
     WHERE upload_id = ? AND number > ? ORDER BY number LIMIT ?`,
    uploadId,
    after,
    limit,
  );
  return rows.map(toPart);
}

export interface PartsPage {
  readonly upload: Upload;
  readonly parts: readonly UploadedPart[];
}

export function listParts(
  database: StoreDatabase,
  query: UploadName & { readonly after: number; readonly limit: number },
): PartsPage {
  const upload = readUpload(database, query);
  return { upload, parts: partsOf(database, upload.uploadId, query.after, query.limit) };
}

export interface PartWrite extends UploadName {
  readonly part: UploadedPart;
}

/** Stores a part, in the place of an earlier one with its number. Returns the body files to remove. */
export function putPart(database: StoreDatabase, write: PartWrite): string[] {
  const { uploadId } = readUpload(database, write);
  const { part } = write;
  const earlier = database.get<{ segments: string }>(
    "SELECT segments FROM parts WHERE upload_id = ? AND number = ?",
    uploadId,
    part.number,
  );
  useFiles(database, part.segments);
  const dropped = earlier === undefined ? [] : dropFiles(database, JSON.parse(earlier.segments) as Segment[]);
  database.run(
    "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)",
    uploadId,
    part.number,
    part.size,
    part.etag,
    part.modifiedMs,
    JSON.stringify(part.checksums),
    JSON.stringify(part.segments),
  );
  return dropped;
}

export interface PartCopy extends PartWrite {
  readonly source: ObjectName & { readonly sequencer: string };
}

/** Undefined if the source is not what it was when the caller looked: look again. */
export function copyPart(database: StoreDatabase, copy: PartCopy): string[] | undefined {
  const source = readObject(database, copy.source);
  if (source.sequencer !== copy.source.sequencer) return undefined;
  return putPart(database, copy);
}

export function abortUpload(database: StoreDatabase, name: UploadName): string[] {
  const { uploadId } = readUpload(database, name);
  return dropUpload(database, uploadId);
}

/** Forgets an upload and its parts. Returns the body files to remove. */
export function dropUpload(database: StoreDatabase, uploadId: string): string[] {
  const dropped = partsOf(database, uploadId).flatMap((part) => dropFiles(database, part.segments));
  database.run("DELETE FROM parts WHERE upload_id = ?", uploadId);
  database.run("DELETE FROM uploads WHERE upload_id = ?", uploadId);
  return dropped;
}
