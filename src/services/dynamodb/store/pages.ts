import { dynamodbLimits, invariant } from "../../../base/index.ts";
import type { StoreDatabase } from "../../../storage/index.ts";
import { invalid, invalidParameter } from "../errors.ts";
import { holds } from "../evaluation/condition.ts";
import { project } from "../evaluation/projection.ts";
import type { Condition, ConditionOperand, KeyConditions, Path, Projection } from "../expressions/ast.ts";
import {
  type AttributeValue,
  getAttribute,
  type Item,
  type MutableItem,
  setAttribute,
  type TableRef,
} from "../model.ts";
import { slotOf } from "../values/key.ts";
import { checkScalarKeys, keyAttributes } from "./checks.ts";
import { baseKey, type EntryKey, readEntry } from "./entries.ts";
import { checkStartInRange, checkStartKey, type KeyRange, readKeyRange } from "./key-range.ts";
import { type EntryRow, type Segment, selectPartition, selectSegment } from "./select-entries.ts";
import { type IndexPlan, type KeyPlan, requireTable, type TablePlan } from "./tables.ts";

/** What Query and Scan have in common. */
interface PageArgument {
  readonly table: TableRef;
  readonly index?: string;
  readonly consistentRead: boolean;
  readonly filter?: Condition;
  readonly projection?: Projection;
  readonly select: "ALL_ATTRIBUTES" | "ALL_PROJECTED_ATTRIBUTES" | "SPECIFIC_ATTRIBUTES" | "COUNT";
  readonly limit?: number;
  readonly startKey?: Item;
}

export interface QueryArgument extends PageArgument {
  readonly conditions: KeyConditions;
  /** The request's name for its filter, for errors. */
  readonly filterName: "Filter Expression" | "QueryFilter";
  readonly forward: boolean;
}

export interface ScanArgument extends PageArgument {
  readonly segment?: { readonly number: number; readonly of: number };
}

export interface Page {
  /** JSON of a list of items; absent for COUNT. */
  readonly items?: string;
  readonly count: number;
  readonly scannedCount: number;
  /** JSON of the key to go on after. */
  readonly lastKey?: string;
  /** Bytes read, for consumed capacity. */
  readonly tableBytes: number;
  readonly indexBytes: number;
  readonly indexKind?: "global" | "local";
}

export function query(database: StoreDatabase, argument: QueryArgument): Page {
  const source = openSource(database, argument);
  const { table, key } = source;
  const { startKey } = argument;
  if (startKey !== undefined) checkStartKey(table, key, startKey);
  const range = readKeyRange(key, argument.conditions);
  const start = startKey === undefined ? undefined : entryKeyOf(source, startKey);
  if (start !== undefined) checkStartInRange(range, start);
  checkFilterKeys(key, argument);
  return readPage(
    database,
    source,
    argument,
    partitionRows(database, source, range, argument.forward, start),
  );
}

function partitionRows(
  database: StoreDatabase,
  { table, index }: Source,
  range: KeyRange,
  forward: boolean,
  start: EntryKey | undefined,
): Iterable<EntryRow> {
  return selectPartition(database, {
    table: table.number,
    index: index?.definition.number ?? 0,
    slot: slotOf(range.partition),
    range,
    forward,
    ...(start === undefined ? {} : { start }),
  });
}

export function scan(database: StoreDatabase, argument: ScanArgument): Page {
  const source = openSource(database, argument);
  const { startKey } = argument;
  if (startKey !== undefined) checkStartKey(source.table, source.key, startKey);
  const segment = slotsOf(argument.segment);
  const start = startKey === undefined ? undefined : entryKeyOf(source, startKey);
  if (start !== undefined && (start.slot < segment.low || start.slot >= segment.high)) {
    throw invalid(
      `The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: ${argument.segment?.of} Segment: ${argument.segment?.number}`,
    );
  }
  const rows = selectSegment(database, {
    table: source.table.number,
    index: source.index?.definition.number ?? 0,
    segment,
    ...(start === undefined ? {} : { start }),
  });
  return readPage(database, source, argument, rows);
}

const SLOTS = 2 ** 32;

function slotsOf(segment: ScanArgument["segment"]): Segment {
  if (segment === undefined) return { low: 0, high: SLOTS };
  const bound = (number: number) => Math.ceil((SLOTS * number) / segment.of);
  return { low: bound(segment.number), high: bound(segment.number + 1) };
}

/** What is read: a table or one of its indexes. */
interface Source {
  readonly table: TablePlan;
  readonly index: IndexPlan | undefined;
  readonly key: KeyPlan;
  /** Rows of a local index lack something, so the table's own are read. */
  readonly fetch: boolean;
}

function openSource(database: StoreDatabase, argument: PageArgument): Source {
  const table = requireTable(database, argument.table);
  checkScalarKeys(table, [...(argument.projection ?? []), ...pathsIn(argument.filter)]);
  if (argument.index === undefined) return { table, index: undefined, key: table.key, fetch: false };
  const index = table.indexes.find(({ definition }) => definition.name === argument.index);
  if (index === undefined) {
    throw invalid(`The table does not have the specified index: ${argument.index}`);
  }
  return { table, index, key: index.key, fetch: checkIndexUse(index, argument) };
}

/** Whether rows have to be completed from the table, which only local indexes do. */
function checkIndexUse(
  index: IndexPlan,
  { select, projection, filter, consistentRead }: PageArgument,
): boolean {
  const { definition, projected } = index;
  if (definition.status === "CREATING") {
    throw invalid(`Cannot read from backfilling global secondary index: ${definition.name}`);
  }
  const missing = (paths: readonly Path[]) =>
    projected === undefined ? [] : paths.map(([name]) => name).filter((name) => !projected.has(name));
  const lacking = missing(projection ?? []);
  if (definition.kind === "local") {
    return (
      projected !== undefined &&
      (select === "ALL_ATTRIBUTES" || lacking.length > 0 || missing(pathsIn(filter)).length > 0)
    );
  }
  if (consistentRead) throw invalid("Consistent reads are not supported on global secondary indexes");
  if (select === "ALL_ATTRIBUTES" && projected !== undefined) {
    throw invalidParameter(
      `Select type ALL_ATTRIBUTES is not supported for global secondary index ${definition.name} because its projection type is not ALL`,
    );
  }
  if (lacking.length > 0) {
    throw invalidParameter(
      `Global secondary index ${definition.name} does not project [${[...new Set(lacking)].join(", ")}]`,
    );
  }
  return false;
}

function checkFilterKeys(key: KeyPlan, { filter, filterName }: QueryArgument): void {
  const heads = new Set(pathsIn(filter).map(([name]) => name));
  for (const { name } of keyAttributes(key)) {
    if (heads.has(name)) {
      throw invalid(
        `${filterName} can only contain non-primary key attributes: Primary key attribute: ${name}`,
      );
    }
  }
}

function pathsIn(condition: Condition | undefined): readonly Path[] {
  if (condition === undefined) return [];
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.conditions.flatMap(pathsIn);
    case "not":
      return pathsIn(condition.condition);
    case "attribute_exists":
    case "attribute_not_exists":
      return [condition.path];
    case "compare":
      return pathsOfOperands([condition.left, condition.right]);
    case "between":
      return pathsOfOperands([condition.operand, condition.low, condition.high]);
    case "in":
      return pathsOfOperands([condition.operand, ...condition.list]);
    default:
      return pathsOfOperands([condition.operand, condition.argument]);
  }
}

function pathsOfOperands(operands: readonly ConditionOperand[]): readonly Path[] {
  return operands.flatMap((operand) => {
    if (operand.kind === "value") return [];
    return operand.kind === "path" ? [operand.path] : pathsOfOperands([operand.of]);
  });
}

function entryKeyOf({ table, index, key }: Source, startKey: Item): EntryKey {
  const base = baseKey(table.key, startKey);
  if (index === undefined) return base;
  return { ...baseKey(key, startKey), basePartition: base.partition, baseSort: base.sort };
}

function readPage(
  database: StoreDatabase,
  source: Source,
  { filter, projection, select, limit = Number.POSITIVE_INFINITY }: PageArgument,
  rows: Iterable<EntryRow>,
): Page {
  const items: string[] = [];
  let count = 0;
  let scannedCount = 0;
  let readBytes = 0;
  let fetchedBytes = 0;
  let last: EntryRow | undefined;
  let more = false;
  for (const row of rows) {
    if (scannedCount > 0 && readBytes + row.size > dynamodbLimits.pageBytes) {
      more = true;
      break;
    }
    const whole = source.fetch ? fetchWhole(database, source.table, row) : row;
    fetchedBytes += source.fetch ? whole.size : 0;
    readBytes += row.size;
    scannedCount++;
    last = row;
    const text = matching(whole.item, filter, select === "COUNT" ? undefined : projection);
    if (text !== undefined) {
      count++;
      if (select !== "COUNT") items.push(text);
    }
    if (scannedCount >= limit) {
      more = true;
      break;
    }
  }
  return {
    ...(select === "COUNT" ? {} : { items: `[${items.join(",")}]` }),
    count,
    scannedCount,
    ...(more && last !== undefined ? { lastKey: lastKeyOf(source, last) } : {}),
    tableBytes: source.index === undefined ? readBytes : fetchedBytes,
    indexBytes: source.index === undefined ? 0 : readBytes,
    ...(source.index === undefined ? {} : { indexKind: source.index.definition.kind }),
  };
}

/** The projected text of an item that passes the filter; parses only if it must. */
function matching(
  text: string,
  filter: Condition | undefined,
  projection: Projection | undefined,
): string | undefined {
  if (filter === undefined && projection === undefined) return text;
  const item = JSON.parse(text) as Item;
  if (filter !== undefined && !holds(filter, item)) return undefined;
  return projection === undefined ? text : JSON.stringify(project(item, projection));
}

function fetchWhole(database: StoreDatabase, table: TablePlan, row: EntryRow) {
  const partition = row.base_partition_key;
  const base = readEntry(database, table.number, 0, {
    slot: slotOf(partition),
    partition,
    sort: row.base_sort_key,
    basePartition: new Uint8Array(0),
    baseSort: new Uint8Array(0),
  });
  invariant(base !== undefined, "an index row has its item");
  return base;
}

function lastKeyOf({ table, key }: Source, row: EntryRow): string {
  const item = JSON.parse(row.item) as Item;
  const result: MutableItem = {};
  for (const { name } of [...keyAttributes(table.key), ...keyAttributes(key)]) {
    setAttribute(result, name, getAttribute(item, name) as AttributeValue);
  }
  return JSON.stringify(result);
}
