import type { ErrorObject, OperationUpdate } from "@aws-sdk/client-lambda";
import { invariant, invokeLimits } from "../../base/index.ts";
import {
  outboxMigration,
  outboxReads,
  outboxWrites,
  type StoreDatabase,
  type StoreDefinition,
} from "../../storage/index.ts";
import { fail } from "../errors.ts";
import { executionStarted } from "./history.ts";
import { abandonInvocation, beginInvocation, endInvocation } from "./invocations.ts";
import { applyUpdates, beat, close, completeDue, type Preparation, settle } from "./machine.ts";
import { type Execution, hasEnded, type InvocationResult, isClosed, type Operation } from "./model.ts";
import { checkpointToken } from "./names.ts";
import { pageOf, reads } from "./reads.ts";
import { ExecutionRecord } from "./record.ts";
import { demandValidUpdates, demandWithinLimits } from "./validation.ts";

const schema = `
  CREATE TABLE executions (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    function_name TEXT NOT NULL,
    version TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    input TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (account, region, function_name, name)
  );
  CREATE INDEX executions_by_start ON executions (account, region, function_name, started_at, id);
  CREATE INDEX executions_running ON executions (id) WHERE status = 'RUNNING';
  CREATE TABLE operations (
    execution_id TEXT NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    position INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (execution_id, id)
  );
  CREATE INDEX operations_by_position ON operations (execution_id, position);
  CREATE INDEX operations_by_change ON operations (execution_id, changed);
  CREATE INDEX operations_open ON operations (execution_id, position) WHERE ended = 0;
  CREATE TABLE events (
    execution_id TEXT NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (execution_id, number)
  );
`;

/** What is to be done after a change: executions to look at, and when to come back to this one. */
export interface Aftermath {
  readonly wakeAt: number;
  readonly closed: boolean;
  readonly others: readonly string[];
}

/** The first page of what a function starts from. */
export interface Begun {
  readonly execution: Execution;
  readonly input: string;
  readonly token: string;
  readonly operations: readonly Operation[];
  /** Position of the last operation of the page, if more follow. */
  readonly more?: number;
}

/** A chained invoke that is not finished, of a function that is not durable. */
export interface PendingCall {
  readonly id: string;
  readonly operationId: string;
  readonly functionName: string;
  readonly payload: string;
}

type Named = { readonly id: string; readonly now: number };

function alter<Result>(
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

function required(database: StoreDatabase, id: string): ExecutionRecord {
  const record = ExecutionRecord.load(database, id);
  invariant(record !== undefined, "a durable execution that is at work is kept");
  return record;
}

function insert(database: StoreDatabase, execution: Execution, input: string): void {
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

const writes = {
  /** A second start under the same name finds the first, if it is for the same event. */
  start(
    database: StoreDatabase,
    { execution, input }: { readonly execution: Execution; readonly input: string },
  ): { readonly outcome: "started" | "found" | "conflict"; readonly execution: Execution } {
    const { account, region, functionName, name } = execution;
    const found = database.get<{ input: string; document: string }>(
      "SELECT input, document FROM executions WHERE account = ? AND region = ? AND function_name = ? AND name = ?",
      account,
      region,
      functionName,
      name,
    );
    if (found !== undefined) {
      const outcome = found.input === input ? "found" : "conflict";
      return { outcome, execution: JSON.parse(found.document) as Execution };
    }
    insert(database, execution, input);
    return { outcome: "started", execution };
  },

  begin(
    database: StoreDatabase,
    request: Named & { readonly invocationId: string; readonly by: string },
  ): { readonly begun: Begun | undefined; readonly after: Aftermath } | undefined {
    const { id, now } = request;
    const found = ExecutionRecord.load(database, id);
    if (found === undefined) return undefined;
    const { value, after } = alter(database, found, now, (record) => beginInvocation(record, request));
    if (!value) return { begun: undefined, after };
    const { execution } = found;
    const input =
      database.get<{ input: string }>("SELECT input FROM executions WHERE id = ?", id)?.input ?? "";
    const page = pageOf(database, {
      id,
      after: -1,
      items: invokeLimits.durablePageItems,
      bytes: invokeLimits.durablePageBytes - input.length,
    });
    return { begun: { execution, input, token: checkpointToken(execution), ...page }, after };
  },

  end(
    database: StoreDatabase,
    { id, now, invocationId, result }: Named & { invocationId: string; result: InvocationResult },
  ): Aftermath {
    return alter(database, required(database, id), now, (record) => {
      if (record.execution.invocation?.id === invocationId) endInvocation(record, result, now);
    }).after;
  },

  /** Ends what is due; forgets the execution when it has been kept long enough. */
  wake(database: StoreDatabase, { id, now }: Named): Aftermath | undefined {
    const found = ExecutionRecord.load(database, id);
    if (found === undefined) return undefined;
    const { after } = alter(database, found, now, () => undefined);
    if (!after.closed || after.wakeAt > now) return after;
    database.run("DELETE FROM executions WHERE id = ?", id);
    return undefined;
  },

  /** Forgets what has been kept long enough. */
  sweep(database: StoreDatabase, now: number): number {
    return database.run(
      "DELETE FROM executions WHERE ended_at + json_extract(document, '$.retentionDays') * ? <= ?",
      invokeLimits.durableRetentionDayMs,
      now,
    ).changes;
  },

  /** After a start of the server; `by` names its run. */
  recover(
    database: StoreDatabase,
    { id, now, by }: Named & { readonly by: string },
  ): { readonly after: Aftermath; readonly calls: readonly PendingCall[] } {
    const record = required(database, id);
    const { after } = alter(database, record, now, () => abandonInvocation(record, by));
    const calls = record
      .open()
      .flatMap(({ id: operationId, invoke }) =>
        invoke === undefined || invoke.childId !== undefined ? [] : [{ id, operationId, ...invoke }],
      );
    return { after, calls: after.closed ? [] : calls };
  },

  checkpoint(
    database: StoreDatabase,
    request: Named & {
      readonly token: string;
      readonly clientToken: string | undefined;
      readonly updates: readonly OperationUpdate[];
      readonly prepared: Readonly<Record<string, Preparation>>;
      /** Executions that chained invokes start, with their events. */
      readonly children: readonly { readonly execution: Execution; readonly input: string }[];
    },
  ): {
    readonly token: string;
    readonly operations: readonly Operation[];
    readonly calls: readonly PendingCall[];
    readonly after: Aftermath;
  } {
    const { id, now, token, clientToken, updates, prepared, children } = request;
    const record = ExecutionRecord.load(database, id);
    if (record === undefined)
      throw fail("InvalidParameterValueException", { with: "Invalid checkpoint token" });
    const { execution } = record;
    const last = execution.checkpoint;
    if (last !== undefined && last.clientToken === clientToken && last.token === token) {
      const operations = last.told.flatMap((told) => record.find(told) ?? []);
      const after = { wakeAt: record.commit(), closed: isClosed(execution), others: [] };
      return { token: checkpointToken(execution), operations, calls: [], after };
    }
    if (isClosed(execution) || execution.invocation === undefined || token !== checkpointToken(execution)) {
      throw fail("InvalidParameterValueException", { with: "Invalid checkpoint token" });
    }
    demandValidUpdates(updates, (operationId) => record.find(operationId));
    execution.takenUp = execution.told;
    const { value: called, after } = alter(database, record, now, () =>
      isClosed(execution) ? [] : applyUpdates(record, updates, prepared, now),
    );
    const started = new Set(called.map(({ invoke }) => invoke?.childId));
    execution.written += Buffer.byteLength(JSON.stringify(updates));
    demandWithinLimits(execution);
    for (const child of children) {
      if (started.has(child.execution.id)) insert(database, child.execution, child.input);
    }
    const operations = record.changedAfter(execution.told);
    execution.told = execution.sequence;
    execution.token += 1;
    if (clientToken !== undefined) {
      execution.checkpoint = { clientToken, token, told: operations.map((operation) => operation.id) };
    }
    const calls = called.flatMap(({ id: operationId, invoke }) =>
      invoke === undefined || invoke.childId !== undefined ? [] : [{ id, operationId, ...invoke }],
    );
    const others = [...after.others, ...[...started].filter((child) => child !== undefined)];
    const wake = record.commit();
    return {
      token: checkpointToken(execution),
      operations,
      calls,
      after: { ...after, wakeAt: wake, others },
    };
  },

  /** Ends a chained invoke of a function that is not durable. */
  called(
    database: StoreDatabase,
    {
      id,
      now,
      operationId,
      result,
      error,
    }: Named & { operationId: string; result?: string | undefined; error?: ErrorObject | undefined },
  ): Aftermath | undefined {
    const found = ExecutionRecord.load(database, id);
    if (found === undefined) return undefined;
    return alter(database, found, now, (record) => {
      const operation = record.find(operationId);
      if (operation === undefined || hasEnded(operation) || isClosed(record.execution)) return;
      settle(
        record,
        operation,
        error === undefined ? "SUCCEEDED" : "FAILED",
        { Payload: result, Error: error },
        now,
      );
    }).after;
  },

  callback(
    database: StoreDatabase,
    request: Named & {
      readonly account: string;
      readonly region: string;
      readonly operationId: string;
      readonly action: "succeed" | "fail" | "heartbeat";
      readonly result?: string | undefined;
      readonly error?: ErrorObject | undefined;
    },
  ): Aftermath {
    const { id, now, account, region, operationId, action, result, error } = request;
    const found = ExecutionRecord.load(database, id);
    const missing = () => fail("ResourceNotFoundException", { with: "Callback not found." });
    if (found === undefined) throw missing();
    if (found.execution.account !== account || found.execution.region !== region) throw missing();
    return alter(database, found, now, (record) => {
      const operation = record.find(operationId);
      if (operation?.type !== "CALLBACK") throw missing();
      if (operation.status === "TIMED_OUT" || (isClosed(record.execution) && !hasEnded(operation))) {
        throw fail("CallbackTimeoutException", { with: "The callback has timed out." });
      }
      if (hasEnded(operation)) {
        throw fail("ResourceNotFoundException", { with: "The callback has been completed already." });
      }
      if (action === "heartbeat") beat(record, operation, now);
      else if (action === "succeed") settle(record, operation, "SUCCEEDED", { Payload: result }, now);
      else settle(record, operation, "FAILED", { Error: error ?? {} }, now);
    }).after;
  },

  /** Harmless to one that has ended. */
  stop(
    database: StoreDatabase,
    { id, now, error }: Named & { readonly error: ErrorObject },
  ): { readonly stoppedAt: number; readonly after: Aftermath } {
    const record = required(database, id);
    const { after } = alter(database, record, now, () => {
      if (!isClosed(record.execution)) close(record, "STOPPED", { Error: error }, now);
    });
    return { stoppedAt: record.execution.endedAt ?? now, after };
  },
};

/** Durable executions, in one file: what a function was told is kept has been written and synced. */
export const store = {
  name: "durable",
  migrations: [schema, outboxMigration],
  writes: { ...writes, ...outboxWrites },
  reads: { ...reads, ...outboxReads },
} satisfies StoreDefinition;

export type DurableStore = typeof store;
