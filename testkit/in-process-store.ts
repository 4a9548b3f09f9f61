import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { Store, StoreDatabase, StoreDefinition } from "../src/storage/index.ts";

/**
 * A store's functions on a database in memory and in this thread: the same SQL and the same rules for what a failed
 * write leaves, but every answer comes at a moment that a simulation decides. Closing and opening it again, as after a
 * crash, keeps the content.
 */
export class InProcessStore<Definition extends StoreDefinition> {
  readonly #definition: Definition;
  readonly #connection = new DatabaseSync(":memory:");
  readonly #database: StoreDatabase;
  readonly #listeners = new Map<string, Set<(detail: string) => void>>();
  /** Of the write that is under way; told once it is kept. */
  #signals: (readonly [name: string, detail: string])[] = [];

  constructor(definition: Definition) {
    this.#definition = definition;
    this.#connection.exec("PRAGMA foreign_keys = ON");
    for (const script of definition.migrations) this.#connection.exec(script);
    const prepare = (sql: string) => this.#connection.prepare(sql);
    this.#database = {
      run(sql: string, ...parameters: SQLInputValue[]) {
        const { changes, lastInsertRowid } = prepare(sql).run(...parameters);
        return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
      },
      get: <Row>(sql: string, ...parameters: SQLInputValue[]) =>
        prepare(sql).get(...parameters) as Row | undefined,
      all: <Row>(sql: string, ...parameters: SQLInputValue[]) => prepare(sql).all(...parameters) as Row[],
      iterate: <Row>(sql: string, ...parameters: SQLInputValue[]) =>
        prepare(sql).iterate(...parameters) as Iterable<Row>,
      signal: (name: string, detail = "") => void this.#signals.push([name, detail]),
    };
  }

  /** A handle that refuses everything once it is closed, so that what a crash cut off cannot go on. */
  open(): Store<Definition> {
    let open = true;
    const call = async (kind: "writes" | "reads", name: string, argument: unknown) => {
      if (!open) throw new Error("the store is closed");
      const action = this.#definition[kind][name];
      if (action === undefined) throw new Error(`${name} is none of the store's ${kind}`);
      if (kind === "reads") return structuredClone(action(this.#database, structuredClone(argument)));
      this.#signals = [];
      this.#connection.exec("BEGIN");
      try {
        const result = action(this.#database, structuredClone(argument));
        this.#connection.exec("COMMIT");
        for (const [name, detail] of this.#signals)
          for (const listener of this.#listeners.get(name) ?? []) listener(detail);
        return structuredClone(result);
      } catch (error) {
        this.#connection.exec("ROLLBACK");
        throw error;
      }
    };
    return {
      write: (name: string, argument: unknown) => call("writes", name, argument),
      read: (name: string, argument: unknown) => call("reads", name, argument),
      listen: (name: string, listener: (detail: string) => void) => {
        const told = (detail: string): void => {
          if (open) listener(detail);
        };
        const listeners = this.#listeners.get(name) ?? new Set();
        this.#listeners.set(name, listeners.add(told));
        return () => void listeners.delete(told);
      },
      async close() {
        open = false;
      },
    } as unknown as Store<Definition>;
  }
}
