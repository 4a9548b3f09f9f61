import type { Operation as ShownOperation } from "@aws-sdk/client-lambda";
import type { Execution, Operation } from "./model.ts";

/** An operation as the API shows it, and, with times in milliseconds, as a function is handed it. */
export function describeOperation<Time>({
  operation,
  time,
}: {
  readonly operation: Operation;
  readonly time: (milliseconds: number) => Time;
}): Omit<ShownOperation, "StartTimestamp"> & { StartTimestamp: Time } {
  const { id, type, parentId, name, subType, startedAt, endedAt, status, result, error } = operation;
  const outcome = {
    ...(result === undefined ? {} : { Result: result }),
    ...(error === undefined ? {} : { Error: error }),
  };
  const details = {
    STEP: () => ({
      StepDetails: {
        Attempt: operation.attempt ?? 0,
        ...(status === "PENDING" && operation.dueAt !== undefined
          ? { NextAttemptTimestamp: time(operation.dueAt) }
          : {}),
        ...outcome,
      },
    }),
    WAIT: () => ({
      WaitDetails: operation.dueAt === undefined ? {} : { ScheduledEndTimestamp: time(operation.dueAt) },
    }),
    CALLBACK: () => ({ CallbackDetails: { CallbackId: operation.callbackId, ...outcome } }),
    CHAINED_INVOKE: () => ({ ChainedInvokeDetails: outcome }),
    CONTEXT: () => ({
      ContextDetails: {
        ...(operation.replayChildren === true ? { ReplayChildren: true } : {}),
        ...outcome,
      },
    }),
    EXECUTION: () => ({}),
  }[type];
  return {
    Id: id,
    Type: type,
    ...(parentId === undefined ? {} : { ParentId: parentId }),
    ...(name === undefined ? {} : { Name: name }),
    ...(subType === undefined ? {} : { SubType: subType }),
    StartTimestamp: time(startedAt),
    ...(endedAt === undefined ? {} : { EndTimestamp: time(endedAt) }),
    Status: status,
    ...details(),
  } as ReturnType<typeof describeOperation<Time>>;
}

/** The execution itself as its first operation, which carries what it was started with. */
export function describeStart<Time>(
  { id, name, startedAt }: Execution,
  input: string,
  time: (milliseconds: number) => Time,
) {
  return {
    Id: id,
    Type: "EXECUTION" as const,
    Name: name,
    StartTimestamp: time(startedAt),
    Status: "STARTED" as const,
    ExecutionDetails: { InputPayload: input },
  };
}
