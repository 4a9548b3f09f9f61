PRAGMA user_version = 2;
CREATE TABLE buckets (
  name TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  location_constraint TEXT,
  created_ms INTEGER NOT NULL,
  tags TEXT,
  notification TEXT
) WITHOUT ROWID;
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
CREATE TABLE files (
  name TEXT PRIMARY KEY,
  uses INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE sequence (
  id INTEGER PRIMARY KEY CHECK (id = 0),
  ms INTEGER NOT NULL,
  counter INTEGER NOT NULL
);
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    topic TEXT NOT NULL,
    payload TEXT NOT NULL
  );
INSERT INTO "buckets" ("name", "account", "region", "location_constraint", "created_ms", "tags", "notification") VALUES ('kept', '000000000000', 'us-east-1', NULL, 1795433967431, NULL, NULL);
INSERT INTO "objects" ("bucket", "key", "size", "etag", "modified_ms", "sequencer", "storage_class", "checksum_algorithm", "checksum_type", "checksum_value", "headers", "metadata", "tags", "segments", "parts") VALUES ('kept', X'6C65747465722E747874', 180, 'a0456fb1abd0a13dafa32e663dee7f56', 1795433967485, '1A208342F7D00000', 'STANDARD', 'CRC32', 'FULL_OBJECT', 'X0WbTQ==', '{"contentType":"application/octet-stream"}', '{"from":"before"}', '[]', '[{"file":"e3c85078f6b57628-0-00","offset":0,"size":180}]', NULL);
INSERT INTO "files" ("name", "uses") VALUES ('e3c85078f6b57628-0-00', 1);
INSERT INTO "sequence" ("id", "ms", "counter") VALUES (0, 1795433967485, 0);
DELETE FROM sqlite_sequence;
CREATE INDEX buckets_by_account ON buckets (account, name);
CREATE UNIQUE INDEX uploads_by_key ON uploads (bucket, key, upload_id);
CREATE INDEX outbox_by_topic ON outbox (topic, seq);
