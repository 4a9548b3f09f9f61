/**
 * Keys are BLOBs: their order is that of their UTF-8 bytes, as S3 lists them. Lists and maps are JSON.
 */
export const tables = `
CREATE TABLE buckets (
  name TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  location_constraint TEXT,
  created_ms INTEGER NOT NULL,
  tags TEXT,
  notification TEXT
) WITHOUT ROWID;
CREATE INDEX buckets_by_account ON buckets (account, name);

CREATE TABLE objects (
  bucket TEXT NOT NULL,
  key BLOB NOT NULL,
  size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  modified_ms INTEGER NOT NULL,
  sequencer TEXT NOT NULL,
  storage_class TEXT NOT NULL,
  checksum_algorithm TEXT NOT NULL,
  checksum_type TEXT NOT NULL,
  checksum_value TEXT NOT NULL,
  headers TEXT NOT NULL,
  metadata TEXT NOT NULL,
  tags TEXT NOT NULL,
  segments TEXT NOT NULL,
  parts TEXT,
  PRIMARY KEY (bucket, key)
) WITHOUT ROWID;

CREATE TABLE uploads (
  upload_id TEXT PRIMARY KEY,
  bucket TEXT NOT NULL,
  key BLOB NOT NULL,
  initiated_ms INTEGER NOT NULL,
  initiator_arn TEXT NOT NULL,
  storage_class TEXT NOT NULL,
  checksum_algorithm TEXT NOT NULL,
  checksum_type TEXT NOT NULL,
  checksum_chosen INTEGER NOT NULL,
  headers TEXT NOT NULL,
  metadata TEXT NOT NULL,
  tags TEXT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX uploads_by_key ON uploads (bucket, key, upload_id);

CREATE TABLE parts (
  upload_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  modified_ms INTEGER NOT NULL,
  checksums TEXT NOT NULL,
  segments TEXT NOT NULL,
  PRIMARY KEY (upload_id, number)
) WITHOUT ROWID;

-- How many objects and parts use a body file. A file without a row here is garbage.
CREATE TABLE files (
  name TEXT PRIMARY KEY,
  uses INTEGER NOT NULL
) WITHOUT ROWID;

-- The latest sequencer, kept so that it grows even if the clock does not.
CREATE TABLE sequence (
  id INTEGER PRIMARY KEY CHECK (id = 0),
  ms INTEGER NOT NULL,
  counter INTEGER NOT NULL
);
INSERT INTO sequence VALUES (0, 0, 0);
`;
