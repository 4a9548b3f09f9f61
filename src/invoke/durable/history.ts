import type { ErrorObject, Event } from "@aws-sdk/client-lambda";
import type { Execution, NewEvent, Operation } from "./model.ts";

/** Entries of an execution's history, https://docs.aws.amazon.com/lambda/latest/api/API_Event.html */

export function executionStarted({ executionTimeoutSeconds, name, id }: Execution, input: string): NewEvent {
  return {
    EventType: "ExecutionStarted",
    Id: id,
    Name: name,
    ExecutionStartedDetails: { Input: { Payload: input }, ExecutionTimeout: executionTimeoutSeconds },
  };
}

export function executionEnded({ id, name, status, result, error }: Execution): NewEvent {
  const shared = { Id: id, Name: name };
  const failure = { Error: errorOf(error) };
  switch (status) {
    case "SUCCEEDED":
      return {
        ...shared,
        EventType: "ExecutionSucceeded",
        ExecutionSucceededDetails: { Result: resultOf(result) },
      };
    case "TIMED_OUT":
      return { ...shared, EventType: "ExecutionTimedOut", ExecutionTimedOutDetails: failure };
    case "STOPPED":
      return { ...shared, EventType: "ExecutionStopped", ExecutionStoppedDetails: failure };
    default:
      return { ...shared, EventType: "ExecutionFailed", ExecutionFailedDetails: failure };
  }
}

export function invocationCompleted(
  startedAt: number,
  endedAt: number,
  requestId: string,
  error: ErrorObject | undefined,
): NewEvent {
  return {
    EventType: "InvocationCompleted",
    InvocationCompletedDetails: {
      StartTimestamp: new Date(startedAt),
      EndTimestamp: new Date(endedAt),
      RequestId: requestId,
      ...(error === undefined ? {} : { Error: errorOf(error) }),
    },
  };
}

export function operationStarted(operation: Operation, details: { childArn?: string } = {}): NewEvent {
  const shared = sharedMembers(operation);
  switch (operation.type) {
    case "WAIT":
      return {
        ...shared,
        EventType: "WaitStarted",
        WaitStartedDetails: {
          Duration: seconds(operation.startedAt, operation.dueAt),
          ScheduledEndTimestamp: new Date(operation.dueAt ?? operation.startedAt),
        },
      };
    case "CALLBACK":
      return {
        ...shared,
        EventType: "CallbackStarted",
        CallbackStartedDetails: {
          CallbackId: operation.callbackId,
          ...(operation.dueAt === undefined
            ? {}
            : { Timeout: seconds(operation.startedAt, operation.dueAt) }),
          ...(operation.heartbeat === undefined ? {} : { HeartbeatTimeout: operation.heartbeat.seconds }),
        },
      };
    case "CHAINED_INVOKE":
      return {
        ...shared,
        EventType: "ChainedInvokeStarted",
        ChainedInvokeStartedDetails: {
          FunctionName: operation.invoke?.functionName,
          Input: { Payload: operation.invoke?.payload },
          ...(details.childArn === undefined ? {} : { DurableExecutionArn: details.childArn }),
        },
      };
    case "CONTEXT":
      return { ...shared, EventType: "ContextStarted", ContextStartedDetails: {} };
    default:
      return { ...shared, EventType: "StepStarted", StepStartedDetails: {} };
  }
}

/** `retry` is the delay in seconds before a step's next attempt. */
export function operationEnded(operation: Operation, retry?: number): NewEvent {
  const shared = sharedMembers(operation);
  const { result, error, status } = operation;
  const success = { Result: resultOf(result) };
  const failure = { Error: errorOf(error) };
  const failed = error !== undefined || status === "FAILED";
  const retries = {
    RetryDetails: {
      CurrentAttempt: operation.attempt ?? 1,
      ...(retry === undefined ? {} : { NextAttemptDelaySeconds: retry }),
    },
  };
  switch (operation.type) {
    case "STEP":
      return failed
        ? { ...shared, EventType: "StepFailed", StepFailedDetails: { ...failure, ...retries } }
        : { ...shared, EventType: "StepSucceeded", StepSucceededDetails: { ...success, ...retries } };
    case "WAIT":
      return status === "CANCELLED"
        ? { ...shared, EventType: "WaitCancelled", WaitCancelledDetails: {} }
        : {
            ...shared,
            EventType: "WaitSucceeded",
            WaitSucceededDetails: { Duration: seconds(operation.startedAt, operation.endedAt) },
          };
    case "CALLBACK":
      if (status === "TIMED_OUT")
        return { ...shared, EventType: "CallbackTimedOut", CallbackTimedOutDetails: failure };
      return failed
        ? { ...shared, EventType: "CallbackFailed", CallbackFailedDetails: failure }
        : { ...shared, EventType: "CallbackSucceeded", CallbackSucceededDetails: success };
    case "CHAINED_INVOKE":
      if (status === "TIMED_OUT")
        return { ...shared, EventType: "ChainedInvokeTimedOut", ChainedInvokeTimedOutDetails: failure };
      if (status === "STOPPED")
        return { ...shared, EventType: "ChainedInvokeStopped", ChainedInvokeStoppedDetails: failure };
      return failed
        ? { ...shared, EventType: "ChainedInvokeFailed", ChainedInvokeFailedDetails: failure }
        : { ...shared, EventType: "ChainedInvokeSucceeded", ChainedInvokeSucceededDetails: success };
    default:
      return failed
        ? { ...shared, EventType: "ContextFailed", ContextFailedDetails: failure }
        : { ...shared, EventType: "ContextSucceeded", ContextSucceededDetails: success };
  }
}

const TIMES = ["StartTimestamp", "EndTimestamp", "ScheduledEndTimestamp"];

/** An entry as it was kept: what JSON made text of is time again. */
export function revivedEvent(kept: string, number: number, at: number): Event {
  const event = JSON.parse(kept, (member, value: unknown) =>
    TIMES.includes(member) && typeof value === "string" ? new Date(value) : value,
  ) as NewEvent;
  return { ...event, EventId: number, EventTimestamp: new Date(at) };
}

/** The entry without what functions passed and gave back, unless that is asked for. */
export function shownEvent(event: Event, withData: boolean): Event {
  if (withData) return event;
  const shown: Event & Record<string, unknown> = { ...event };
  for (const [member, details] of Object.entries(event)) {
    if (!member.endsWith("Details") || typeof details !== "object" || details === null) continue;
    const reduced: Record<string, unknown> = { ...(details as object) };
    for (const part of ["Input", "Result", "Error"]) if (part in reduced) reduced[part] = {};
    shown[member] = reduced;
  }
  return shown;
}

function sharedMembers({ id, name, parentId, subType }: Operation) {
  return {
    Id: id,
    ...(name === undefined ? {} : { Name: name }),
    ...(parentId === undefined ? {} : { ParentId: parentId }),
    ...(subType === undefined ? {} : { SubType: subType }),
  };
}

function resultOf(result: string | undefined) {
  return result === undefined ? {} : { Payload: result };
}

function errorOf(error: ErrorObject | undefined) {
  return error === undefined ? {} : { Payload: error };
}

function seconds(from: number, to: number | undefined): number {
  return Math.round(((to ?? from) - from) / 1_000);
}
