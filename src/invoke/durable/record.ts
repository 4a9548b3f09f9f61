import { appendOutbox, type Json, type StoreDatabase } from "../../storage/index.ts";
import { account, CHARGES, type Charge } from "./charges.ts";
import { type Ledger, wakeAt } from "./machine.ts";
import { type Execution, hasEnded, type NewEvent, type Operation } from "./model.ts";

interface OperationRow {
  readonly document: string;
}

/** One execution inside a write of the store: operations are fetched as they are asked for. */
export class ExecutionRecord implements Ledger {
  readonly execution: Execution;
  readonly #database: StoreDatabase;
  readonly #operations = new Map<string, Operation>();
  /** Since the last `commit`. */
  #charged: (Charge & { readonly at: number }) | undefined;

  constructor(database: StoreDatabase, execution: Execution) {
    this.#database = database;
    this.execution = execution;
  }

  static load(database: StoreDatabase, id: string): ExecutionRecord | undefined {
    const row = database.get<{ document: string }>("SELECT document FROM executions WHERE id = ?", id);
    return row === undefined
      ? undefined
      : new ExecutionRecord(database, JSON.parse(row.document) as Execution);
  }

  find(id: string): Operation | undefined {
    const known = this.#operations.get(id);
    if (known !== undefined) return known;
    const row = this.#database.get<OperationRow>(
      "SELECT document FROM operations WHERE execution_id = ? AND id = ?",
      this.execution.id,
      id,
    );
    return row === undefined ? undefined : this.#keep(row);
  }

  open(): Operation[] {
    return this.#database
      .all<OperationRow>(
        "SELECT document FROM operations WHERE execution_id = ? AND ended = 0 ORDER BY position",
        this.execution.id,
      )
      .map((row) => this.#keep(row));
  }

  /** Operations that changed after the execution's change `changed`, in the order in which they did. */
  changedAfter(changed: number): Operation[] {
    return this.#database
      .all<OperationRow>(
        "SELECT document FROM operations WHERE execution_id = ? AND changed > ? ORDER BY changed",
        this.execution.id,
        changed,
      )
      .map((row) => this.#keep(row));
  }

  save(operation: Operation): void {
    this.#operations.set(operation.id, operation);
    this.#database.run(
      `INSERT INTO operations (execution_id, id, position, changed, ended, document) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (execution_id, id) DO UPDATE SET changed = excluded.changed, ended = excluded.ended,
         document = excluded.document`,
      this.execution.id,
      operation.id,
      operation.order,
      operation.changed,
      hasEnded(operation) ? 1 : 0,
      JSON.stringify(operation),
    );
  }

  record(event: NewEvent, at: number): void {
    this.execution.events += 1;
    this.#database.run(
      "INSERT INTO events (execution_id, number, at, document) VALUES (?, ?, ?, ?)",
      this.execution.id,
      this.execution.events,
      at,
      JSON.stringify(event),
    );
  }

  charge({ operations, bytes }: Charge, at: number): void {
    const before = this.#charged ?? { operations: 0, bytes: 0 };
    this.#charged = { operations: before.operations + operations, bytes: before.bytes + bytes, at };
  }

  /** Keeps what was changed of the execution itself. Returns when it is to be looked at next. */
  commit(): number {
    const at = wakeAt(this);
    if (this.#charged !== undefined) {
      const { number, ...charged } = account(this.execution, this.#charged, this.#charged.at);
      const id = `${this.execution.id}/${number}`;
      appendOutbox(this.#database, {
        id,
        topic: CHARGES,
        payload: { number, ...charged } as unknown as Json,
      });
      this.#charged = undefined;
    }
    this.#database.run(
      "UPDATE executions SET status = ?, ended_at = ?, document = ? WHERE id = ?",
      this.execution.status,
      this.execution.endedAt ?? null,
      JSON.stringify(this.execution),
      this.execution.id,
    );
    return at;
  }

  #keep(row: OperationRow): Operation {
    const read = JSON.parse(row.document) as Operation;
    const known = this.#operations.get(read.id);
    if (known !== undefined) return known;
    this.#operations.set(read.id, read);
    return read;
  }
}
