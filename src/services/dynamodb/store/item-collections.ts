import type { StoreDatabase } from "../../../storage/index.ts";
import { type AttributeValue, getAttribute, type Item } from "../model.ts";
import type { EntryKey } from "./entries.ts";
import type { TablePlan } from "./tables.ts";

/** Items that have their partition key in common, with what the local indexes hold of them. */
export interface ItemCollection {
  readonly name: string;
  readonly value: AttributeValue;
  readonly bytes: number;
}

/** The collection that an item belongs to; undefined without local indexes, for which alone collections are told. */
export function measureCollection(
  database: StoreDatabase,
  table: TablePlan,
  key: EntryKey,
  item: Item,
): ItemCollection | undefined {
  const local = table.indexes.filter(({ definition }) => definition.kind === "local");
  if (local.length === 0) return undefined;
  const numbers = [0, ...local.map(({ definition }) => definition.number)];
  const { bytes } = database.get<{ bytes: number }>(
    `SELECT coalesce(sum(size), 0) AS bytes FROM entries
     WHERE table_number = ? AND index_number IN (SELECT value FROM json_each(?)) AND slot = ? AND partition_key = ?`,
    table.number,
    JSON.stringify(numbers),
    key.slot,
    key.partition,
  ) ?? { bytes: 0 };
  const { name } = table.key.hash;
  return { name, value: getAttribute(item, name) as AttributeValue, bytes };
}
