PRAGMA user_version = 1;
CREATE TABLE tables (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    revision TEXT NOT NULL,
    definition TEXT NOT NULL,
    UNIQUE (account, region, name)
  ) STRICT;
CREATE TABLE entries (
    table_number INTEGER NOT NULL,
    index_number INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    partition_key BLOB NOT NULL,
    sort_key BLOB NOT NULL,
    base_partition_key BLOB NOT NULL,
    base_sort_key BLOB NOT NULL,
    item TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (table_number, index_number, slot, partition_key, sort_key, base_partition_key, base_sort_key)
  ) STRICT, WITHOUT ROWID;
CREATE TABLE totals (
    table_number INTEGER NOT NULL,
    index_number INTEGER NOT NULL,
    items INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (table_number, index_number)
  ) STRICT, WITHOUT ROWID;
CREATE TABLE removals (
    table_number INTEGER NOT NULL,
    index_number INTEGER,
    UNIQUE (table_number, index_number)
  ) STRICT;
CREATE TABLE fillings (
    table_number INTEGER NOT NULL,
    index_number INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    partition_key BLOB NOT NULL,
    sort_key BLOB NOT NULL,
    PRIMARY KEY (table_number, index_number)
  ) STRICT, WITHOUT ROWID;
INSERT INTO "tables" ("number", "account", "region", "name", "revision", "definition") VALUES (1, '000000000000', 'us-east-1', 'kept', '677fcc3e-223b-4989-83cf-4c429f16bdab', '{"name":"kept","id":"3fede4f8-ec89-4c49-ad62-1c078056075d","arn":"arn:aws:dynamodb:us-east-1:000000000000:table/kept","createdAt":1795433967710,"attributes":[{"AttributeName":"id","AttributeType":"S"}],"keySchema":[{"AttributeName":"id","KeyType":"HASH"}],"billingMode":"PAY_PER_REQUEST","onDemandSince":1795433967710,"throughput":{"read":0,"write":0},"deletionProtection":false,"indexes":[],"nextIndexNumber":1,"tags":[]}');
INSERT INTO "entries" ("table_number", "index_number", "slot", "partition_key", "sort_key", "base_partition_key", "base_sort_key", "item", "size") VALUES (1, 0, 214005177, X'61', X'', X'', X'', '{"id":{"S":"a"},"list":{"L":[{"N":"1.5"},{"BOOL":true},{"B":"Ynl0ZXM="}]}}', 22);
INSERT INTO "totals" ("table_number", "index_number", "items", "bytes") VALUES (1, 0, 1, 22);
DELETE FROM sqlite_sequence;
INSERT INTO "sqlite_sequence" ("name", "seq") VALUES ('tables', 1);
