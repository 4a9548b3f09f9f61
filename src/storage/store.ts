import type { SQLInputValue } from "node:sqlite";

/** A database inside its thread, with prepared statements kept per SQL text. */
export interface StoreDatabase {
  run(
    sql: string,
    ...parameters: SQLInputValue[]
  ): { readonly changes: number; readonly lastInsertRowid: number };
  get<Row>(sql: string, ...parameters: SQLInputValue[]): Row | undefined;
  all<Row>(sql: string, ...parameters: SQLInputValue[]): Row[];
  iterate<Row>(sql: string, ...parameters: SQLInputValue[]): Iterable<Row>;
  /** In a write: once it is on disk, calls the listeners for `name` in the main thread. Equal signals may merge. */
  signal(name: string, detail?: string): void;
}

/** A named function that runs inside the store's thread; argument and result must survive structured cloning. */
export type StoreFunction = (database: StoreDatabase, argument: any) => unknown;

/**
 * What a store's module exports as `store`. The module is imported by the thread, so it holds no closures over the
 * main process and imports little. Functions are synchronous and touch nothing but the database: a write may be run
 * again when the transaction that it was part of could not be committed. A write that throws leaves nothing behind;
 * a ServiceError arrives as one. Byte arrays arrive as Uint8Array, never as Buffer.
 */
export interface StoreDefinition {
  readonly name: string;
  /** SQL scripts: number n brings a file from version n to version n + 1. Never edited once released. */
  readonly migrations: readonly string[];
  /** Each runs in a savepoint of a group-committed transaction. */
  readonly writes: Readonly<Record<string, StoreFunction>>;
  readonly reads: Readonly<Record<string, StoreFunction>>;
}

type Argument<F> = F extends (database: StoreDatabase, argument: infer A) => unknown ? A : never;
type Result<F> = F extends (...parameters: any[]) => infer R ? Awaited<R> : never;

/** A store as the main thread sees it. */
export interface Store<Definition extends StoreDefinition> {
  /** On disk (fsynced) when it resolves. */
  write<Name extends keyof Definition["writes"] & string>(
    name: Name,
    argument: Argument<Definition["writes"][Name]>,
  ): Promise<Result<Definition["writes"][Name]>>;
  /** Sees every write that has resolved. */
  read<Name extends keyof Definition["reads"] & string>(
    name: Name,
    argument: Argument<Definition["reads"][Name]>,
  ): Promise<Result<Definition["reads"][Name]>>;
  /** Hears the signals of writes. Returns what stops it. */
  listen(name: string, listener: (detail: string) => void): () => void;
  /** Settles the calls made so far, then closes the file and ends the thread. */
  close(): Promise<void>;
}

export interface StoreLocation {
  /** URL of the module that exports `store`. */
  readonly module: URL;
  /** Path of the database file; its folder exists. */
  readonly file: string;
}
