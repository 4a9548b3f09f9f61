import type { OperationAction, OperationUpdate } from "@aws-sdk/client-lambda";
import { invokeLimits } from "../../base/index.ts";
import { fail } from "../errors.ts";
import type { Execution, Operation } from "./model.ts";

const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  STEP: ["START", "SUCCEED", "FAIL", "RETRY"],
  CONTEXT: ["START", "SUCCEED", "FAIL"],
  WAIT: ["START", "CANCEL"],
  CALLBACK: ["START"],
  CHAINED_INVOKE: ["START"],
  EXECUTION: ["SUCCEED", "FAIL"],
};

/** Statuses that an operation must have for an action on it; what is not listed is free. */
const FROM: Readonly<Record<string, { readonly statuses: readonly string[]; readonly verb: string }>> = {
  "STEP START": { statuses: ["READY"], verb: "start" },
  "STEP SUCCEED": { statuses: ["STARTED", "READY"], verb: "close" },
  "STEP FAIL": { statuses: ["STARTED", "READY"], verb: "close" },
  "STEP RETRY": { statuses: ["STARTED", "READY"], verb: "re-attempt" },
  "CONTEXT SUCCEED": { statuses: ["STARTED"], verb: "close" },
  "CONTEXT FAIL": { statuses: ["STARTED"], verb: "close" },
  "WAIT CANCEL": { statuses: ["STARTED"], verb: "cancel" },
};

/**
 * Throws InvalidParameterValueException unless all updates of one checkpoint can be applied.
 * https://docs.aws.amazon.com/lambda/latest/api/API_CheckpointDurableExecution.html
 */
export function demandValidUpdates(
  updates: readonly OperationUpdate[],
  find: (id: string) => Operation | undefined,
): void {
  const closing = updates.filter(({ Type }) => Type === "EXECUTION");
  if (closing.length > 1) throw invalid("Cannot checkpoint multiple EXECUTION updates.");
  if (closing.length > 0 && updates.at(-1)?.Type !== "EXECUTION") {
    throw invalid("EXECUTION checkpoint must be the last update.");
  }
  const last = new Map<string, OperationUpdate>();
  const started = new Map<string, OperationUpdate>();
  for (const update of updates) {
    const id = update.Id ?? "";
    const before = last.get(id);
    if (before !== undefined && !mayFollow(before, update)) {
      throw invalid("Cannot checkpoint multiple operations with the same ID.");
    }
    const parent = update.ParentId;
    if (parent !== undefined && (started.get(parent)?.Type ?? find(parent)?.type) !== "CONTEXT") {
      throw invalid("Invalid parent operation id.");
    }
    const present = before === undefined ? find(id) : undefined;
    demandConsistent(update, present, before);
    demandPayload(update);
    demandTransition(update, present);
    if (update.Action === "START") started.set(id, update);
    last.set(id, update);
  }
}

/** A step or context may begin and end in one checkpoint. */
function mayFollow(before: OperationUpdate, update: OperationUpdate): boolean {
  return (
    (before.Type === "STEP" || before.Type === "CONTEXT") &&
    before.Action === "START" &&
    update.Action !== "START"
  );
}

function demandConsistent(
  update: OperationUpdate,
  present: Operation | undefined,
  before: OperationUpdate | undefined,
): void {
  const known =
    present === undefined
      ? before && { type: before.Type, subType: before.SubType, name: before.Name, parentId: before.ParentId }
      : present;
  if (known === undefined) return;
  if (update.Type !== known.type) throw invalid("Inconsistent operation type.");
  if (update.SubType !== undefined && update.SubType !== known.subType) {
    throw invalid("Inconsistent operation subtype.");
  }
  if (update.Name !== undefined && update.Name !== known.name) throw invalid("Inconsistent operation name.");
  if (update.ParentId !== undefined && update.ParentId !== known.parentId) {
    throw invalid("Inconsistent parent operation id.");
  }
}

function demandPayload({ Type, Action, Payload, Error: error }: OperationUpdate): void {
  const errorBytes = error === undefined ? 0 : Buffer.byteLength(JSON.stringify(error));
  if (errorBytes > invokeLimits.durableErrorBytes) {
    throw invalid(`Error object size must be less than ${invokeLimits.durableErrorBytes} bytes.`);
  }
  const most = invokeLimits.durablePayloadBytes;
  if (Type !== "EXECUTION" && Payload !== undefined && Buffer.byteLength(Payload) > most) {
    throw invalid(`${Type} input payload size must be less than or equal to ${most} bytes.`);
  }
  if (Action === "FAIL" && Payload !== undefined) throw invalid("Cannot provide a Payload for FAIL action.");
  if (Action === "SUCCEED" && error !== undefined) {
    throw invalid("Cannot provide an Error for SUCCEED action.");
  }
}

function demandTransition(update: OperationUpdate, present: Operation | undefined): void {
  const { Type = "", Action = "" } = update as { Type?: string; Action?: OperationAction };
  const actions = ACTIONS[Type];
  if (actions === undefined) throw invalid("Invalid operation type.");
  if (!actions.includes(Action)) throw invalid("Invalid action for the given operation type.");
  if (present !== undefined) {
    const from = FROM[`${Type} ${Action}`];
    if (from !== undefined && !from.statuses.includes(present.status)) {
      throw invalid(`Invalid current ${Type} state to ${from.verb}.`);
    }
    if (from === undefined && Action === "START") throw invalid(`Cannot start a ${Type} that already exist.`);
  } else if (Type === "WAIT" && Action === "CANCEL") {
    throw invalid("Cannot cancel a WAIT that does not exist.");
  }
  if (Action === "RETRY") {
    if (update.StepOptions?.NextAttemptDelaySeconds === undefined) {
      throw invalid("Invalid StepOptions for the given action.");
    }
    if (update.Error !== undefined && update.Payload !== undefined) {
      throw invalid("Cannot provide both error and payload to RETRY a STEP.");
    }
  }
  if (Type === "WAIT" && Action === "START" && update.WaitOptions?.WaitSeconds === undefined) {
    throw invalid("Invalid WaitOptions for the given action.");
  }
  if (Type === "CHAINED_INVOKE" && update.ChainedInvokeOptions?.FunctionName === undefined) {
    throw invalid("Update for CHAINED_INVOKE operation requires ChainedInvokeOptions.");
  }
}

/** Throws InvalidParameterValueException if a checkpoint makes an execution larger than one may be. */
export function demandWithinLimits({ operations, written }: Execution): void {
  const { durableOperations, durableWrittenBytes } = invokeLimits;
  if (operations > durableOperations) {
    throw invalid(`An execution must have at most ${durableOperations} operations.`);
  }
  if (written > durableWrittenBytes) {
    throw invalid(`The checkpoints of an execution must have at most ${durableWrittenBytes} bytes.`);
  }
}

function invalid(message: string) {
  return fail("InvalidParameterValueException", { with: message });
}
