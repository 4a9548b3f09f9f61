import type { StoreDatabase } from "../../../storage/index.ts";
import { findGroup, insertGroup, type NamedGroup, PLAIN_GROUP, requireGroup } from "./groups.ts";
import { findStream, insertStream, type NamedStream, requireStream } from "./streams.ts";

export interface NewEvent {
  readonly timestamp: number;
  readonly message: string;
}

export interface EventRow {
  readonly id: number;
  readonly stream: string;
  readonly timestamp: number;
  readonly ingested_at: number;
  readonly message: string;
}

/** A place in the order of events, by time and then by arrival. */
export interface Position {
  readonly timestamp: number;
  readonly id: number;
}

/** A statement for many rows costs little more than one for one. */
const ROWS = 16;
const INSERT_ONE = insertStatement(1);
const INSERT_ROWS = insertStatement(ROWS);

function insertStatement(rows: number): string {
  const values = Array.from({ length: rows }, (_, row) => `(?1, ?2, ?${4 + 2 * row}, ?3, ?${5 + 2 * row})`);
  return `INSERT INTO log_events (group_id, stream_id, timestamp, ingested_at, message) VALUES ${values.join(", ")}`;
}

function insertEvents(
  database: StoreDatabase,
  groupId: number,
  streamId: number,
  events: readonly NewEvent[],
  now: number,
): void {
  let first = Number.MAX_SAFE_INTEGER;
  let last = 0;
  for (let from = 0; from < events.length; ) {
    const rows = events.length - from < ROWS ? 1 : ROWS;
    const values: (number | string)[] = [groupId, streamId, now];
    for (const { timestamp, message } of events.slice(from, from + rows)) {
      values.push(timestamp, message);
      first = Math.min(first, timestamp);
      last = Math.max(last, timestamp);
    }
    database.run(rows === 1 ? INSERT_ONE : INSERT_ROWS, ...values);
    from += rows;
  }
  if (events.length === 0) return;
  database.run(
    `UPDATE log_streams SET first_event_at = min(coalesce(first_event_at, ?1), ?1),
       last_event_at = max(coalesce(last_event_at, 0), ?2), last_ingested_at = ?3 WHERE id = ?4`,
    first,
    last,
    now,
    streamId,
  );
}

export const eventWrites = {
  putEvents(
    database: StoreDatabase,
    at: NamedStream & { readonly events: readonly NewEvent[]; readonly now: number },
  ): void {
    const group = requireGroup(database, at);
    insertEvents(database, group.id, requireStream(database, group.id, at.stream).id, at.events, at.now);
  },

  /**
   * What execution environments write: group and stream come into being with their first event. `events` is the JSON
   * text of a batch's NewEvents, because a thread takes one text at a fraction of what as many objects cost.
   */
  ingest(
    database: StoreDatabase,
    {
      batches,
      now,
    }: {
      readonly batches: readonly (NamedStream & { readonly events: string })[];
      readonly now: number;
    },
  ): void {
    for (const at of batches) {
      const groupId = findGroup(database, at)?.id ?? insertGroup(database, at, now, PLAIN_GROUP);
      const streamId =
        findStream(database, groupId, at.stream)?.id ?? insertStream(database, groupId, at.stream, now);
      insertEvents(database, groupId, streamId, JSON.parse(at.events) as NewEvent[], now);
    }
  },
};

const SELECT = `SELECT e.id, s.name AS stream, e.timestamp, e.ingested_at, e.message
  FROM log_events e JOIN log_streams s ON s.id = e.stream_id`;

export const eventReads = {
  /** Events of one stream in ascending order: those next after `after`, or those just before `before`, or the last. */
  streamEvents(
    database: StoreDatabase,
    at: NamedStream & {
      readonly from: number;
      /** Not included. */
      readonly to: number;
      readonly after?: Position;
      readonly before?: Position;
      readonly limit: number;
    },
  ): EventRow[] {
    const group = requireGroup(database, at);
    const stream = requireStream(database, group.id, at.stream);
    if (at.after !== undefined) {
      return database.all<EventRow>(
        `${SELECT} WHERE e.stream_id = ? AND e.timestamp >= ? AND e.timestamp < ? AND (e.timestamp, e.id) > (?, ?)
         ORDER BY e.timestamp, e.id LIMIT ?`,
        stream.id,
        at.from,
        at.to,
        at.after.timestamp,
        at.after.id,
        at.limit,
      );
    }
    const before = at.before ?? { timestamp: Number.MAX_SAFE_INTEGER, id: Number.MAX_SAFE_INTEGER };
    return database
      .all<EventRow>(
        `${SELECT} WHERE e.stream_id = ? AND e.timestamp >= ? AND e.timestamp < ? AND (e.timestamp, e.id) < (?, ?)
         ORDER BY e.timestamp DESC, e.id DESC LIMIT ?`,
        stream.id,
        at.from,
        at.to,
        before.timestamp,
        before.id,
        at.limit,
      )
      .reverse();
  },

  /** Events of a group from a position on, in the order asked for, whatever their stream unless some are named. */
  groupEvents(
    database: StoreDatabase,
    at: NamedGroup & {
      readonly from: number;
      /** Included. */
      readonly to: number;
      readonly streams: readonly string[];
      readonly streamPrefix: string;
      readonly after: Position;
      /** The latest first, so that what comes after a position is older. */
      readonly descending: boolean;
      readonly limit: number;
    },
  ): EventRow[] {
    const group = requireGroup(database, at);
    const [beyond, order] = at.descending ? ["<", "DESC"] : [">", "ASC"];
    for (const name of at.streams) requireStream(database, group.id, name);
    return database.all<EventRow>(
      `${SELECT} WHERE e.group_id = ? AND e.timestamp >= ? AND e.timestamp <= ? AND (e.timestamp, e.id) ${beyond} (?, ?)
         AND substr(s.name, 1, length(?)) = ? AND (? = '[]' OR s.name IN (SELECT value FROM json_each(?)))
       ORDER BY e.timestamp ${order}, e.id ${order} LIMIT ?`,
      group.id,
      at.from,
      at.to,
      at.after.timestamp,
      at.after.id,
      at.streamPrefix,
      at.streamPrefix,
      JSON.stringify(at.streams),
      JSON.stringify(at.streams),
      at.limit,
    );
  },
};
