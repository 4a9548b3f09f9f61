/**
 * One database for all tables. Key columns hold the order-preserving encodings of `values/key.ts`; `slot` is the hash
 * of the partition key that scans follow. Index 0 is the table itself, whose rows have empty base keys.
 */
export const migrations: readonly string[] = [
  `
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
  `,
];
