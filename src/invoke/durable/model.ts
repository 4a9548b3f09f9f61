import type { ErrorObject, Event, OperationStatus, OperationType } from "@aws-sdk/client-lambda";
import type { UsageSubject } from "../../metering/index.ts";

/**
 * A durable execution and its operations as they are kept,
 * https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html. All times are epoch milliseconds.
 */
export interface Execution {
  /** A UUID; the last part of the ARN. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
  /** The version that started it runs it to its end. */
  readonly version: string;
  readonly name: string;
  readonly traceId: string;
  readonly tenantId?: string;
  readonly startedAt: number;
  readonly executionTimeoutSeconds: number;
  readonly retentionDays: number;
  /** The operation of another execution that waits for this one. */
  readonly parent?: { readonly id: string; readonly operationId: string };
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "STOPPED";
  endedAt?: number;
  result?: string;
  error?: ErrorObject;
  /** Numbers changes of operations. */
  sequence: number;
  /** Changes up to this one were told to the function. */
  told: number;
  /** Changes up to this one were told before the function last asked for more, so it has surely taken them up. */
  takenUp: number;
  /** The last change that was not the function's own doing. */
  happened: number;
  /** Whether something happened that the function has to be invoked for, and not before when. */
  wanted: boolean;
  notBefore: number;
  /** The invocation that runs, and the run of the server that it belongs to. */
  invocation?: { readonly id: string; readonly by: string; readonly startedAt: number };
  /** Counts checkpoints; part of the token that the next one has to bring. */
  token: number;
  /** The last checkpoint, for a repetition of it. */
  checkpoint?: { readonly clientToken: string; readonly token: string; readonly told: readonly string[] };
  /** Invocations in a row that failed, and those that had nothing to wait for. */
  failures: number;
  idle: number;
  operations: number;
  events: number;
  /** Bytes of all checkpoints so far. */
  written: number;
  /** What it is charged to, the function as it was at the start; absent in executions of earlier versions. */
  readonly subject?: UsageSubject;
  /** What is charged so far: how often, for bytes kept now, and for keeping them up to a moment. */
  charged?: { readonly number: number; readonly keptBytes: number; readonly through: number };
}

/** One operation of an execution. */
export interface Operation {
  readonly id: string;
  readonly type: OperationType;
  readonly parentId?: string;
  readonly name?: string;
  readonly subType?: string;
  readonly startedAt: number;
  /** In the order in which they began. */
  readonly order: number;
  status: OperationStatus;
  endedAt?: number;
  /** The execution's number of its last change. */
  changed: number;
  result?: string;
  error?: ErrorObject;
  /** Of a step: attempts that have ended. */
  attempt?: number;
  /** When a wait ends, a step is tried again or a callback is given up. */
  dueAt?: number;
  heartbeat?: { readonly seconds: number; at: number };
  callbackId?: string;
  replayChildren?: boolean;
  invoke?: ChainedInvoke;
}

/** What a chained invoke calls. */
export interface ChainedInvoke {
  readonly functionName: string;
  readonly payload: string;
  /** The durable execution that it started, if the function is durable. */
  readonly childId?: string;
}

/** One entry of the history; numbered when it is kept. */
export type NewEvent = Omit<Event, "EventId" | "EventTimestamp">;

/** What a function gave back. */
export type InvocationResult =
  | { readonly kind: "answer"; readonly payload: string }
  /** It threw, crashed or ran out of time. */
  | { readonly kind: "error"; readonly error: ErrorObject }
  /** It was never run, for want of capacity. */
  | { readonly kind: "throttled" }
  /** It is gone. */
  | { readonly kind: "missing"; readonly error: ErrorObject };

export function isClosed({ status }: Execution): boolean {
  return status !== "RUNNING";
}

const ENDED: ReadonlySet<string> = new Set(["SUCCEEDED", "FAILED", "CANCELLED", "TIMED_OUT", "STOPPED"]);

export function hasEnded({ status }: Operation): boolean {
  return ENDED.has(status);
}
