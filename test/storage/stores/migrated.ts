import type { StoreDatabase, StoreDefinition } from "../../../src/storage/index.ts";

/** A store in its third format. */
export const store = {
  name: "migrated",
  migrations: [
    "CREATE TABLE step (name TEXT); INSERT INTO step VALUES ('one')",
    "INSERT INTO step VALUES ('two')",
    "CREATE TABLE in_the_way (x); INSERT INTO step VALUES ('three')",
  ],
  writes: {},
  reads: {
    steps(database: StoreDatabase, _argument: undefined): string[] {
      return database.all<{ name: string }>("SELECT name FROM step ORDER BY rowid").map(({ name }) => name);
    },
  },
} satisfies StoreDefinition;
