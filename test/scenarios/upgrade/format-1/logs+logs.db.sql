PRAGMA user_version = 1;
CREATE TABLE log_groups (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    retention_days INTEGER,
    tags TEXT NOT NULL DEFAULT '{}',
    UNIQUE (account, region, name)
  );
CREATE TABLE log_streams (
    id INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL REFERENCES log_groups (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    first_event_at INTEGER,
    last_event_at INTEGER,
    last_ingested_at INTEGER,
    UNIQUE (group_id, name)
  );
CREATE TABLE log_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    group_id INTEGER NOT NULL,
    stream_id INTEGER NOT NULL REFERENCES log_streams (id) ON DELETE CASCADE,
    timestamp INTEGER NOT NULL,
    ingested_at INTEGER NOT NULL,
    message TEXT NOT NULL
  );
INSERT INTO "log_groups" ("id", "account", "region", "name", "created_at", "retention_days", "tags") VALUES (1, '000000000000', 'us-east-1', '/aws/lambda/kept', 1795433969146, NULL, '{}');
INSERT INTO "log_groups" ("id", "account", "region", "name", "created_at", "retention_days", "tags") VALUES (2, '000000000000', 'us-east-1', 'kept', 1795433969146, NULL, '{}');
INSERT INTO "log_streams" ("id", "group_id", "name", "created_at", "first_event_at", "last_event_at", "last_ingested_at") VALUES (1, 1, '2026/11/23/[$LATEST]69e6ee0ea1edc562307b2f6197ca5756', 1795433969146, 1795433969043, 1795433969145, 1795433969187);
INSERT INTO "log_streams" ("id", "group_id", "name", "created_at", "first_event_at", "last_event_at", "last_ingested_at") VALUES (2, 2, 'kept', 1795433969192, 1795433969204, 1795433969204, 1795433969206);
INSERT INTO "log_events" ("id", "group_id", "stream_id", "timestamp", "ingested_at", "message") VALUES (1, 1, 1, 1795433969043, 1795433969146, 'INIT_START Runtime Version: nodejs:24.v1	Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:a84e093e9f32d86576657f53d1c44b3e7684e24a05809541baed321e5e6c0d2e
');
INSERT INTO "log_events" ("id", "group_id", "stream_id", "timestamp", "ingested_at", "message") VALUES (2, 1, 1, 1795433969142, 1795433969146, 'START RequestId: b72441a3-cb9c-4811-83f1-de8775f93982 Version: $LATEST
');
INSERT INTO "log_events" ("id", "group_id", "stream_id", "timestamp", "ingested_at", "message") VALUES (3, 1, 1, 1795433969145, 1795433969187, 'END RequestId: b72441a3-cb9c-4811-83f1-de8775f93982
');
INSERT INTO "log_events" ("id", "group_id", "stream_id", "timestamp", "ingested_at", "message") VALUES (4, 1, 1, 1795433969145, 1795433969187, 'REPORT RequestId: b72441a3-cb9c-4811-83f1-de8775f93982	Duration: 2.58 ms	Billed Duration: 80 ms	Memory Size: 128 MB	Max Memory Used: 47 MB	Init Duration: 76.75 ms	
');
INSERT INTO "log_events" ("id", "group_id", "stream_id", "timestamp", "ingested_at", "message") VALUES (5, 2, 2, 1795433969204, 1795433969206, 'written before');
DELETE FROM sqlite_sequence;
INSERT INTO "sqlite_sequence" ("name", "seq") VALUES ('log_events', 5);
CREATE INDEX log_events_by_stream ON log_events (stream_id, timestamp, id);
CREATE INDEX log_events_by_group ON log_events (group_id, timestamp, id);
