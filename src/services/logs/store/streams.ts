import type { StoreDatabase } from "../../../storage/index.ts";
import { fail } from "../errors.ts";
import { type NamedGroup, requireDeletable, requireGroup } from "./groups.ts";

export interface StreamRow {
  readonly id: number;
  readonly name: string;
  readonly created_at: number;
  readonly first_event_at: number | null;
  readonly last_event_at: number | null;
  readonly last_ingested_at: number | null;
}

export interface NamedStream extends NamedGroup {
  readonly stream: string;
}

const COLUMNS = "id, name, created_at, first_event_at, last_event_at, last_ingested_at";

export function findStream(database: StoreDatabase, groupId: number, name: string): StreamRow | undefined {
  return database.get<StreamRow>(
    `SELECT ${COLUMNS} FROM log_streams WHERE group_id = ? AND name = ?`,
    groupId,
    name,
  );
}

export function requireStream(database: StoreDatabase, groupId: number, name: string): StreamRow {
  const stream = findStream(database, groupId, name);
  if (stream === undefined) throw fail("ResourceNotFoundException", { with: { resource: "log stream" } });
  return stream;
}

export function insertStream(database: StoreDatabase, groupId: number, name: string, now: number): number {
  return database.run(
    "INSERT INTO log_streams (group_id, name, created_at) VALUES (?, ?, ?)",
    groupId,
    name,
    now,
  ).lastInsertRowid;
}

export const streamWrites = {
  createStream(database: StoreDatabase, at: NamedStream & { readonly now: number }): void {
    const group = requireGroup(database, at);
    if (findStream(database, group.id, at.stream) !== undefined) {
      throw fail("ResourceAlreadyExistsException", { with: { resource: "log stream" } });
    }
    insertStream(database, group.id, at.stream, at.now);
  },

  deleteStream(database: StoreDatabase, at: NamedStream): void {
    const { id } = requireStream(database, requireDeletable(database, at).id, at.stream);
    database.run("DELETE FROM log_events WHERE stream_id = ?", id);
    database.run("DELETE FROM log_streams WHERE id = ?", id);
  },
};

export const streamReads = {
  /** A page of streams: by name, or by the time of the last event. `offset` counts from the start of the order. */
  streams(
    database: StoreDatabase,
    at: NamedGroup & {
      readonly prefix: string;
      readonly byLastEvent: boolean;
      readonly descending: boolean;
      readonly offset: number;
      readonly limit: number;
    },
  ): StreamRow[] {
    const group = requireGroup(database, at);
    const direction = at.descending ? "DESC" : "ASC";
    const order = at.byLastEvent
      ? `coalesce(last_event_at, 0) ${direction}, name ${direction}`
      : `name ${direction}`;
    return database.all<StreamRow>(
      `SELECT ${COLUMNS} FROM log_streams WHERE group_id = ? AND substr(name, 1, length(?)) = ?
       ORDER BY ${order} LIMIT ? OFFSET ?`,
      group.id,
      at.prefix,
      at.prefix,
      at.limit,
      at.offset,
    );
  },
};
