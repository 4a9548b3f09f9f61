import { dynamodbLimits } from "../../../base/index.ts";
import type { StoreDatabase } from "../../../storage/index.ts";
import { fail, invalid, invalidParameter } from "../errors.ts";
import type { IndexDefinition, TableDefinition, TableRef, Tag } from "../model.ts";
import {
  insertTable,
  type NewTable,
  openTotals,
  readTotals,
  replaceDefinition,
  requireNamedTable,
  type Totals,
} from "./tables.ts";

export interface TableState {
  readonly definition: TableDefinition;
  readonly revision: string;
  /** By index number; 0 is the table. */
  readonly totals: Readonly<Record<number, Totals>>;
}

export function createTable(database: StoreDatabase, argument: NewTable): void {
  insertTable(database, argument);
}

export function describeTable(
  database: StoreDatabase,
  { table: ref }: { readonly table: TableRef },
): TableState {
  const { number, revision, definition } = requireNamedTable(database, ref);
  return { definition, revision, totals: readTotals(database, number) };
}

export interface ListArgument {
  readonly account: string;
  readonly region: string;
  readonly after: string;
  readonly limit: number;
}

/** Names in the order of their bytes. */
export function listTables(
  database: StoreDatabase,
  { account, region, after, limit }: ListArgument,
): string[] {
  return database
    .all<{ name: string }>(
      "SELECT name FROM tables WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?",
      account,
      region,
      after,
      limit,
    )
    .map(({ name }) => name);
}

export interface ChangeArgument {
  readonly table: TableRef;
  /** The revision that the new definition was made from. */
  readonly from: string;
  readonly revision: string;
  readonly definition: TableDefinition;
}

/** Stores a changed definition; indexes that are new are filled and those that are gone removed in the background. */
export function changeTable(database: StoreDatabase, argument: ChangeArgument): TableState {
  const table = requireNamedTable(database, argument.table);
  if (table.revision !== argument.from) {
    throw fail("ResourceInUseException", {
      with: `Attempt to change a resource which is still in use: Table is being updated: ${argument.table.name}`,
    });
  }
  const { definition } = argument;
  replaceDefinition(database, table.number, argument.revision, definition);
  for (const index of without(definition.indexes, table.definition.indexes)) {
    openTotals(database, table.number, index.number);
    database.run("INSERT INTO fillings VALUES (?, ?, 0, x'', x'')", table.number, index.number);
  }
  for (const index of without(table.definition.indexes, definition.indexes)) {
    database.run(
      "DELETE FROM fillings WHERE table_number = ? AND index_number = ?",
      table.number,
      index.number,
    );
    database.run("INSERT INTO removals VALUES (?, ?)", table.number, index.number);
  }
  database.signal("background");
  return { definition, revision: argument.revision, totals: readTotals(database, table.number) };
}

function without(indexes: readonly IndexDefinition[], others: readonly IndexDefinition[]) {
  const numbers = new Set(others.map(({ number }) => number));
  return indexes.filter(({ number }) => !numbers.has(number));
}

/** Forgets a table at once; its rows are removed in the background. */
export function deleteTable(
  database: StoreDatabase,
  { table: ref }: { readonly table: TableRef },
): TableState {
  const { number, revision, definition } = requireNamedTable(database, ref);
  if (definition.deletionProtection) {
    throw invalid(
      "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
    );
  }
  if (definition.indexes.some(({ status }) => status === "CREATING")) {
    throw fail("ResourceInUseException", {
      with: `Attempt to change a resource which is still in use: Table is being updated: ${ref.name}`,
    });
  }
  const totals = readTotals(database, number);
  database.run("DELETE FROM tables WHERE number = ?", number);
  database.run("INSERT INTO removals VALUES (?, NULL)", number);
  database.signal("background");
  return { definition, revision, totals };
}

export interface TagArgument {
  readonly table: TableRef;
  readonly revision: string;
  readonly add: readonly Tag[];
  readonly remove: readonly string[];
}

export function changeTags(
  database: StoreDatabase,
  { table: ref, revision, add, remove }: TagArgument,
): void {
  const { number, definition } = requireNamedTable(database, ref);
  const tags = new Map(definition.tags.map((tag) => [tag.Key, tag]));
  for (const tag of add) tags.set(tag.Key, tag);
  for (const key of remove) tags.delete(key);
  if (tags.size > dynamodbLimits.tags) {
    throw invalidParameter(`Too many tags: the limit is ${dynamodbLimits.tags} tags for a resource`);
  }
  replaceDefinition(database, number, revision, { ...definition, tags: [...tags.values()] });
}
