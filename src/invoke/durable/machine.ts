import type { ErrorObject, OperationUpdate } from "@aws-sdk/client-lambda";
import { invokeLimits } from "../../base/index.ts";
import { type Charge, chargeOfEnd, chargeOfStart, keptBytes } from "./charges.ts";
import { executionEnded, operationEnded, operationStarted } from "./history.ts";
import { type ChainedInvoke, type Execution, isClosed, type NewEvent, type Operation } from "./model.ts";
import { callbackId } from "./names.ts";

/** One execution while it is changed. Nothing of it is kept unless the whole change is. */
export interface Ledger {
  readonly execution: Execution;
  find(id: string): Operation | undefined;
  /** Operations that have not ended. */
  open(): Operation[];
  save(operation: Operation): void;
  record(event: NewEvent, at: number): void;
  /** What is charged for the change. */
  charge(charge: Charge, at: number): void;
}

/** What was found out, before a checkpoint, of the functions that it wants to call. */
export type Preparation =
  | { readonly error: ErrorObject }
  | { readonly functionName: string; readonly child?: { readonly id: string; readonly arn: string } };

/** Applies the updates of a checkpoint, which were found valid. Returns the chained invokes that begin. */
export function applyUpdates(
  ledger: Ledger,
  updates: readonly OperationUpdate[],
  prepared: Readonly<Record<string, Preparation>>,
  now: number,
): Operation[] {
  const called: Operation[] = [];
  for (const update of updates) {
    if (update.Type === "EXECUTION") {
      close(ledger, update.Action === "SUCCEED" ? "SUCCEEDED" : "FAILED", update, now);
      continue;
    }
    const present = ledger.find(update.Id ?? "");
    if (update.Action === "START") {
      const operation = start(ledger, present, update, prepared[update.Id ?? ""], now);
      if (operation.invoke !== undefined) called.push(operation);
    } else end(ledger, present ?? create(ledger, update, now), update, now);
  }
  return called;
}

function create(ledger: Ledger, update: OperationUpdate, now: number): Operation {
  const { Id = "", Type = "STEP", ParentId, Name, SubType } = update;
  return {
    id: Id,
    type: Type,
    ...(ParentId === undefined ? {} : { parentId: ParentId }),
    ...(Name === undefined ? {} : { name: Name }),
    ...(SubType === undefined ? {} : { subType: SubType }),
    startedAt: now,
    order: ledger.execution.operations++,
    status: "STARTED",
    changed: 0,
  };
}

function start(
  ledger: Ledger,
  present: Operation | undefined,
  update: OperationUpdate,
  prepared: Preparation | undefined,
  now: number,
): Operation {
  const operation = present ?? create(ledger, update, now);
  operation.status = "STARTED";
  ledger.charge(chargeOfStart(operation.type), now);
  let childArn: string | undefined;
  if (update.Type === "WAIT") operation.dueAt = now + (update.WaitOptions?.WaitSeconds ?? 0) * 1_000;
  if (update.Type === "CALLBACK") {
    operation.callbackId = callbackId(ledger.execution, operation.id);
    const { TimeoutSeconds: timeout = 0, HeartbeatTimeoutSeconds: beat = 0 } = update.CallbackOptions ?? {};
    if (timeout > 0) operation.dueAt = now + timeout * 1_000;
    if (beat > 0) operation.heartbeat = { seconds: beat, at: now + beat * 1_000 };
  }
  if (update.Type === "CHAINED_INVOKE") {
    if (prepared === undefined || "error" in prepared) {
      ledger.record(operationStarted(operation), now);
      finish(ledger, operation, "FAILED", prepared === undefined ? {} : { Error: prepared.error }, now);
      return operation;
    }
    childArn = prepared.child?.arn;
    const invoke: ChainedInvoke = {
      functionName: prepared.functionName,
      payload: update.Payload ?? "{}",
      ...(prepared.child === undefined ? {} : { childId: prepared.child.id }),
    };
    Object.assign(operation, { invoke });
  }
  ledger.record(operationStarted(operation, childArn === undefined ? {} : { childArn }), now);
  change(ledger, operation, "function");
  return operation;
}

function end(ledger: Ledger, operation: Operation, update: OperationUpdate, now: number): void {
  if (update.Type === "STEP") operation.attempt = (operation.attempt ?? 0) + 1;
  if (update.Action === "RETRY") {
    const delay = update.StepOptions?.NextAttemptDelaySeconds ?? 0;
    operation.status = "PENDING";
    operation.dueAt = now + delay * 1_000;
    take(operation, update);
    ledger.charge(chargeOfEnd(operation.type, update), now);
    ledger.record(operationEnded(operation, delay), now);
    change(ledger, operation, "function");
    return;
  }
  if (update.Type === "CONTEXT" && update.ContextOptions?.ReplayChildren === true) {
    operation.replayChildren = true;
  }
  const status = { SUCCEED: "SUCCEEDED", FAIL: "FAILED", CANCEL: "CANCELLED" } as const;
  finish(ledger, operation, status[update.Action as keyof typeof status], update, now, "function");
}

function take(operation: Operation, outcome: Outcome): void {
  delete operation.result;
  delete operation.error;
  if (outcome.Payload !== undefined) operation.result = outcome.Payload;
  if (outcome.Error !== undefined) operation.error = outcome.Error;
}

interface Outcome {
  readonly Payload?: string | undefined;
  readonly Error?: ErrorObject | undefined;
}

function finish(
  ledger: Ledger,
  operation: Operation,
  status: Operation["status"],
  outcome: Outcome,
  now: number,
  by: "function" | "service" = "service",
): void {
  operation.status = status;
  operation.endedAt = now;
  delete operation.heartbeat;
  if (operation.type !== "WAIT") delete operation.dueAt;
  take(operation, outcome);
  ledger.charge(chargeOfEnd(operation.type, outcome), now);
  ledger.record(operationEnded(operation), now);
  change(ledger, operation, by);
}

function change(ledger: Ledger, operation: Operation, by: "function" | "service"): void {
  const { execution } = ledger;
  operation.changed = ++execution.sequence;
  if (by === "service") {
    execution.happened = execution.sequence;
    execution.wanted = true;
  }
  ledger.save(operation);
}

/** Ends what its time has come for, the execution included. */
export function completeDue(ledger: Ledger, now: number): void {
  const { execution } = ledger;
  if (isClosed(execution)) return;
  if (now >= timeoutAt(execution)) {
    const ErrorMessage = `Execution timed out after ${execution.executionTimeoutSeconds} seconds.`;
    close(ledger, "TIMED_OUT", { Error: { ErrorMessage } }, now);
    return;
  }
  for (const operation of ledger.open()) {
    if ((dueOf(operation) ?? Number.POSITIVE_INFINITY) > now) continue;
    if (operation.type === "WAIT") finish(ledger, operation, "SUCCEEDED", {}, now);
    if (operation.type === "STEP") {
      operation.status = "READY";
      delete operation.dueAt;
      change(ledger, operation, "service");
    }
    if (operation.type === "CALLBACK") {
      const whole = (operation.dueAt ?? Number.POSITIVE_INFINITY) <= now;
      finish(
        ledger,
        operation,
        "TIMED_OUT",
        {
          Error: whole
            ? { ErrorMessage: "Callback timed out", ErrorType: "Callback.Timeout" }
            : { ErrorMessage: "Callback timed out on heartbeat", ErrorType: "Callback.Heartbeat" },
        },
        now,
      );
    }
  }
}

/** What somebody outside has sent for a callback, or a chained invoke has come to. */
export function settle(
  ledger: Ledger,
  operation: Operation,
  status: "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "STOPPED",
  outcome: Outcome,
  now: number,
): void {
  finish(ledger, operation, status, outcome, now);
}

export function beat(ledger: Ledger, operation: Operation, now: number): void {
  if (operation.heartbeat === undefined) return;
  operation.heartbeat.at = now + operation.heartbeat.seconds * 1_000;
  ledger.save(operation);
}

export function close(
  ledger: Ledger,
  status: Exclude<Execution["status"], "RUNNING">,
  outcome: Outcome,
  now: number,
): void {
  const { execution } = ledger;
  execution.status = status;
  execution.endedAt = now;
  execution.wanted = false;
  if (outcome.Payload !== undefined) execution.result = outcome.Payload;
  if (outcome.Error !== undefined) execution.error = outcome.Error;
  ledger.charge({ operations: 0, bytes: keptBytes(outcome) }, now);
  ledger.record(executionEnded(execution), now);
}

/** When something is to be done next without anybody calling; epoch milliseconds. */
export function wakeAt(ledger: Ledger): number {
  const { execution } = ledger;
  if (execution.endedAt !== undefined) {
    return execution.endedAt + execution.retentionDays * invokeLimits.durableRetentionDayMs;
  }
  let at = timeoutAt(execution);
  if (execution.wanted && execution.invocation === undefined) at = Math.min(at, execution.notBefore);
  for (const operation of ledger.open()) at = Math.min(at, dueOf(operation) ?? at);
  return at;
}

function timeoutAt({ startedAt, executionTimeoutSeconds }: Execution): number {
  return startedAt + executionTimeoutSeconds * 1_000;
}

function dueOf({ type, status, dueAt, heartbeat }: Operation): number | undefined {
  if (type === "STEP" && status !== "PENDING") return undefined;
  if (heartbeat === undefined) return dueAt;
  return Math.min(dueAt ?? Number.POSITIVE_INFINITY, heartbeat.at);
}
