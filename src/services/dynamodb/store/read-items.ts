import { dynamodbLimits } from "../../../base/index.ts";
import type { StoreDatabase } from "../../../storage/index.ts";
import { project } from "../evaluation/projection.ts";
import type { Projection } from "../expressions/ast.ts";
import type { Item, TableRef } from "../model.ts";
import { checkKey, checkScalarKeys } from "./checks.ts";
import { baseKey, readEntry } from "./entries.ts";
import { requireTable } from "./tables.ts";

export interface GetArgument {
  readonly table: TableRef;
  readonly key: Item;
  readonly projection?: Projection;
}

export interface GetResult {
  /** JSON of the item or of its projected parts; absent if there is no item. */
  readonly item?: string;
  /** Size of the whole item; 0 if there is none. */
  readonly size: number;
}

export function getItem(database: StoreDatabase, { table: ref, key, projection }: GetArgument): GetResult {
  const table = requireTable(database, ref);
  checkKey(table.key, key);
  if (projection !== undefined) checkScalarKeys(table, projection);
  const entry = readEntry(database, table.number, 0, baseKey(table.key, key));
  if (entry === undefined) return { size: 0 };
  if (projection === undefined) return entry;
  return { item: JSON.stringify(project(JSON.parse(entry.item) as Item, projection)), size: entry.size };
}

/**
 * Items in the order of the keys, as many as fit into one answer. All keys are looked at before any item is read.
 */
export function getItems(
  database: StoreDatabase,
  argument: { readonly requests: readonly GetArgument[] },
): GetResult[] {
  for (const { table, key } of argument.requests) checkKey(requireTable(database, table).key, key);
  const results: GetResult[] = [];
  let bytes = 0;
  for (const request of argument.requests) {
    const result = getItem(database, request);
    bytes += result.size;
    if (bytes > dynamodbLimits.batchGetBytes) break;
    results.push(result);
  }
  return results;
}
