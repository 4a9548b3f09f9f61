import { statSync } from "node:fs";
import { storageLimits, toError } from "../../base/index.ts";
import { damaged } from "../damage.ts";
import { asStorageError, StorageError } from "../errors.ts";
import type { StoreDefinition } from "../store.ts";
import { Database, migrate } from "./database.ts";

/** Opens the file of a store, refuses one that is damaged, and brings it up to date. */
export function openDatabase(file: string, store: StoreDefinition): Database {
  let database: Database | undefined;
  try {
    database = new Database(file);
    examine(database, file);
    migrate(database, store.name, file, store.migrations);
    return database;
  } catch (thrown) {
    database?.close();
    const error = asStorageError(toError(thrown));
    throw error instanceof StorageError && error.code === "corrupt" ? damaged(file, error) : error;
  }
}

/** Reads small files whole, https://www.sqlite.org/pragma.html#pragma_quick_check, and the table of contents of others. */
function examine(database: Database, file: string): void {
  if (statSync(file).size > storageLimits.examinedAtOpenBytes) {
    database.all("SELECT name FROM sqlite_schema");
    return;
  }
  const found = database.get<{ quick_check: string }>("PRAGMA quick_check(1)")?.quick_check;
  if (found !== "ok") throw new StorageError("corrupt", found ?? "quick_check found no result");
}
