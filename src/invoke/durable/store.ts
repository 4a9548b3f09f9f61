import type { ErrorObject } from "@aws-sdk/client-lambda";
import { invokeLimits } from "../../base/index.ts";
import {
  outboxMigration,
  outboxReads,
  outboxWrites,
  type StoreDatabase,
  type StoreDefinition,
} from "../../storage/index.ts";
import { fail } from "../errors.ts";
import { type Aftermath, alter, callsOf, insert, type Named, type PendingCall, required } from "./changes.ts";
import { checkpoint } from "./checkpoint.ts";
import { abandonInvocation, beginInvocation, endInvocation } from "./invocations.ts";
import { beat, close, settle } from "./machine.ts";
import { type Execution, hasEnded, type InvocationResult, isClosed, type Operation } from "./model.ts";
import { checkpointToken } from "./names.ts";
import { pageOf, reads } from "./reads.ts";
import { ExecutionRecord } from "./record.ts";
import { schema } from "./schema.ts";

/** The first page of what a function starts from. */
export interface Begun {
  readonly execution: Execution;
  readonly input: string;
  readonly token: string;
  readonly operations: readonly Operation[];
  /** Position of the last operation of the page, if more follow. */
  readonly more?: number;
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
    return { after, calls: after.closed ? [] : callsOf(id, record.open()) };
  },

  checkpoint,

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
