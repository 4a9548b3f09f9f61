import { invariant, invokeLimits } from "../../base/index.ts";
import type { StoreDatabase } from "../../storage/index.ts";
import { executionStarted } from "./history.ts";
import { completeDue, settle } from "./machine.ts";
import { type Execution, hasEnded, isClosed, type Operation } from "./model.ts";
import { ExecutionRecord } from "./record.ts";

/** What is to be done after a change: executions to look at, and when to come back to this one. */
export interface Aftermath {
  readonly wakeAt: number;
  readonly closed: boolean;
  readonly others: readonly string[];
}

/** A chained invoke that is not finished, of a function that is not durable. */
export interface PendingCall {
  readonly id: string;
  readonly operationId: string;
  readonly functionName: string;
  readonly payload: string;
}

/** An execution, and the time in epoch milliseconds. */
export type Named = { readonly id: string; readonly now: number };

/** Ends what is due and makes a change; what starts or waits elsewhere by that is in the aftermath. */
export function alter<Result>(
  database: StoreDatabase,
  record: ExecutionRecord,
  now: number,
  action: (record: ExecutionRecord) => Result,
): { readonly value: Result; readonly after: Aftermath } {
  const running = !isClosed(record.execution);
  completeDue(record, now);
  const value = action(record);
  const closed = isClosed(record.execution);
  const others: string[] = [];
  if (running && closed && tellParent(database, record.execution, now)) {
    others.push(record.execution.parent?.id ?? "");
  }
  return { value, after: { wakeAt: record.commit(), closed, others } };
}

/** The chained invoke that started this execution ends as it did. */
function tellParent(database: StoreDatabase, child: Execution, now: number): boolean {
  if (child.parent === undefined || child.status === "RUNNING") return false;
  const parent = ExecutionRecord.load(database, child.parent.id);
  const operation = parent?.find(child.parent.operationId);
  if (parent === undefined || operation === undefined) return false;
  if (isClosed(parent.execution) || hasEnded(operation)) return false;
  const most = invokeLimits.durablePayloadBytes;
  const seconds = child.executionTimeoutSeconds;
  if (child.status === "SUCCEEDED" && Buffer.byteLength(child.result ?? "") > most) {
    const ErrorMessage = `Execution output payload size must be less than or equal to ${most} bytes.`;
    settle(parent, operation, "FAILED", { Error: { ErrorMessage } }, now);
  } else if (child.status === "TIMED_OUT") {
    const ErrorMessage = `CHAINED_INVOKE timed out after ${seconds} seconds.`;
    settle(parent, operation, "TIMED_OUT", { Error: { ErrorMessage } }, now);
  } else settle(parent, operation, child.status, { Payload: child.result, Error: child.error }, now);
  parent.commit();
  return true;
}

/** One that must be there. */
export function required(database: StoreDatabase, id: string): ExecutionRecord {
  const record = ExecutionRecord.load(database, id);
  invariant(record !== undefined, "a durable execution that is at work is kept");
  return record;
}

/** Starts an execution with its event. */
export function insert(database: StoreDatabase, execution: Execution, input: string): void {
  const { id, account, region, functionName, version, name, startedAt } = execution;
  database.run(
    `INSERT INTO executions (id, account, region, function_name, version, name, status, started_at, input, document)
     VALUES (?, ?, ?, ?, ?, ?, 'RUNNING', ?, ?, '{}')`,
    id,
    account,
    region,
    functionName,
    version,
    name,
    startedAt,
    input,
  );
  const record = new ExecutionRecord(database, execution);
  record.charge({ operations: 1, bytes: Buffer.byteLength(input) }, startedAt);
  record.record(executionStarted(execution, input), startedAt);
  record.commit();
}

/** Of operations, the chained invokes of functions that are not durable. */
export function callsOf(id: string, operations: readonly Operation[]): PendingCall[] {
  return operations.flatMap(({ id: operationId, invoke }) =>
    invoke === undefined || invoke.childId !== undefined ? [] : [{ id, operationId, ...invoke }],
  );
}
