import { dynamodbLimits, invariant } from "../../../base/index.ts";
import type { StoreDatabase } from "../../../storage/index.ts";
import type { Item } from "../model.ts";
import { fillEntry } from "./entries.ts";
import type { EntryRow } from "./select-entries.ts";
import { replaceDefinition, tableByNumber } from "./tables.ts";

/**
 * Work that would hold up the thread if it were done at once goes in steps of some rows: removing the rows of a
 * deleted table or index, and filling an index that was added. What is left to do survives in the file.
 */
export function backgroundStep(
  database: StoreDatabase,
  { revision }: { readonly revision: string },
): "more" | "done" {
  const removal = database.get<Removal>("SELECT table_number, index_number FROM removals LIMIT 1");
  if (removal !== undefined) {
    removeSome(database, removal);
    return "more";
  }
  const filling = database.get<Filling>("SELECT * FROM fillings LIMIT 1");
  if (filling === undefined) return "done";
  fillSome(database, filling, revision);
  return "more";
}

interface Removal {
  readonly table_number: number;
  readonly index_number: number | null;
}

interface Filling {
  readonly table_number: number;
  readonly index_number: number;
  readonly slot: number;
  readonly partition_key: Uint8Array;
  readonly sort_key: Uint8Array;
}

const ROW_KEY = "index_number, slot, partition_key, sort_key, base_partition_key, base_sort_key";

function removeSome(database: StoreDatabase, { table_number: table, index_number: index }: Removal): void {
  const scope = index === null ? "table_number = ?" : "table_number = ? AND index_number = ?";
  const parameters = index === null ? [table] : [table, index];
  const bound = database.get<EntryRow & { index_number: number }>(
    `SELECT ${ROW_KEY} FROM entries WHERE ${scope} ORDER BY ${ROW_KEY} LIMIT 1 OFFSET ?`,
    ...parameters,
    dynamodbLimits.backgroundRows,
  );
  if (bound === undefined) {
    database.run(`DELETE FROM entries WHERE ${scope}`, ...parameters);
    database.run(`DELETE FROM totals WHERE ${scope}`, ...parameters);
    database.run("DELETE FROM removals WHERE table_number = ? AND index_number IS ?", table, index);
    if (index === null) database.run("DELETE FROM fillings WHERE table_number = ?", table);
    return;
  }
  database.run(
    `DELETE FROM entries WHERE ${scope} AND (${ROW_KEY}) < (?, ?, ?, ?, ?, ?)`,
    ...parameters,
    bound.index_number,
    bound.slot,
    bound.partition_key,
    bound.sort_key,
    bound.base_partition_key,
    bound.base_sort_key,
  );
}

function fillSome(database: StoreDatabase, filling: Filling, revision: string): void {
  const table = tableByNumber(database, filling.table_number);
  invariant(table !== undefined, "an index that is filled has its table");
  const index = table.indexes.find(({ definition }) => definition.number === filling.index_number);
  invariant(index !== undefined, "an index that is filled is defined");
  const rows = database.all<EntryRow>(
    "SELECT slot, partition_key, sort_key, item FROM entries WHERE table_number = ? AND index_number = 0 AND (slot, partition_key, sort_key) > (?, ?, ?) ORDER BY slot, partition_key, sort_key LIMIT ?",
    filling.table_number,
    filling.slot,
    filling.partition_key,
    filling.sort_key,
    dynamodbLimits.backgroundRows,
  );
  const none = new Uint8Array(0);
  for (const { slot, partition_key: partition, sort_key: sort, item } of rows) {
    const base = { slot, partition, sort, basePartition: none, baseSort: none };
    fillEntry(database, table, index, base, JSON.parse(item) as Item);
  }
  const last = rows.at(-1);
  if (last !== undefined && rows.length === dynamodbLimits.backgroundRows) {
    database.run(
      "UPDATE fillings SET slot = ?, partition_key = ?, sort_key = ? WHERE table_number = ? AND index_number = ?",
      last.slot,
      last.partition_key,
      last.sort_key,
      filling.table_number,
      filling.index_number,
    );
    return;
  }
  database.run(
    "DELETE FROM fillings WHERE table_number = ? AND index_number = ?",
    filling.table_number,
    filling.index_number,
  );
  replaceDefinition(database, table.number, revision, {
    ...table.definition,
    indexes: table.definition.indexes.map((each) =>
      each.number === filling.index_number ? { ...each, status: "ACTIVE" } : each,
    ),
  });
}
