import { type ChecksumAlgorithm } from "../../../base/index.ts";
import type { StoreDatabase } from "../../../storage/index.ts";
import { fail } from "../errors.ts";
import type {
  BucketAccess,
  ChecksumType,
  ObjectAttributes,
  ObjectContent,
  RequestFacts,
  StoredObject,
  Tag,
  WriteCondition,
} from "../model.ts";
import { announce } from "./announce.ts";
import { dropFiles, useFiles } from "./files.ts";
import { decodeKey, encodeKey } from "./keys.ts";
import { type OpenBucket, openBucket } from "./open-bucket.ts";
import { nextSequencer } from "./sequencer.ts";

interface ObjectRow {
  readonly key: Uint8Array;
  readonly size: number;
  readonly etag: string;
  readonly modified_ms: number;
  readonly sequencer: string;
  readonly storage_class: string;
  readonly checksum_algorithm: ChecksumAlgorithm;
  readonly checksum_type: ChecksumType;
  readonly checksum_value: string;
  readonly headers: string;
  readonly metadata: string;
  readonly tags: string;
  readonly segments: string;
  readonly parts: string | null;
}

function toObject(row: ObjectRow): StoredObject {
  return {
    key: decodeKey(row.key),
    size: row.size,
    etag: row.etag,
    modifiedMs: row.modified_ms,
    sequencer: row.sequencer,
    storageClass: row.storage_class,
    checksum: {
      algorithm: row.checksum_algorithm,
      type: row.checksum_type,
      value: row.checksum_value,
    },
    headers: JSON.parse(row.headers) as StoredObject["headers"],
    metadata: JSON.parse(row.metadata) as StoredObject["metadata"],
    tags: JSON.parse(row.tags) as StoredObject["tags"],
    segments: JSON.parse(row.segments) as StoredObject["segments"],
    ...(row.parts === null ? {} : { parts: JSON.parse(row.parts) as NonNullable<StoredObject["parts"]> }),
  };
}

export function findObject(database: StoreDatabase, bucket: string, key: string): StoredObject | undefined {
  const row = database.get<ObjectRow>(
    "SELECT * FROM objects WHERE bucket = ? AND key = ?",
    bucket,
    encodeKey(key),
  );
  return row === undefined ? undefined : toObject(row);
}

export interface ObjectName {
  readonly access: BucketAccess;
  readonly key: string;
}

export function readObject(database: StoreDatabase, { access, key }: ObjectName): StoredObject {
  const bucket = openBucket(database, access);
  const object = findObject(database, bucket.name, key);
  if (object === undefined) throw fail("NoSuchKey", { members: { Key: key } });
  return object;
}

export interface ObjectWrite extends ObjectName {
  readonly content: ObjectContent;
  readonly attributes: ObjectAttributes;
  readonly condition: WriteCondition;
  /** `ObjectCreated:Put` and the like. */
  readonly event: string;
  readonly request: RequestFacts;
}

export interface WriteResult {
  readonly modifiedMs: number;
  /** Body files that nothing names any more. */
  readonly dropped: readonly string[];
}

function checkCondition(existing: StoredObject | undefined, key: string, condition: WriteCondition): void {
  if (condition.absent === true && existing !== undefined)
    throw fail("PreconditionFailed", { members: { Condition: "If-None-Match" } });
  if (condition.etag === undefined) return;
  if (existing === undefined) throw fail("NoSuchKey", { members: { Key: key } });
  if (condition.etag !== "*" && condition.etag !== existing.etag)
    throw fail("PreconditionFailed", { members: { Condition: "If-Match" } });
}

/** Puts an object in the place of whatever was there, and announces it. */
export function putObject(database: StoreDatabase, write: ObjectWrite): WriteResult {
  return replaceObject(database, openBucket(database, write.access), write);
}

export function replaceObject(database: StoreDatabase, bucket: OpenBucket, write: ObjectWrite): WriteResult {
  const { key, content, attributes, request } = write;
  const existing = findObject(database, bucket.name, key);
  checkCondition(existing, key, write.condition);
  const sequencer = nextSequencer(database, request.timeMs);
  useFiles(database, content.segments);
  const dropped = existing === undefined ? [] : dropFiles(database, existing.segments);
  database.run(
    "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    bucket.name,
    encodeKey(key),
    content.size,
    content.etag,
    request.timeMs,
    sequencer,
    attributes.storageClass,
    content.checksum.algorithm,
    content.checksum.type,
    content.checksum.value,
    JSON.stringify(attributes.headers),
    JSON.stringify(attributes.metadata),
    JSON.stringify(attributes.tags),
    JSON.stringify(content.segments),
    content.parts === undefined ? null : JSON.stringify(content.parts),
  );
  const event = { name: write.event, key, size: content.size, eTag: content.etag, sequencer };
  announce(database, bucket, event, request);
  return { modifiedMs: request.timeMs, dropped };
}

export interface ObjectCopy extends ObjectWrite {
  readonly source: ObjectName & {
    /** The write of the source that the content was taken from. */
    readonly sequencer: string;
  };
}

/** Undefined if the source is not what it was when the caller looked: look again. */
export function copyObject(database: StoreDatabase, copy: ObjectCopy): WriteResult | undefined {
  const source = readObject(database, copy.source);
  if (source.sequencer !== copy.source.sequencer) return undefined;
  return putObject(database, copy);
}

export interface ObjectRemoval {
  readonly access: BucketAccess;
  readonly objects: readonly { readonly key: string; readonly condition?: WriteCondition }[];
  readonly request: RequestFacts;
}

export interface RemovalResult {
  readonly dropped: readonly string[];
  /** Of each object: `ok` also if there was none. */
  readonly outcomes: readonly ("ok" | "missing" | "precondition-failed")[];
}

/** Deletes objects; those that were there are announced. */
export function deleteObjects(database: StoreDatabase, removal: ObjectRemoval): RemovalResult {
  const bucket = openBucket(database, removal.access);
  const dropped: string[] = [];
  const outcomes = removal.objects.map(({ key, condition }, index) => {
    const existing = findObject(database, bucket.name, key);
    if (existing === undefined) return condition?.etag === undefined ? "ok" : "missing";
    if (condition?.etag !== undefined && condition.etag !== "*" && condition.etag !== existing.etag)
      return "precondition-failed";
    database.run("DELETE FROM objects WHERE bucket = ? AND key = ?", bucket.name, encodeKey(key));
    dropped.push(...dropFiles(database, existing.segments));
    const sequencer = nextSequencer(database, removal.request.timeMs);
    announce(database, bucket, { name: "ObjectRemoved:Delete", key, sequencer }, removal.request, index);
    return "ok";
  });
  return { dropped, outcomes };
}

/** Replaces an object's tags; none deletes them. Neither the object nor its time changes otherwise. */
export function putObjectTags(
  database: StoreDatabase,
  argument: ObjectName & {
    readonly tags: readonly Tag[];
    readonly event: "ObjectTagging:Put" | "ObjectTagging:Delete";
    readonly request: RequestFacts;
  },
): void {
  const { access, key, tags, event, request } = argument;
  const bucket = openBucket(database, access);
  const { etag } = readObject(database, argument);
  database.run(
    "UPDATE objects SET tags = ? WHERE bucket = ? AND key = ?",
    JSON.stringify(tags),
    bucket.name,
    encodeKey(key),
  );
  announce(database, bucket, { name: event, key, eTag: etag }, request);
}
