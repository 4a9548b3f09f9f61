import { choice, type Input } from "./request.ts";
import type { Page } from "./store/pages.ts";
import type { WriteUnits } from "./store/write-items.ts";

/**
 * Consumed capacity as answers report it.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
export type CapacityMode = "NONE" | "TOTAL" | "INDEXES";

const READ_UNIT_BYTES = 4096;

export function capacityMode(input: Input): CapacityMode {
  return choice(input, "ReturnConsumedCapacity", ["INDEXES", "TOTAL", "NONE"], "NONE");
}

interface Capacity {
  readonly CapacityUnits: number;
}

export interface ConsumedCapacity extends Capacity {
  readonly TableName: string;
  readonly Table?: Capacity;
  readonly LocalSecondaryIndexes?: Readonly<Record<string, Capacity>>;
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, Capacity>>;
}

interface Consumption {
  readonly table: number;
  readonly indexes: WriteUnits["indexes"];
}

/** Units of a read: one for each 4 KB, half of that if it need not be consistent. */
export function readUnits(bytes: number, consistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) * (consistent ? 1 : 0.5);
}

/** The member of the answer; empty if the caller did not ask for it. */
export function consumedCapacity(
  mode: CapacityMode,
  tableName: string,
  consumption: Consumption,
): { readonly ConsumedCapacity?: ConsumedCapacity } {
  return mode === "NONE" ? {} : { ConsumedCapacity: describe(mode, tableName, consumption) };
}

function describe(mode: CapacityMode, tableName: string, { table, indexes }: Consumption): ConsumedCapacity {
  const total = indexes.reduce((sum, { units }) => sum + units, table);
  if (mode !== "INDEXES") return { TableName: tableName, CapacityUnits: total };
  return {
    TableName: tableName,
    CapacityUnits: total,
    Table: { CapacityUnits: table },
    ...ofKind("LocalSecondaryIndexes", indexes, "local"),
    ...ofKind("GlobalSecondaryIndexes", indexes, "global"),
  };
}

function ofKind(member: string, indexes: WriteUnits["indexes"], kind: "local" | "global") {
  const entries = indexes.filter((index) => index.kind === kind);
  if (entries.length === 0) return {};
  return { [member]: Object.fromEntries(entries.map(({ name, units }) => [name, { CapacityUnits: units }])) };
}

export function pageConsumption(page: Page, index: string | undefined, consistent: boolean): Consumption {
  if (index === undefined || page.indexKind === undefined) {
    return { table: readUnits(page.tableBytes, consistent), indexes: [] };
  }
  const units = readUnits(page.indexBytes, consistent);
  return {
    table: page.tableBytes === 0 ? 0 : readUnits(page.tableBytes, consistent),
    indexes: [{ name: index, kind: page.indexKind, units }],
  };
}

/** For batches: one entry a table, with its units summed. */
export function batchCapacity(
  mode: CapacityMode,
  consumed: readonly { readonly tableName: string; readonly consumption: Consumption }[],
): { readonly ConsumedCapacity?: readonly ConsumedCapacity[] } {
  if (mode === "NONE") return {};
  const byTable = Map.groupBy(consumed, ({ tableName }) => tableName);
  return {
    ConsumedCapacity: [...byTable].map(([tableName, parts]) =>
      describe(mode, tableName, sumOf(parts.map(({ consumption }) => consumption))),
    ),
  };
}

function sumOf(parts: readonly Consumption[]): Consumption {
  const indexes = new Map<string, WriteUnits["indexes"][number]>();
  for (const index of parts.flatMap((part) => part.indexes)) {
    const units = (indexes.get(index.name)?.units ?? 0) + index.units;
    indexes.set(index.name, { ...index, units });
  }
  return { table: parts.reduce((sum, { table }) => sum + table, 0), indexes: [...indexes.values()] };
}
