import type { Json } from "./interfaces.ts";
import type { StoreDatabase } from "./store.ts";

/**
 * An effect that follows from a write, kept in the same file and written in the same transaction, because two
 * files never commit together. `relayOutbox` carries it out at least once; `id` makes a repetition harmless.
 */
export interface OutboxRow {
  readonly id: string;
  /** Rows of one topic are delivered in the order in which they were written, different topics independently. */
  readonly topic: string;
  readonly payload: Json;
}

/** One of the migrations of a store that has an outbox. */
export const outboxMigration = `
  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    topic TEXT NOT NULL,
    payload TEXT NOT NULL
  );
  CREATE INDEX outbox_by_topic ON outbox (topic, seq);
`;

export const OUTBOX_SIGNAL = "outbox";

/** Called inside a write of the store. */
export function appendOutbox(database: StoreDatabase, row: OutboxRow): void {
  database.run(
    "INSERT INTO outbox (id, topic, payload) VALUES (?, ?, ?)",
    row.id,
    row.topic,
    JSON.stringify(row.payload),
  );
  database.signal(OUTBOX_SIGNAL, row.topic);
}

/** A row that waits. `seq` grows with the order of the writes. */
export interface OutboxEntry extends OutboxRow {
  readonly seq: number;
}

/** To be spread into the reads of the definition. */
export const outboxReads = {
  /** Topics that have rows, in order, greater than `after`. */
  outboxTopics(
    database: StoreDatabase,
    { after, limit }: { readonly after: string | undefined; readonly limit: number },
  ): string[] {
    const topics: string[] = [];
    for (let last = after; topics.length < limit; ) {
      // One index seek per topic, however many rows it has.
      const next =
        last === undefined
          ? database.get<{ topic: string }>("SELECT topic FROM outbox ORDER BY topic LIMIT 1")
          : database.get<{ topic: string }>(
              "SELECT topic FROM outbox WHERE topic > ? ORDER BY topic LIMIT 1",
              last,
            );
      if (next === undefined) break;
      topics.push(next.topic);
      last = next.topic;
    }
    return topics;
  },

  outboxRows(
    database: StoreDatabase,
    { topic, limit }: { readonly topic: string; readonly limit: number },
  ): OutboxEntry[] {
    return database
      .all<{ seq: number; id: string; payload: string }>(
        "SELECT seq, id, payload FROM outbox WHERE topic = ? ORDER BY seq LIMIT ?",
        topic,
        limit,
      )
      .map(({ seq, id, payload }) => ({ seq, id, topic, payload: JSON.parse(payload) as Json }));
  },
};

/** To be spread into the writes of the definition. */
export const outboxWrites = {
  /** Forgets the rows of a topic up to and including `seq`. */
  outboxDelivered(
    database: StoreDatabase,
    { topic, seq }: { readonly topic: string; readonly seq: number },
  ): number {
    return database.run("DELETE FROM outbox WHERE topic = ? AND seq <= ?", topic, seq).changes;
  },
};
