import type { StoreDatabase } from "../../../storage/index.ts";
import { fail } from "../errors.ts";
import type { Bucket, BucketAccess } from "../model.ts";

export interface BucketRow {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly location_constraint: string | null;
  readonly created_ms: number;
  readonly tags: string | null;
  readonly notification: string | null;
}

export function toBucket(row: BucketRow): Bucket {
  return {
    name: row.name,
    account: row.account,
    region: row.region,
    createdMs: row.created_ms,
    ...(row.location_constraint === null ? {} : { locationConstraint: row.location_constraint }),
  };
}

/** A bucket with what a write to it needs to know. */
export interface OpenBucket extends Bucket {
  readonly notification: string | null;
  readonly tags: string | null;
}

/** The bucket, if it exists and the caller's account owns it. */
export function openBucket(database: StoreDatabase, access: BucketAccess): OpenBucket {
  const row = database.get<BucketRow>("SELECT * FROM buckets WHERE name = ?", access.bucket);
  if (row === undefined) throw fail("NoSuchBucket", { members: { BucketName: access.bucket } });
  if (row.account !== access.account) throw fail("AccessDenied");
  if (access.expectedOwner !== undefined && access.expectedOwner !== row.account) throw fail("AccessDenied");
  return { ...toBucket(row), notification: row.notification, tags: row.tags };
}
