import { type ChecksumAlgorithm } from "../../../base/index.ts";
import type { StoreDatabase } from "../../../storage/index.ts";
import type { BucketAccess, ChecksumType, ObjectSummary, Upload } from "../model.ts";
import { afterKey, afterPrefix, decodeKey, encodeKey } from "./keys.ts";
import { openBucket } from "./open-bucket.ts";
import { toUpload, type UploadRow } from "./uploads.ts";

/** Rows fetched at a step while keys fold into common prefixes, and at most. */
const FEWEST_ROWS = 16;
const MOST_ROWS = 1_024;

export interface ListQuery {
  readonly access: BucketAccess;
  readonly prefix: string;
  readonly delimiter?: string | undefined;
  /** Where the listing starts: after a key, or after everything with a prefix. */
  readonly after?: { readonly key: string } | { readonly prefix: string } | undefined;
  readonly limit: number;
}

export type Listed<Entry> =
  | { readonly entry: Entry; readonly prefix?: undefined }
  | { readonly prefix: string; readonly entry?: undefined };

export interface ListPage<Entry> {
  /** In the order of the keys, common prefixes among them. */
  readonly items: readonly Listed<Entry>[];
  readonly truncated: boolean;
}

/** A position in the order of entries: the first one at or after `key`, and if an `id` is given, after that id. */
interface Cursor {
  readonly key: Buffer;
  readonly id?: string;
}

/**
 * Walks keys in order, folding those that share a common prefix into one item. After each common prefix it seeks past
 * all of its keys, so that a listing costs what it shows and not what it hides.
 */
function walk<Entry extends { readonly key: string }>(
  query: ListQuery,
  start: Cursor | undefined,
  fetch: (from: Cursor, to: Uint8Array | null, limit: number) => Entry[],
  following: (entry: Entry) => Cursor,
): ListPage<Entry> {
  const prefix = encodeKey(query.prefix);
  const to = afterPrefix(prefix) ?? null;
  const items: Listed<Entry>[] = [];
  let from = start === undefined || Buffer.compare(start.key, prefix) < 0 ? { key: prefix } : start;
  const fewest = query.delimiter === undefined ? MOST_ROWS : FEWEST_ROWS;
  let rows = fewest;
  for (;;) {
    const asked = Math.min(rows, query.limit - items.length + 1);
    const entries = fetch(from, to, asked);
    let folded: Buffer | undefined;
    for (const entry of entries) {
      if (items.length === query.limit) return { items, truncated: true };
      const common = commonPrefix(entry.key, query.prefix, query.delimiter);
      if (common === undefined) items.push({ entry });
      else {
        items.push({ prefix: common });
        folded = afterPrefix(encodeKey(common));
        break;
      }
    }
    if (folded !== undefined) {
      from = { key: folded };
      rows = fewest;
    } else {
      const last = entries.at(-1);
      if (last === undefined || entries.length < asked) return { items, truncated: false };
      from = following(last);
      rows = Math.min(rows * 2, MOST_ROWS);
    }
  }
}

function startOf({ after }: ListQuery): Cursor | undefined {
  if (after === undefined) return undefined;
  const key = "key" in after ? afterKey(encodeKey(after.key)) : afterPrefix(encodeKey(after.prefix));
  return key === undefined ? undefined : { key };
}

export function commonPrefix(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (delimiter === undefined) return undefined;
  const position = key.indexOf(delimiter, prefix.length);
  return position < 0 ? undefined : key.slice(0, position + delimiter.length);
}

interface SummaryRow {
  readonly key: Uint8Array;
  readonly size: number;
  readonly etag: string;
  readonly modified_ms: number;
  readonly storage_class: string;
  readonly checksum_algorithm: ChecksumAlgorithm;
  readonly checksum_type: ChecksumType;
}

export function listObjects(database: StoreDatabase, query: ListQuery): ListPage<ObjectSummary> {
  const bucket = openBucket(database, query.access);
  return walk(
    query,
    startOf(query),
    (from, to, limit) =>
      database
        .all<SummaryRow>(
          `SELECT key, size, etag, modified_ms, storage_class, checksum_algorithm, checksum_type FROM objects
           WHERE bucket = ? AND key >= ? AND key < coalesce(?, x'ff') ORDER BY key LIMIT ?`,
          bucket.name,
          from.key,
          to,
          limit,
        )
        .map((row) => ({
          key: decodeKey(row.key),
          size: row.size,
          etag: row.etag,
          modifiedMs: row.modified_ms,
          storageClass: row.storage_class,
          checksumAlgorithm: row.checksum_algorithm,
          checksumType: row.checksum_type,
        })),
    (entry) => ({ key: afterKey(encodeKey(entry.key)) }),
  );
}

export interface UploadsQuery extends ListQuery {
  /** With `after.key`: goes on with this key's uploads that follow this one. */
  readonly afterUploadId?: string | undefined;
}

/** Uploads under way, by key and then by time: their ids begin with it. */
export function listUploads(database: StoreDatabase, query: UploadsQuery): ListPage<Upload> {
  const bucket = openBucket(database, query.access);
  const { after, afterUploadId } = query;
  const start =
    afterUploadId !== undefined && after !== undefined && "key" in after
      ? { key: encodeKey(after.key), id: afterUploadId }
      : startOf(query);
  return walk(
    query,
    start,
    (from, to, limit) =>
      database
        .all<UploadRow>(
          `SELECT * FROM uploads
           WHERE bucket = ? AND (key, upload_id) > (?, ?) AND key < coalesce(?, x'ff')
           ORDER BY key, upload_id LIMIT ?`,
          bucket.name,
          from.key,
          from.id ?? "",
          to,
          limit,
        )
        .map(toUpload),
    (entry) => ({ key: encodeKey(entry.key), id: entry.uploadId }),
  );
}
