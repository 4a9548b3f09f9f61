import {
  appendOutbox,
  outboxMigration,
  outboxReads,
  outboxWrites,
  type StoreDatabase,
  type StoreDefinition,
} from "../../../src/storage/index.ts";

/** A store whose writes have effects elsewhere. */
export const store = {
  name: "orders",
  migrations: ["CREATE TABLE line (name TEXT PRIMARY KEY)", outboxMigration],
  writes: {
    ...outboxWrites,
    order(
      database: StoreDatabase,
      { name, topic, refuse = false }: { name: string; topic: string; refuse?: boolean },
    ): void {
      appendOutbox(database, { id: `order-${name}`, topic, payload: { name } });
      database.run("INSERT INTO line (name) VALUES (?)", name);
      if (refuse) throw new Error("refused");
    },
  },
  reads: {
    ...outboxReads,
    lines(database: StoreDatabase, _argument: undefined): string[] {
      return database.all<{ name: string }>("SELECT name FROM line").map(({ name }) => name);
    },
    waiting(database: StoreDatabase, _argument: undefined): number {
      return database.get<{ n: number }>("SELECT count(*) AS n FROM outbox")?.n ?? 0;
    },
  },
} satisfies StoreDefinition;
