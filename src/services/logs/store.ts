import type { StoreDefinition } from "../../storage/index.ts";
import { eventReads, eventWrites } from "./store/events.ts";
import { groupReads, groupWrites } from "./store/groups.ts";
import { streamReads, streamWrites } from "./store/streams.ts";

const schema = `
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
  CREATE INDEX log_events_by_stream ON log_events (stream_id, timestamp, id);
  CREATE INDEX log_events_by_group ON log_events (group_id, timestamp, id);
`;

const groupSettings = `
  ALTER TABLE log_groups ADD COLUMN class TEXT NOT NULL DEFAULT 'STANDARD';
  ALTER TABLE log_groups ADD COLUMN kms_key_id TEXT;
  ALTER TABLE log_groups ADD COLUMN deletion_protected INTEGER NOT NULL DEFAULT 0;
`;

/** The logs of all functions, in one file. */
export const store = {
  name: "logs",
  migrations: [schema, groupSettings],
  writes: { ...groupWrites, ...streamWrites, ...eventWrites },
  reads: { ...groupReads, ...streamReads, ...eventReads },
} satisfies StoreDefinition;

export type LogStore = typeof store;
