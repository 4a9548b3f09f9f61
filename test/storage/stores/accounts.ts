import { errorTable } from "../../../src/base/index.ts";
import type { StoreDatabase, StoreDefinition } from "../../../src/storage/index.ts";

const fail = errorTable({ NoSuchAccount: { status: 404, message: "No account {name}" } });

/** A small store with one of each kind of behaviour that the tests look at. */
export const store = {
  name: "accounts",
  migrations: ["CREATE TABLE account (name TEXT PRIMARY KEY, balance INTEGER NOT NULL, note BLOB)"],
  writes: {
    open(database: StoreDatabase, { name, balance }: { name: string; balance: number }): void {
      database.run("INSERT INTO account (name, balance) VALUES (?, ?)", name, balance);
      database.signal("opened", name);
    },
    /** Writes first and fails afterwards if the account is missing. */
    transfer(database: StoreDatabase, move: { from: string; to: string; amount: number }): number {
      database.run("UPDATE account SET balance = balance - ? WHERE name = ?", move.amount, move.from);
      const { changes } = database.run(
        "UPDATE account SET balance = balance + ? WHERE name = ?",
        move.amount,
        move.to,
      );
      database.signal("moved", move.from);
      if (changes === 0) {
        throw fail("NoSuchAccount", {
          with: { name: move.to },
          members: { Account: move.to },
          headers: { "x-a": "1" },
        });
      }
      return changes;
    },
    note(database: StoreDatabase, { name, bytes }: { name: string; bytes: number }): void {
      database.run("UPDATE account SET note = randomblob(?) WHERE name = ?", bytes, name);
    },
    limitPages(database: StoreDatabase, pages: number): void {
      database.all(`PRAGMA max_page_count = ${pages}`);
    },
    async slow(_database: StoreDatabase, _argument: undefined): Promise<void> {},
    crash(_database: StoreDatabase, _argument: undefined): void {
      setImmediate(() => {
        throw new Error("the thread is made to crash");
      });
    },
  },
  reads: {
    balance(database: StoreDatabase, name: string): number | undefined {
      return database.get<{ balance: number }>("SELECT balance FROM account WHERE name = ?", name)?.balance;
    },
    total(database: StoreDatabase, _argument: undefined): number {
      let sum = 0;
      for (const { balance } of database.iterate<{ balance: number }>("SELECT balance FROM account"))
        sum += balance;
      return sum;
    },
    pragmas(database: StoreDatabase, _argument: undefined): Record<string, unknown> {
      return {
        synchronous: database.get<{ synchronous: number }>("PRAGMA synchronous")?.synchronous,
        journal: database.get<{ journal_mode: string }>("PRAGMA journal_mode")?.journal_mode,
        foreignKeys: database.get<{ foreign_keys: number }>("PRAGMA foreign_keys")?.foreign_keys,
      };
    },
    uncloneable(_database: StoreDatabase, _argument: undefined): unknown {
      return () => 1;
    },
  },
} satisfies StoreDefinition;
