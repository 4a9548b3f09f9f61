import type { StoreDatabase, StoreDefinition } from "../store.ts";

interface Row {
  readonly rev: number;
  readonly key: string;
  readonly value: string;
}

export interface Written {
  readonly conflict: boolean;
  /** The new revision; of a delete: that there was something to delete. */
  readonly rev: number | undefined;
}

export interface StoredTimer {
  readonly key: string;
  readonly at: number;
  /** Changes whenever the key is armed. */
  readonly arming: number;
  readonly payload: string;
}

/**
 * The `state` file: documents, timers and the epochs of leases. Values are JSON text. A revision is the row's id:
 * AUTOINCREMENT never hands one out twice, so that a deleted and recreated key is not taken for the old one.
 */
export const store = {
  name: "state",
  migrations: [
    `
    CREATE TABLE document (
      rev INTEGER PRIMARY KEY AUTOINCREMENT,
      key TEXT NOT NULL UNIQUE,
      value TEXT NOT NULL
    );
    CREATE TABLE timer (
      arming INTEGER PRIMARY KEY AUTOINCREMENT,
      key TEXT NOT NULL UNIQUE,
      at INTEGER NOT NULL,
      payload TEXT NOT NULL
    );
    CREATE INDEX timer_by_time ON timer (at, key);
    CREATE TABLE lease (name TEXT PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID;
    `,
  ],

  writes: {
    put(
      database: StoreDatabase,
      put: { readonly key: string; readonly value: string; readonly ifRev: number | "absent" | undefined },
    ): Written {
      if (conflicts(database, put.key, put.ifRev)) return { conflict: true, rev: undefined };
      const { lastInsertRowid } = database.run(
        "INSERT OR REPLACE INTO document (key, value) VALUES (?, ?)",
        put.key,
        put.value,
      );
      return { conflict: false, rev: lastInsertRowid };
    },

    delete(
      database: StoreDatabase,
      { key, ifRev }: { readonly key: string; readonly ifRev: number | undefined },
    ): Written {
      if (conflicts(database, key, ifRev)) return { conflict: true, rev: undefined };
      const { changes } = database.run("DELETE FROM document WHERE key = ?", key);
      return { conflict: false, rev: changes === 0 ? undefined : 1 };
    },

    arm(
      database: StoreDatabase,
      timer: { readonly key: string; readonly at: number; readonly payload: string },
    ): void {
      database.run(
        "INSERT OR REPLACE INTO timer (key, at, payload) VALUES (?, ?, ?)",
        timer.key,
        timer.at,
        timer.payload,
      );
    },

    cancel(database: StoreDatabase, key: string): void {
      database.run("DELETE FROM timer WHERE key = ?", key);
    },

    /** Forgets a timer that has fired, unless it was armed again meanwhile. */
    fired(database: StoreDatabase, arming: number): void {
      database.run("DELETE FROM timer WHERE arming = ?", arming);
    },

    raiseEpoch(database: StoreDatabase, name: string): number {
      const row = database.get<{ epoch: number }>(
        `INSERT INTO lease (name, epoch) VALUES (?, 1)
         ON CONFLICT (name) DO UPDATE SET epoch = epoch + 1 RETURNING epoch`,
        name,
      );
      return row?.epoch ?? 1;
    },
  },

  reads: {
    get(database: StoreDatabase, key: string): Row | undefined {
      return database.get<Row>("SELECT rev, key, value FROM document WHERE key = ?", key);
    },

    /** A page ends at `limit` entries, or earlier when its values come to `mostBytes`. */
    list(
      database: StoreDatabase,
      page: {
        readonly prefix: string;
        readonly cursor: string | undefined;
        readonly limit: number;
        readonly mostBytes: number;
      },
    ): { rows: Row[]; more: boolean } {
      const rows: Row[] = [];
      let characters = 0;
      // With both bounds in the statement SQLite would seek to one and walk to the other.
      const resumed = page.cursor !== undefined && Buffer.compare(utf8(page.cursor), utf8(page.prefix)) >= 0;
      const found = resumed
        ? database.iterate<Row>(
            "SELECT rev, key, value FROM document WHERE key > ? ORDER BY key",
            page.cursor ?? null,
          )
        : database.iterate<Row>(
            "SELECT rev, key, value FROM document WHERE key >= ? ORDER BY key",
            page.prefix,
          );
      for (const row of found) {
        if (!row.key.startsWith(page.prefix)) break;
        if (rows.length === page.limit || characters >= page.mostBytes) return { rows, more: true };
        rows.push(row);
        characters += row.value.length;
      }
      return { rows, more: false };
    },

    /** Timers of a prefix that are due, the earliest first, without those in `except`. */
    dueTimers(
      database: StoreDatabase,
      due: {
        readonly prefix: string;
        readonly now: number;
        readonly limit: number;
        readonly except: readonly number[];
      },
    ): StoredTimer[] {
      const timers: StoredTimer[] = [];
      const except = new Set(due.except);
      const found = database.iterate<StoredTimer>(
        "SELECT key, at, arming, payload FROM timer WHERE at <= ? ORDER BY at, key",
        due.now,
      );
      for (const timer of found) {
        if (timers.length === due.limit) break;
        if (timer.key.startsWith(due.prefix) && !except.has(timer.arming)) timers.push(timer);
      }
      return timers;
    },

    /** When the first timer after `now` is due. */
    nextTimer(database: StoreDatabase, now: number): number | undefined {
      return database.get<{ at: number }>("SELECT at FROM timer WHERE at > ? ORDER BY at LIMIT 1", now)?.at;
    },
  },
} satisfies StoreDefinition;

function utf8(text: string): Buffer {
  return Buffer.from(text, "utf8");
}

function conflicts(database: StoreDatabase, key: string, ifRev: number | "absent" | undefined): boolean {
  if (ifRev === undefined) return false;
  const present = database.get<{ rev: number }>("SELECT rev FROM document WHERE key = ?", key)?.rev;
  return ifRev === "absent" ? present !== undefined : present !== ifRev;
}
