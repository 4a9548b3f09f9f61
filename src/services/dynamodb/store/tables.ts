import { dynamodbLimits, invariant } from "../../../base/index.ts";
import type { StoreDatabase } from "../../../storage/index.ts";
import { fail, tableNotFound } from "../errors.ts";
import type { IndexDefinition, KeySchemaElement, ScalarType, TableDefinition, TableRef } from "../model.ts";

export interface KeyAttribute {
  readonly name: string;
  readonly type: ScalarType;
  readonly element: KeySchemaElement;
}

export interface KeyPlan {
  readonly hash: KeyAttribute;
  readonly range: KeyAttribute | undefined;
}

export interface IndexPlan {
  readonly definition: IndexDefinition;
  readonly key: KeyPlan;
  /** Names of the attributes that the index holds; undefined for all. */
  readonly projected: ReadonlySet<string> | undefined;
}

/** A table's definition with what every operation derives from it. */
export interface TablePlan {
  readonly number: number;
  readonly revision: string;
  readonly definition: TableDefinition;
  readonly key: KeyPlan;
  readonly indexes: readonly IndexPlan[];
}

interface TableRow {
  readonly number: number;
  readonly revision: string;
  readonly definition: string;
}

/** By revision, which is never used for two definitions, so that a rolled back write cannot leave a wrong one. */
const plans = new Map<string, TablePlan>();

export function findTable(database: StoreDatabase, ref: TableRef): TablePlan | undefined {
  const row = database.get<{ number: number; revision: string }>(
    "SELECT number, revision FROM tables WHERE account = ? AND region = ? AND name = ?",
    ref.account,
    ref.region,
    ref.name,
  );
  return row === undefined ? undefined : planOf(database, row.number, row.revision);
}

/** The table that an item operation names; the answer for a missing one does not repeat its name. */
export function requireTable(database: StoreDatabase, ref: TableRef): TablePlan {
  const table = findTable(database, ref);
  if (table === undefined) throw fail("ResourceNotFoundException");
  return table;
}

/** The same for operations on the table itself. */
export function requireNamedTable(database: StoreDatabase, ref: TableRef): TablePlan {
  const table = findTable(database, ref);
  if (table === undefined) throw tableNotFound(ref.name);
  return table;
}

export function tableByNumber(database: StoreDatabase, number: number): TablePlan | undefined {
  const row = database.get<TableRow>("SELECT number, revision FROM tables WHERE number = ?", number);
  return row === undefined ? undefined : planOf(database, row.number, row.revision);
}

function planOf(database: StoreDatabase, number: number, revision: string): TablePlan {
  const kept = plans.get(revision);
  if (kept !== undefined) return kept;
  const row = database.get<TableRow>("SELECT definition FROM tables WHERE number = ?", number);
  invariant(row !== undefined, "a table is there while it is looked at");
  const plan = makePlan(number, revision, JSON.parse(row.definition) as TableDefinition);
  if (plans.size >= dynamodbLimits.definitionCacheEntries) plans.clear();
  plans.set(revision, plan);
  return plan;
}

export function makePlan(number: number, revision: string, definition: TableDefinition): TablePlan {
  const key = keyPlan(definition, definition.keySchema);
  const indexes = definition.indexes.map((index) => {
    const indexKey = keyPlan(definition, index.keySchema);
    return { definition: index, key: indexKey, projected: projectedNames(index, key, indexKey) };
  });
  return { number, revision, definition, key, indexes };
}

function keyPlan(definition: TableDefinition, schema: readonly KeySchemaElement[]): KeyPlan {
  const [hash, range] = schema.map((element) => {
    const attribute = definition.attributes.find((each) => each.AttributeName === element.AttributeName);
    invariant(attribute !== undefined, "a key attribute is defined");
    return { name: element.AttributeName, type: attribute.AttributeType, element };
  });
  invariant(hash !== undefined, "a key schema has a hash key");
  return { hash, range };
}

function projectedNames(
  index: IndexDefinition,
  base: KeyPlan,
  key: KeyPlan,
): ReadonlySet<string> | undefined {
  if (index.projection.ProjectionType === "ALL") return undefined;
  const keys = [base.hash, base.range, key.hash, key.range].flatMap((attribute) => attribute?.name ?? []);
  return new Set([...keys, ...(index.projection.NonKeyAttributes ?? [])]);
}

export interface NewTable {
  readonly ref: TableRef;
  readonly revision: string;
  readonly definition: TableDefinition;
}

export function insertTable(database: StoreDatabase, { ref, revision, definition }: NewTable): void {
  const present = database.get<{ count: number }>(
    "SELECT count(*) AS count FROM tables WHERE account = ? AND region = ?",
    ref.account,
    ref.region,
  );
  if ((present?.count ?? 0) >= dynamodbLimits.tablesPerRegion) {
    throw fail("LimitExceededException", {
      with: `Subscriber limit exceeded: There is a limit of ${dynamodbLimits.tablesPerRegion} tables per subscriber`,
    });
  }
  if (findTable(database, ref) !== undefined) {
    throw fail("ResourceInUseException", { with: `Table already exists: ${ref.name}` });
  }
  const { lastInsertRowid: number } = database.run(
    "INSERT INTO tables (account, region, name, revision, definition) VALUES (?, ?, ?, ?, ?)",
    ref.account,
    ref.region,
    ref.name,
    revision,
    JSON.stringify(definition),
  );
  for (const index of [0, ...definition.indexes.map((each) => each.number)])
    openTotals(database, number, index);
}

export function replaceDefinition(
  database: StoreDatabase,
  number: number,
  revision: string,
  definition: TableDefinition,
): void {
  database.run(
    "UPDATE tables SET revision = ?, definition = ? WHERE number = ?",
    revision,
    JSON.stringify(definition),
    number,
  );
}

export interface Totals {
  readonly items: number;
  readonly bytes: number;
}

export function openTotals(database: StoreDatabase, table: number, index: number): void {
  database.run(
    "INSERT INTO totals (table_number, index_number, items, bytes) VALUES (?, ?, 0, 0)",
    table,
    index,
  );
}

/** Totals by index number. */
export function readTotals(database: StoreDatabase, table: number): Readonly<Record<number, Totals>> {
  const rows = database.all<Totals & { index_number: number }>(
    "SELECT index_number, items, bytes FROM totals WHERE table_number = ?",
    table,
  );
  return Object.fromEntries(rows.map(({ index_number, items, bytes }) => [index_number, { items, bytes }]));
}
