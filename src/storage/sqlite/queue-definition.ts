import type { StoreDatabase, StoreDefinition } from "../store.ts";
import { type Ask, type Turns, takeTurns } from "./queue-turns.ts";

export interface NewEvent {
  readonly id: string;
  readonly partition: number;
  readonly key: string;
  /** JSON text. */
  readonly event: string;
  readonly now: number;
  readonly dueAt: number;
  readonly deadline: number;
  /** Ids of events enqueued at this time or before are forgotten. */
  readonly forgetUntil: number;
}

/** Every so many ids up to twice as many old ones are cleared away. */
const FORGET_EVERY = 64;

/**
 * The `queue` file. Who holds an event is not in it: the process that has the data directory is the only owner, so
 * everything in the file is free after a restart and a delivery costs no write.
 */
export const store = {
  name: "queue",
  migrations: [
    `
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
    -- Has the key as well, so that counting and purging read no events.
    CREATE INDEX event_by_time ON event (partition, due_at, seq, key);
    -- Only appended to and cleared from its front: an index on random ids would cost a page of log for each.
    CREATE TABLE seen (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, at INTEGER NOT NULL);
    CREATE TABLE partitioning (partitions INTEGER NOT NULL);
    `,
    `
    -- Keys take turns; the time alone is only asked for the next alarm.
    CREATE INDEX event_by_key ON event (partition, key, due_at, seq);
    DROP INDEX event_by_time;
    CREATE INDEX event_by_time ON event (partition, due_at);
    `,
  ],

  writes: {
    /** Once after each opening of the file: the index on the ids of the window is kept in memory. */
    start(
      database: StoreDatabase,
      { now, forgetUntil }: { readonly now: number; readonly forgetUntil: number },
    ): void {
      database.run("DELETE FROM seen WHERE at <= ? OR at > ?", forgetUntil, 2 * now - forgetUntil);
      database.run("CREATE TEMP TABLE recent (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID");
      database.run("INSERT OR REPLACE INTO temp.recent (id, at) SELECT id, at FROM seen ORDER BY seq");
    },

    /** False if an event of this id was enqueued within the window. */
    enqueue(database: StoreDatabase, event: NewEvent): boolean {
      const added = database.run(
        `INSERT INTO temp.recent (id, at) VALUES (?, ?)
         ON CONFLICT (id) DO UPDATE SET at = excluded.at WHERE at <= ?`,
        event.id,
        event.now,
        event.forgetUntil,
      );
      if (added.changes === 0) return false;
      const seen = database.run("INSERT INTO seen (id, at) VALUES (?, ?)", event.id, event.now);
      if (seen.lastInsertRowid % FORGET_EVERY === 0) forget(database, event.forgetUntil);
      database.run(
        `INSERT INTO event (partition, due_at, key, id, attempt, enqueued_at, deadline, event)
         VALUES (?, ?, ?, ?, 1, ?, ?, ?)`,
        event.partition,
        event.dueAt,
        event.key,
        event.id,
        event.now,
        event.deadline,
        event.event,
      );
      return true;
    },

    remove(database: StoreDatabase, seq: number): void {
      database.run("DELETE FROM event WHERE seq = ?", seq);
    },

    postpone(
      database: StoreDatabase,
      { seq, dueAt, attempt }: { readonly seq: number; readonly dueAt: number; readonly attempt: number },
    ): void {
      database.run("UPDATE event SET due_at = ?, attempt = ? WHERE seq = ?", dueAt, attempt, seq);
    },

    purge(
      database: StoreDatabase,
      { partition, key }: { readonly partition: number; readonly key: string },
    ): number {
      return database.run(
        "DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE partition = ? AND key = ?)",
        partition,
        key,
      ).changes;
    },

    /** Moves the events of a file that was written with another number of partitions. */
    repartition(
      database: StoreDatabase,
      {
        partitions,
        moves,
      }: { readonly partitions: number; readonly moves: readonly (readonly [string, number])[] },
    ): void {
      for (const [key, partition] of moves) {
        database.run("UPDATE event SET partition = ? WHERE key = ?", partition, key);
      }
      database.run("DELETE FROM partitioning");
      database.run("INSERT INTO partitioning (partitions) VALUES (?)", partitions);
    },
  },

  reads: {
    /** Undefined in a new file. */
    partitions(database: StoreDatabase, _argument: undefined): number | undefined {
      return database.get<{ partitions: number }>("SELECT partitions FROM partitioning")?.partitions;
    },

    /** Due events, fair between keys, and when the next one is due. */
    due(database: StoreDatabase, ask: Ask): Turns {
      return takeTurns(database, ask);
    },

    depth(database: StoreDatabase, _argument: undefined): [key: string, events: number][] {
      return database
        .all<{ key: string; events: number }>(
          "SELECT key, count(*) AS events FROM event INDEXED BY event_by_key GROUP BY partition, key",
        )
        .map(({ key, events }) => [key, events]);
    },
  },
} satisfies StoreDefinition;

/** Rows of `seen` are in the order of time, so the oldest are the first. */
function forget(database: StoreDatabase, until: number): void {
  const oldest = database.all<{ seq: number; id: string; at: number }>(
    `SELECT seq, id, at FROM seen ORDER BY seq LIMIT ${2 * FORGET_EVERY}`,
  );
  for (const { seq, id, at } of oldest) {
    if (at > until) return;
    database.run("DELETE FROM seen WHERE seq = ?", seq);
    database.run("DELETE FROM temp.recent WHERE id = ? AND at <= ?", id, until);
  }
}
