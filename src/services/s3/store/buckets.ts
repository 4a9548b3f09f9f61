import { s3Limits } from "../../../base/index.ts";
import type { StoreDatabase } from "../../../storage/index.ts";
import { fail } from "../errors.ts";
import type { Bucket, BucketAccess, Tag } from "../model.ts";
import type { StoredNotification } from "../notifications/configuration.ts";
import { type BucketRow, openBucket, toBucket } from "./open-bucket.ts";
import { dropUpload } from "./uploads.ts";

export function readBucket(database: StoreDatabase, access: BucketAccess): Bucket {
  const { notification: _notification, tags: _tags, ...bucket } = openBucket(database, access);
  return bucket;
}

/**
 * Names are unique in the installation. To create one's own bucket again is an error but in us-east-1, where S3
 * answers as if it had been created: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
 */
export function createBucket(
  database: StoreDatabase,
  bucket: Bucket & { readonly tags?: readonly Tag[] },
): void {
  const existing = database.get<BucketRow>("SELECT * FROM buckets WHERE name = ?", bucket.name);
  if (existing !== undefined) {
    const members = { BucketName: bucket.name };
    if (existing.account !== bucket.account) throw fail("BucketAlreadyExists", { members });
    if (existing.region !== "us-east-1" || bucket.region !== "us-east-1")
      throw fail("BucketAlreadyOwnedByYou", { members });
    return;
  }
  const owned = database.get<{ count: number }>(
    "SELECT count(*) AS count FROM buckets WHERE account = ?",
    bucket.account,
  );
  if ((owned?.count ?? 0) >= s3Limits.bucketsPerAccount) throw fail("TooManyBuckets");
  database.run(
    "INSERT INTO buckets (name, account, region, location_constraint, created_ms, tags) VALUES (?, ?, ?, ?, ?, ?)",
    bucket.name,
    bucket.account,
    bucket.region,
    bucket.locationConstraint ?? null,
    bucket.createdMs,
    bucket.tags === undefined || bucket.tags.length === 0 ? null : JSON.stringify(bucket.tags),
  );
}

/** Uploads under way end with their bucket. Returns the body files to remove. */
export function deleteBucket(database: StoreDatabase, access: BucketAccess): string[] {
  const bucket = openBucket(database, access);
  const held = database.get("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", bucket.name);
  if (held !== undefined) throw fail("BucketNotEmpty", { members: { BucketName: bucket.name } });
  const uploads = database.all<{ upload_id: string }>(
    "SELECT upload_id FROM uploads WHERE bucket = ?",
    bucket.name,
  );
  const dropped = uploads.flatMap((upload) => dropUpload(database, upload.upload_id));
  database.run("DELETE FROM buckets WHERE name = ?", bucket.name);
  return dropped;
}

export function listBuckets(
  database: StoreDatabase,
  query: {
    readonly account: string;
    readonly after: string;
    readonly prefix: string;
    readonly region?: string;
    readonly limit: number;
  },
): Bucket[] {
  const rows = database.all<BucketRow>(
    `SELECT * FROM buckets
     WHERE account = ?1 AND name > ?2 AND substr(name, 1, length(?3)) = ?3 AND (?4 IS NULL OR region = ?4)
     ORDER BY name LIMIT ?5`,
    query.account,
    query.after,
    query.prefix,
    query.region ?? null,
    query.limit,
  );
  return rows.map(toBucket);
}

export function readBucketTags(database: StoreDatabase, access: BucketAccess): readonly Tag[] | undefined {
  const { tags } = openBucket(database, access);
  return tags === null ? undefined : (JSON.parse(tags) as Tag[]);
}

/** No tags: as if there had never been any. */
export function putBucketTags(
  database: StoreDatabase,
  argument: { readonly access: BucketAccess; readonly tags: readonly Tag[] },
): void {
  const { name } = openBucket(database, argument.access);
  const tags = argument.tags.length === 0 ? null : JSON.stringify(argument.tags);
  database.run("UPDATE buckets SET tags = ? WHERE name = ?", tags, name);
}

export function readNotification(
  database: StoreDatabase,
  access: BucketAccess,
): StoredNotification | undefined {
  const { notification } = openBucket(database, access);
  return notification === null ? undefined : (JSON.parse(notification) as StoredNotification);
}
