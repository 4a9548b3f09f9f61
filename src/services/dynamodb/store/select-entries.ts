import type { SQLInputValue } from "node:sqlite";
import type { StoreDatabase } from "../../../storage/index.ts";
import type { Entry, EntryKey } from "./entries.ts";
import type { KeyRange } from "./key-range.ts";

export interface EntryRow extends Entry {
  readonly slot: number;
  readonly partition_key: Uint8Array;
  readonly sort_key: Uint8Array;
  readonly base_partition_key: Uint8Array;
  readonly base_sort_key: Uint8Array;
}

const COLUMNS = "slot, partition_key, sort_key, base_partition_key, base_sort_key, item, size";

/** The rows of one partition within a range of sort keys, after `start` in the direction of reading. */
export function selectPartition(
  database: StoreDatabase,
  options: {
    readonly table: number;
    readonly index: number;
    readonly slot: number;
    readonly range: KeyRange;
    readonly forward: boolean;
    readonly start?: EntryKey;
  },
): Iterable<EntryRow> {
  const { range, forward, start } = options;
  const where = ["table_number = ?", "index_number = ?", "slot = ?", "partition_key = ?"];
  const parameters: SQLInputValue[] = [options.table, options.index, options.slot, range.partition];
  // A start key takes the place of the bound on its side.
  if (start !== undefined) {
    where.push(`(sort_key, base_partition_key, base_sort_key) ${forward ? ">" : "<"} (?, ?, ?)`);
    parameters.push(start.sort, start.basePartition, start.baseSort);
  }
  if (start === undefined || !forward) {
    where.push("sort_key >= ?");
    parameters.push(range.low);
  }
  if (range.high !== undefined && (start === undefined || forward)) {
    where.push("sort_key < ?");
    parameters.push(range.high);
  }
  const direction = forward ? "ASC" : "DESC";
  const order = ["sort_key", "base_partition_key", "base_sort_key"].map((column) => `${column} ${direction}`);
  return database.iterate<EntryRow>(
    `SELECT ${COLUMNS} FROM entries WHERE ${where.join(" AND ")} ORDER BY ${order.join(", ")}`,
    ...parameters,
  );
}

/** Slots from `low` up to but without `high`. */
export interface Segment {
  readonly low: number;
  readonly high: number;
}

/** The rows of a range of slots, after `start`. */
export function selectSegment(
  database: StoreDatabase,
  options: {
    readonly table: number;
    readonly index: number;
    readonly segment: Segment;
    readonly start?: Pick<EntryKey, "slot" | "partition" | "sort" | "basePartition" | "baseSort">;
  },
): Iterable<EntryRow> {
  const { segment, start } = options;
  const bound =
    start === undefined
      ? { sql: "slot >= ?", parameters: [segment.low] }
      : {
          sql: "(slot, partition_key, sort_key, base_partition_key, base_sort_key) > (?, ?, ?, ?, ?)",
          parameters: [start.slot, start.partition, start.sort, start.basePartition, start.baseSort],
        };
  return database.iterate<EntryRow>(
    `SELECT ${COLUMNS} FROM entries WHERE table_number = ? AND index_number = ? AND ${bound.sql} AND slot < ? ORDER BY slot, partition_key, sort_key, base_partition_key, base_sort_key`,
    options.table,
    options.index,
    ...bound.parameters,
    segment.high,
  );
}
