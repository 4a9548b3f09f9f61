import type { StoreDatabase } from "../../../storage/index.ts";
import { type AttributeValue, getAttribute, type Item, type MutableItem, setAttribute } from "../model.ts";
import { encodeKey, slotOf } from "../values/key.ts";
import { itemSize } from "../values/size.ts";
import type { IndexPlan, KeyAttribute, KeyPlan, TablePlan } from "./tables.ts";

/** Where a row stands among those of its table or index. */
export interface EntryKey {
  readonly slot: number;
  readonly partition: Uint8Array;
  readonly sort: Uint8Array;
  readonly basePartition: Uint8Array;
  readonly baseSort: Uint8Array;
}

export interface Entry {
  /** JSON of the item, or of what an index holds of it. */
  readonly item: string;
  readonly size: number;
}

const NO_BYTES = new Uint8Array(0);
const KEY_COLUMNS =
  "table_number = ? AND index_number = ? AND slot = ? AND partition_key = ? AND sort_key = ? AND base_partition_key = ? AND base_sort_key = ?";

/** The key of the table's own row; the item has valid key attributes. */
export function baseKey(plan: KeyPlan, item: Item): EntryKey {
  const partition = encodeKey(plan.hash.type, getAttribute(item, plan.hash.name) as AttributeValue);
  const sort =
    plan.range === undefined
      ? NO_BYTES
      : encodeKey(plan.range.type, getAttribute(item, plan.range.name) as AttributeValue);
  return { slot: slotOf(partition), partition, sort, basePartition: NO_BYTES, baseSort: NO_BYTES };
}

/** The key of an index's row; undefined if the item lacks a usable key attribute and so is not in the index. */
export function indexKey(index: IndexPlan, item: Item, base: EntryKey): EntryKey | undefined {
  const { hash, range } = index.key;
  if (!isUsable(hash, item) || (range !== undefined && !isUsable(range, item))) return undefined;
  return { ...baseKey(index.key, item), basePartition: base.partition, baseSort: base.sort };
}

/** Items that were there before their index may hold anything under the name of its key. */
function isUsable(attribute: KeyAttribute, item: Item): boolean {
  const content = getAttribute(item, attribute.name)?.[attribute.type];
  return content !== undefined && content !== "";
}

function columns(table: number, index: number, key: EntryKey) {
  return [table, index, key.slot, key.partition, key.sort, key.basePartition, key.baseSort] as const;
}

export function readEntry(
  database: StoreDatabase,
  table: number,
  index: number,
  key: EntryKey,
): Entry | undefined {
  return database.get<Entry>(
    `SELECT item, size FROM entries WHERE ${KEY_COLUMNS}`,
    ...columns(table, index, key),
  );
}

function writeEntry(
  database: StoreDatabase,
  table: number,
  index: number,
  key: EntryKey,
  entry: Entry,
): void {
  database.run(
    "INSERT OR REPLACE INTO entries (table_number, index_number, slot, partition_key, sort_key, base_partition_key, base_sort_key, item, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ...columns(table, index, key),
    entry.item,
    entry.size,
  );
}

function removeEntry(database: StoreDatabase, table: number, index: number, key: EntryKey): void {
  database.run(`DELETE FROM entries WHERE ${KEY_COLUMNS}`, ...columns(table, index, key));
}

function count(database: StoreDatabase, table: number, index: number, items: number, bytes: number): void {
  if (items === 0 && bytes === 0) return;
  database.run(
    "UPDATE totals SET items = items + ?, bytes = bytes + ? WHERE table_number = ? AND index_number = ?",
    items,
    bytes,
    table,
    index,
  );
}

/** An item as it is before or after a write. */
export interface ItemState extends Entry {
  /** Parsed when an index, a condition or the caller needs it. */
  readonly parsed: Item | undefined;
}

/** Sizes that an index's write counts with, for consumed capacity. */
export interface IndexWrite {
  readonly index: IndexPlan;
  /** One size a row that was written or removed. */
  readonly sizes: readonly number[];
}

/** Replaces, adds or removes one item and keeps totals and indexes in step. */
export function replaceItem(
  database: StoreDatabase,
  table: TablePlan,
  key: EntryKey,
  before: ItemState | undefined,
  after: ItemState | undefined,
): readonly IndexWrite[] {
  if (after !== undefined) writeEntry(database, table.number, 0, key, after);
  else if (before !== undefined) removeEntry(database, table.number, 0, key);
  count(
    database,
    table.number,
    0,
    (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1),
    (after?.size ?? 0) - (before?.size ?? 0),
  );
  return table.indexes.flatMap((index) => {
    const sizes = replaceInIndex(database, table, index, key, before?.parsed, after?.parsed);
    return sizes.length === 0 ? [] : [{ index, sizes }];
  });
}

function replaceInIndex(
  database: StoreDatabase,
  table: TablePlan,
  index: IndexPlan,
  base: EntryKey,
  before: Item | undefined,
  after: Item | undefined,
): readonly number[] {
  const oldKey = before === undefined ? undefined : indexKey(index, before, base);
  const newKey = after === undefined ? undefined : indexKey(index, after, base);
  const { number } = index.definition;
  const old = oldKey === undefined ? undefined : readEntry(database, table.number, number, oldKey);
  const fresh = newKey === undefined ? undefined : indexEntry(index, after as Item);
  const moved = oldKey !== undefined && (newKey === undefined || !sameKey(oldKey, newKey));
  if (!moved && old?.item === fresh?.item) return [];
  if (moved && old !== undefined) removeEntry(database, table.number, number, oldKey);
  if (newKey !== undefined && fresh !== undefined) writeEntry(database, table.number, number, newKey, fresh);
  count(
    database,
    table.number,
    number,
    (fresh === undefined ? 0 : 1) - (old === undefined ? 0 : 1),
    (fresh?.size ?? 0) - (old?.size ?? 0),
  );
  if (moved) return [...(old === undefined ? [] : [old.size]), ...(fresh === undefined ? [] : [fresh.size])];
  return [Math.max(old?.size ?? 0, fresh?.size ?? 0)];
}

/** Adds an item to an index that is being filled, unless a write has put it there already. */
export function fillEntry(
  database: StoreDatabase,
  table: TablePlan,
  index: IndexPlan,
  base: EntryKey,
  item: Item,
): void {
  const key = indexKey(index, item, base);
  if (key === undefined) return;
  const { number } = index.definition;
  if (readEntry(database, table.number, number, key) !== undefined) return;
  const entry = indexEntry(index, item);
  writeEntry(database, table.number, number, key, entry);
  count(database, table.number, number, 1, entry.size);
}

function sameKey(left: EntryKey, right: EntryKey): boolean {
  return Buffer.compare(left.partition, right.partition) === 0 && Buffer.compare(left.sort, right.sort) === 0;
}

/** What an index holds of an item. */
function indexEntry(index: IndexPlan, item: Item): Entry {
  const held = index.projected === undefined ? item : onlyNamed(item, index.projected);
  return { item: JSON.stringify(held), size: itemSize(held) };
}

function onlyNamed(item: Item, names: ReadonlySet<string>): Item {
  const result: MutableItem = {};
  for (const name of Object.keys(item)) {
    if (names.has(name)) setAttribute(result, name, item[name] as AttributeValue);
  }
  return result;
}
