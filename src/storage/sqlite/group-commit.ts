import { invariant, toError } from "../../base/index.ts";
import { asStorageError, StorageError } from "../errors.ts";
import type { StoreDefinition, StoreFunction } from "../store.ts";
import { type CallMessage, encodeError, type ReplyMessage, type Signal } from "./channel.ts";
import type { Database } from "./database.ts";

interface Outcome {
  readonly replies: ReplyMessage[];
  readonly signals: Signal[];
}

/** Runs the functions of a store: each read by itself, all writes that wait in one transaction. */
export class GroupCommit {
  readonly #database: Database;
  readonly #definition: StoreDefinition;

  constructor(database: Database, definition: StoreDefinition) {
    this.#database = database;
    this.#definition = definition;
  }

  read(call: CallMessage): ReplyMessage {
    const [id, , name, argument] = call;
    try {
      return [id, this.#call(this.#definition.reads, name, argument)];
    } catch (thrown) {
      return failure(call, thrown);
    } finally {
      this.#database.takeSignals();
    }
  }

  /**
   * One transaction for all, a savepoint for each: a write that throws takes back only its own. The outcome may be
   * told when this returns: everything is on disk. When the disk is full the transaction as a whole is lost, so
   * each write is tried again by itself, and the small ones still get through; after an I/O error nothing is.
   */
  write(calls: readonly CallMessage[]): Outcome {
    const signals: Signal[] = [];
    const replies: ReplyMessage[] = [];
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      for (const call of calls) replies.push(this.#writeOne(call, signals));
      this.#database.exec("COMMIT");
      return { replies, signals: distinct(signals) };
    } catch (thrown) {
      this.#database.takeSignals();
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
      const error = asStorageError(toError(thrown));
      if (calls.length === 1 || !(error instanceof StorageError && error.code === "full")) {
        return { replies: calls.map((call) => failure(call, error)), signals: [] };
      }
      const alone = calls.map((call) => this.write([call]));
      return { replies: alone.flatMap((one) => one.replies), signals: alone.flatMap((one) => one.signals) };
    }
  }

  #writeOne(call: CallMessage, signals: Signal[]): ReplyMessage {
    const [id, , name, argument] = call;
    this.#database.run("SAVEPOINT call");
    try {
      const result = this.#call(this.#definition.writes, name, argument);
      this.#database.run("RELEASE call");
      signals.push(...this.#database.takeSignals());
      return [id, result];
    } catch (thrown) {
      // Some errors make SQLite roll back the whole transaction: https://www.sqlite.org/lang_transaction.html
      if (!this.#database.inTransaction) throw thrown;
      this.#database.takeSignals();
      this.#database.run("ROLLBACK TO call");
      this.#database.run("RELEASE call");
      return failure(call, thrown);
    }
  }

  #call(functions: Readonly<Record<string, StoreFunction>>, name: string, argument: unknown): unknown {
    const run = Object.hasOwn(functions, name) ? functions[name] : undefined;
    invariant(run !== undefined, `the store ${this.#definition.name} has no function ${name}`);
    const result = run(this.#database, argument);
    invariant(
      !isThenable(result),
      `${this.#definition.name}.${name} is asynchronous, which a store's function cannot be`,
    );
    return result;
  }
}

function distinct(signals: readonly Signal[]): Signal[] {
  if (signals.length < 2) return [...signals];
  return [...new Map(signals.map((signal) => [JSON.stringify(signal), signal])).values()];
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function failure(call: CallMessage, thrown: unknown): ReplyMessage {
  return [call[0], undefined, encodeError(asStorageError(toError(thrown)))];
}
