import { dynamodbLimits } from "../../../base/index.ts";
import type { StoreDatabase } from "../../../storage/index.ts";
import { fail, invalid, invalidParameter } from "../errors.ts";
import { holds } from "../evaluation/condition.ts";
import { project } from "../evaluation/projection.ts";
import { applyUpdate, checkNesting } from "../evaluation/update.ts";
import type { Condition, Update } from "../expressions/ast.ts";
import { type AttributeValue, type Item, type MutableItem, setAttribute, type TableRef } from "../model.ts";
import { itemSize } from "../values/size.ts";
import { checkIndexKeys, checkItem, checkKey, checkUpdatedPaths, pathsOf } from "./checks.ts";
import {
  baseKey,
  type EntryKey,
  type IndexWrite,
  type ItemState,
  readEntry,
  replaceItem,
} from "./entries.ts";
import { type ItemCollection, measureCollection } from "./item-collections.ts";
import { requireTable, type TablePlan } from "./tables.ts";

/** What all single writes have in common. */
interface Write {
  readonly table: TableRef;
  readonly condition?: Condition;
  /** Puts the present item into the error when the condition fails. */
  readonly itemOnFailure?: boolean;
  /** Measures the item collection that was written to. */
  readonly measured?: boolean;
}

export interface PutArgument extends Write {
  /** JSON of a validated item. */
  readonly item: string;
  readonly size: number;
  readonly returnOld: boolean;
}

export interface DeleteArgument extends Write {
  readonly key: Item;
  readonly returnOld: boolean;
}

export interface UpdateArgument extends Write {
  readonly key: Item;
  readonly update: Update;
  readonly returnValues: "NONE" | "ALL_OLD" | "UPDATED_OLD" | "ALL_NEW" | "UPDATED_NEW";
}

export interface WriteResult {
  /** JSON of what ReturnValues asked for. */
  readonly attributes?: string;
  readonly units: WriteUnits;
  readonly collection?: ItemCollection | undefined;
}

export interface WriteUnits {
  readonly table: number;
  readonly indexes: readonly {
    readonly name: string;
    readonly kind: "global" | "local";
    readonly units: number;
  }[];
}

const WRITE_UNIT_BYTES = 1024;

export function putItem(database: StoreDatabase, argument: PutArgument): WriteResult {
  const table = requireTable(database, argument.table);
  const item = JSON.parse(argument.item) as Item;
  checkItem(table, item);
  const key = baseKey(table.key, item);
  const before = readBefore(database, table, key, argument);
  const after: ItemState = { item: argument.item, size: argument.size, parsed: item };
  const writes = replaceItem(database, table, key, before, after);
  return {
    ...(argument.returnOld && before !== undefined ? { attributes: before.item } : {}),
    units: unitsOf(before, after, writes),
    collection: argument.measured ? measureCollection(database, table, key, item) : undefined,
  };
}

export function deleteItem(database: StoreDatabase, argument: DeleteArgument): WriteResult {
  const table = requireTable(database, argument.table);
  checkKey(table.key, argument.key);
  const key = baseKey(table.key, argument.key);
  const before = readBefore(database, table, key, argument);
  const writes = replaceItem(database, table, key, before, undefined);
  return {
    ...(argument.returnOld && before !== undefined ? { attributes: before.item } : {}),
    units: unitsOf(before, undefined, writes),
    collection: argument.measured ? measureCollection(database, table, key, argument.key) : undefined,
  };
}

export function updateItem(database: StoreDatabase, argument: UpdateArgument): WriteResult {
  const { update } = argument;
  const table = requireTable(database, argument.table);
  checkKey(table.key, argument.key);
  checkUpdatedPaths(table, update);
  const key = baseKey(table.key, argument.key);
  const before = readBefore(database, table, key, argument, true);
  if (before === undefined && onlyRemoves(update)) return { units: unitsOf(undefined, undefined, []) };
  const old = before?.parsed ?? {};
  const item = (before === undefined ? keyOnly(argument.key) : JSON.parse(before.item)) as MutableItem;
  applyUpdate(update, old, item);
  const after: ItemState = { item: JSON.stringify(item), size: itemSize(item), parsed: item };
  checkUpdated(table, update, after);
  const writes = replaceItem(database, table, key, before, after);
  const attributes = returned(argument, before, after);
  return {
    ...(attributes === undefined ? {} : { attributes }),
    units: unitsOf(before, after, writes),
    collection: argument.measured ? measureCollection(database, table, key, argument.key) : undefined,
  };
}

/** Such an update does not create an item, while an empty one does. */
function onlyRemoves(update: Update): boolean {
  return update.set.length + update.add.length === 0 && update.remove.length + update.delete.length > 0;
}

function keyOnly(key: Item): MutableItem {
  const item: MutableItem = {};
  for (const name of Object.keys(key)) setAttribute(item, name, key[name] as AttributeValue);
  return item;
}

function checkUpdated(table: TablePlan, update: Update, after: ItemState): void {
  if (after.size > dynamodbLimits.itemBytes) {
    throw invalid("Item size to update has exceeded the maximum allowed size");
  }
  checkNesting(after.parsed as Item);
  checkIndexKeys(table, after.parsed as Item, ({ name, type }, actual, index) => {
    const given = update.set.find(({ path }) => path.length === 1 && path[0] === name);
    return given?.operand.kind === "value"
      ? invalidParameter(
          `Type mismatch for Index Key ${name} Expected: ${type} Actual: ${actual} IndexName: ${index}`,
        )
      : invalid("The update expression attempted to update the secondary index key to unsupported type");
  });
}

function returned(
  { returnValues, update }: UpdateArgument,
  before: ItemState | undefined,
  after: ItemState,
): string | undefined {
  switch (returnValues) {
    case "NONE":
      return undefined;
    case "ALL_OLD":
      return before?.item;
    case "ALL_NEW":
      return after.item;
    default: {
      const item = returnValues === "UPDATED_OLD" ? before?.parsed : after.parsed;
      const updated = item === undefined ? {} : project(item, pathsOf(update));
      return Object.keys(updated).length === 0 ? undefined : JSON.stringify(updated);
    }
  }
}

/** The item as it is, parsed if anything needs to look into it; refuses the write if its condition does not hold. */
function readBefore(
  database: StoreDatabase,
  table: TablePlan,
  key: EntryKey,
  { condition, itemOnFailure }: Write,
  parse = false,
): ItemState | undefined {
  const entry = readEntry(database, table.number, 0, key);
  const needed = parse || condition !== undefined || table.indexes.length > 0;
  const parsed = entry === undefined || !needed ? undefined : (JSON.parse(entry.item) as Item);
  if (condition !== undefined && !holds(condition, parsed ?? {})) {
    throw fail(
      "ConditionalCheckFailedException",
      itemOnFailure && parsed !== undefined ? { members: { Item: parsed } } : {},
    );
  }
  return entry === undefined ? undefined : { item: entry.item, size: entry.size, parsed };
}

function unitsOf(
  before: ItemState | undefined,
  after: ItemState | undefined,
  writes: readonly IndexWrite[],
): WriteUnits {
  return {
    table: writeUnits(Math.max(before?.size ?? 0, after?.size ?? 0)),
    indexes: writes.map(({ index: { definition }, sizes }) => ({
      name: definition.name,
      kind: definition.kind,
      units: sizes.reduce((sum, size) => sum + writeUnits(size), 0),
    })),
  };
}

function writeUnits(size: number): number {
  return Math.max(1, Math.ceil(size / WRITE_UNIT_BYTES));
}

export interface BatchWriteArgument {
  readonly requests: readonly (
    | ({ readonly kind: "put" } & Pick<PutArgument, "table" | "item" | "size">)
    | ({ readonly kind: "delete" } & Pick<DeleteArgument, "table" | "key">)
  )[];
  /** Measures the item collections that were written to. */
  readonly measured: boolean;
}

/** All or nothing here, though callers may not rely on it. */
export function batchWrite(
  database: StoreDatabase,
  { requests, measured }: BatchWriteArgument,
): WriteResult[] {
  const seen = new Set<string>();
  for (const request of requests) {
    const table = requireTable(database, request.table);
    const item = request.kind === "put" ? (JSON.parse(request.item) as Item) : request.key;
    if (request.kind === "put") checkItem(table, item);
    else checkKey(table.key, item);
    const { partition, sort } = baseKey(table.key, item);
    const identity = `${table.number}/${Buffer.from(partition).toString("hex")}/${Buffer.from(sort).toString("hex")}`;
    if (seen.has(identity)) throw invalid("Provided list of item keys contains duplicates");
    seen.add(identity);
  }
  return requests.map((request) =>
    request.kind === "put"
      ? putItem(database, { ...request, measured, returnOld: false })
      : deleteItem(database, { ...request, measured, returnOld: false }),
  );
}
