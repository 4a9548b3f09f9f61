PRAGMA user_version = 1;
CREATE TABLE event (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      partition INTEGER NOT NULL,
      due_at INTEGER NOT NULL,
      key TEXT NOT NULL,
      id TEXT NOT NULL,
      attempt INTEGER NOT NULL,
      enqueued_at INTEGER NOT NULL,
      deadline INTEGER NOT NULL,
      event TEXT NOT NULL
    );
CREATE TABLE seen (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE partitioning (partitions INTEGER NOT NULL);
INSERT INTO "seen" ("seq", "id", "at") VALUES (1, 'b72441a3-cb9c-4811-83f1-de8775f93982', 1795433968886);
INSERT INTO "partitioning" ("partitions") VALUES (16);
DELETE FROM sqlite_sequence;
INSERT INTO "sqlite_sequence" ("name", "seq") VALUES ('seen', 1);
INSERT INTO "sqlite_sequence" ("name", "seq") VALUES ('event', 1);
CREATE INDEX event_by_time ON event (partition, due_at, seq, key);
