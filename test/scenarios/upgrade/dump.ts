import { mkdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

/** A database as text that makes it again, a statement a line, so that a change can be read. */
export function dump(file: string): string {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const schema = database
      .prepare("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
      .all() as { type: string; name: string; sql: string }[];
    const tables = schema.filter(({ type }) => type === "table");
    const { user_version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
    const counters = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").get();
    const statements = [
      `PRAGMA user_version = ${user_version}`,
      ...tables.map(({ sql }) => sql),
      ...tables.flatMap(({ name }) => rows(database, name)),
      ...(counters === undefined
        ? []
        : ["DELETE FROM sqlite_sequence", ...rows(database, "sqlite_sequence")]),
      ...schema.filter(({ type }) => type !== "table").map(({ sql }) => sql),
    ];
    return statements.map((sql) => `${sql};\n`).join("");
  } finally {
    database.close();
  }
}

function rows(database: DatabaseSync, table: string): string[] {
  const columns = database.prepare(`PRAGMA table_info("${table}")`).all() as { name: string }[];
  const names = columns.map(({ name }) => `"${name}"`);
  const values = names.map((name) => `quote(${name})`).join(" || ', ' || ");
  return (database.prepare(`SELECT ${values} AS line FROM "${table}"`).all() as { line: string }[]).map(
    ({ line }) => `INSERT INTO "${table}" (${names.join(", ")}) VALUES (${line})`,
  );
}

/** Makes the database of a dump. */
export function load(sql: string, file: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  try {
    database.exec(`BEGIN; ${sql} COMMIT`);
  } finally {
    database.close();
  }
}
