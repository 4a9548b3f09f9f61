import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { invariant, storageLimits, toError } from "../../base/index.ts";
import { asStorageError, StorageError } from "../errors.ts";
import type { StoreDatabase } from "../store.ts";
import type { Signal } from "./channel.ts";

/**
 * One connection with its prepared statements. WAL with `synchronous=FULL`: a commit is on disk when it returns,
 * https://www.sqlite.org/pragma.html#pragma_synchronous. The pragma belongs to the connection, not to the file.
 */
export class Database implements StoreDatabase {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #signals: Signal[] = [];

  constructor(file: string) {
    this.#connection = new DatabaseSync(file, {
      timeout: storageLimits.fileBusyMs,
      enableForeignKeyConstraints: true,
    });
    try {
      this.exec("PRAGMA synchronous = FULL");
      const mode = this.get<{ journal_mode: string }>("PRAGMA journal_mode = WAL");
      invariant(mode?.journal_mode === "wal", `${file}: no write-ahead log on this file system`);
      this.exec(`PRAGMA wal_autocheckpoint = ${storageLimits.checkpointPages}`);
      this.exec(`PRAGMA journal_size_limit = ${storageLimits.writeAheadLogKeptBytes}`);
      this.exec(`PRAGMA cache_size = -${storageLimits.pageCacheKiB}`);
      this.exec("PRAGMA temp_store = MEMORY");
      this.exec("PRAGMA trusted_schema = OFF");
    } catch (error) {
      this.#connection.close();
      throw error;
    }
  }

  run(sql: string, ...parameters: SQLInputValue[]): { changes: number; lastInsertRowid: number } {
    const { changes, lastInsertRowid } = this.#prepare(sql).run(...parameters);
    return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
  }

  get<Row>(sql: string, ...parameters: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...parameters) as Row | undefined;
  }

  all<Row>(sql: string, ...parameters: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...parameters) as Row[];
  }

  *iterate<Row>(sql: string, ...parameters: SQLInputValue[]): Generator<Row, void, undefined> {
    const statement = this.#prepare(sql);
    // A statement has one position: whoever runs the same SQL inside the loop gets a statement of its own.
    this.#statements.delete(sql);
    try {
      yield* statement.iterate(...parameters) as Iterable<Row>;
    } finally {
      this.#keep(sql, statement);
    }
  }

  signal(name: string, detail = ""): void {
    this.#signals.push([name, detail]);
  }

  /** The signals since the last call. */
  takeSignals(): Signal[] {
    const signals = this.#signals;
    this.#signals = [];
    return signals;
  }

  /** Runs a script without parameters. */
  exec(sql: string): void {
    this.#connection.exec(sql);
  }

  get inTransaction(): boolean {
    return this.#connection.isTransaction;
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }

  #prepare(sql: string): StatementSync {
    const kept = this.#statements.get(sql);
    if (kept !== undefined) return kept;
    const statement = this.#connection.prepare(sql);
    this.#keep(sql, statement);
    return statement;
  }

  #keep(sql: string, statement: StatementSync): void {
    if (this.#statements.size >= storageLimits.preparedStatements) {
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    this.#statements.set(sql, statement);
  }
}

/** Brings a file to the newest version that the program knows: all steps or none. */
export function migrate(database: Database, name: string, file: string, migrations: readonly string[]): void {
  const found = database.get<{ user_version: number }>("PRAGMA user_version")?.user_version ?? 0;
  if (found > migrations.length) {
    throw new StorageError(
      "newer-format",
      `${file} (${name}) has format version ${found}, and this version of Lambkin knows formats up to ${migrations.length}: ` +
        "start the version of Lambkin that wrote it, or a later one",
    );
  }
  if (found === migrations.length) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    for (const script of migrations.slice(found)) database.exec(script);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec("COMMIT");
  } catch (thrown) {
    if (database.inTransaction) database.exec("ROLLBACK");
    const error = asStorageError(toError(thrown));
    error.message = `${file} (${name}) could not be brought from format version ${found} to ${migrations.length}: ${error.message}`;
    throw error;
  }
}
