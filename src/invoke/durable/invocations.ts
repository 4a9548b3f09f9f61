import type { ErrorObject } from "@aws-sdk/client-lambda";
import { invokeLimits } from "../../base/index.ts";
import { keptBytes } from "./charges.ts";
import { invocationCompleted } from "./history.ts";
import { close, type Ledger } from "./machine.ts";
import { type InvocationResult, isClosed } from "./model.ts";

/** Takes the execution for one invocation; false if it needs none now. */
export function beginInvocation(
  ledger: Ledger,
  { invocationId, by, now }: { readonly invocationId: string; readonly by: string; readonly now: number },
): boolean {
  const { execution } = ledger;
  if (isClosed(execution) || execution.invocation !== undefined) return false;
  if (!execution.wanted || execution.notBefore > now) return false;
  execution.wanted = false;
  execution.invocation = { id: invocationId, by, startedAt: now };
  execution.token += 1;
  // The function starts from everything there is.
  execution.told = execution.sequence;
  execution.takenUp = execution.sequence;
  delete execution.checkpoint;
  return true;
}

/** What an invocation has come to: the end, a wait, or another try. */
export function endInvocation(ledger: Ledger, result: InvocationResult, now: number): void {
  const { execution } = ledger;
  const { invocation } = execution;
  if (invocation === undefined) return;
  delete execution.invocation;
  const answer = result.kind === "answer" ? readAnswer(result.payload) : undefined;
  const error = answer === undefined ? (result as { error?: ErrorObject }).error : answer.error;
  if (result.kind !== "throttled") {
    const failed = answer === undefined ? error : undefined;
    ledger.record(invocationCompleted(invocation.startedAt, now, invocation.id, failed), now);
  }
  if (isClosed(execution)) return;
  if (result.kind === "throttled") retryAfter(ledger, now, invokeLimits.durableThrottledMs);
  else if (result.kind === "missing") close(ledger, "FAILED", { Error: error }, now);
  else if (answer === undefined) retry(ledger, error, now);
  else if (answer.status === "PENDING") suspend(ledger, now);
  else {
    execution.failures = 0;
    const outcome = answer.status === "SUCCEEDED" ? { Payload: answer.result } : { Error: error };
    close(ledger, answer.status, outcome, now);
  }
}

/** An invocation that the end of another run cut off. Its function may have done anything, so it runs again. */
export function abandonInvocation(ledger: Ledger, by: string): void {
  const { execution } = ledger;
  if (execution.invocation === undefined || isClosed(execution)) return;
  if (execution.invocation.by === by) return;
  delete execution.invocation;
  execution.wanted = true;
}

function suspend(ledger: Ledger, now: number): void {
  const { execution } = ledger;
  execution.wanted = execution.happened > execution.takenUp;
  execution.notBefore = now;
  execution.failures = 0;
  if (execution.wanted || ledger.open().some(isAwaited)) {
    execution.idle = 0;
    return;
  }
  execution.idle += 1;
  const error = {
    ErrorMessage: "Cannot return PENDING status with no pending operations.",
    ErrorType: "InvalidParameterValueException",
  };
  if (execution.idle >= invokeLimits.durableIdleAnswers) close(ledger, "FAILED", { Error: error }, now);
  else retryAfter(ledger, now, invokeLimits.durableRetryFirstMs);
}

function isAwaited({ type, status }: { readonly type: string; readonly status: string }): boolean {
  if (type === "STEP") return status === "PENDING";
  return (type === "WAIT" || type === "CALLBACK" || type === "CHAINED_INVOKE") && status === "STARTED";
}

function retry(ledger: Ledger, error: ErrorObject | undefined, now: number): void {
  const { execution } = ledger;
  execution.failures += 1;
  if (execution.failures >= invokeLimits.durableInvocationAttempts) {
    close(ledger, "FAILED", { Error: error }, now);
    return;
  }
  ledger.charge({ operations: 1, bytes: keptBytes({ Error: error }) }, now);
  const delayMs = invokeLimits.durableRetryFirstMs * 2 ** (execution.failures - 1);
  retryAfter(ledger, now, Math.min(delayMs, invokeLimits.durableRetryMostMs));
}

function retryAfter({ execution }: Ledger, now: number, delayMs: number): void {
  execution.wanted = true;
  execution.notBefore = now + delayMs;
}

interface Answer {
  readonly status: "SUCCEEDED" | "FAILED" | "PENDING";
  readonly result?: string | undefined;
  readonly error?: ErrorObject | undefined;
}

/** What a durable function answers; anything else fails its execution. */
function readAnswer(payload: string): Answer {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    // Answered below like every other answer that makes no sense.
  }
  const {
    Status: status,
    Result: result,
    Error: error,
  } = (value ?? {}) as { readonly Status?: unknown; readonly Result?: unknown; readonly Error?: unknown };
  const text = typeof result === "string" ? result : undefined;
  const object = typeof error === "object" && error !== null ? (error as ErrorObject) : undefined;
  if (status === "PENDING") return { status };
  if (status === "SUCCEEDED" && object === undefined) return { status, result: text };
  if (status === "FAILED" && text === undefined) return { status, error: object };
  return {
    status: "FAILED",
    error: {
      ErrorMessage: "Invalid Status in invocation output.",
      ErrorType: "InvalidParameterValueException",
    },
  };
}
