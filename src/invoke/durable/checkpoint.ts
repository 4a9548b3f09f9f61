import type { OperationUpdate } from "@aws-sdk/client-lambda";
import type { StoreDatabase } from "../../storage/index.ts";
import { fail } from "../errors.ts";
import { type Aftermath, alter, callsOf, insert, type Named, type PendingCall } from "./changes.ts";
import { applyUpdates, type Preparation } from "./machine.ts";
import { type Execution, isClosed, type Operation } from "./model.ts";
import { checkpointToken } from "./names.ts";
import { ExecutionRecord } from "./record.ts";
import { demandValidUpdates, demandWithinLimits } from "./validation.ts";

/** What a function has done since its last checkpoint; a repeated one gets the same answer. */
export function checkpoint(
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
  const calls = callsOf(id, called);
  const others = [...after.others, ...[...started].filter((child) => child !== undefined)];
  const wake = record.commit();
  return {
    token: checkpointToken(execution),
    operations,
    calls,
    after: { ...after, wakeAt: wake, others },
  };
}
