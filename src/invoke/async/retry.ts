import { invokeLimits } from "../../base/index.ts";

/** What an attempt of an asynchronous invocation came to. */
export type AttemptResult =
  | "success"
  /** The function failed, timed out or crashed: retried a few times. */
  | "function-error"
  /** Throttled or a failure of the platform: retried as long as the event is young enough, which costs no retry. */
  | "not-run"
  /** It can never run, for instance because the function was deleted. */
  | "rejected";

/** Why an invocation is finished, as its record tells. */
export type Condition = "Success" | "RetriesExhausted" | "EventAgeExceeded" | "ZeroReservedConcurrency";

export type NextStep =
  | { readonly kind: "finish"; readonly condition: Condition }
  | { readonly kind: "retry"; readonly at: number; readonly attempt: number };

export interface AttemptFacts {
  /** 1 for the first. */
  readonly attempt: number;
  /** Epoch milliseconds. */
  readonly enqueuedAt: number;
  readonly now: number;
  readonly deadline: number;
  /** From 0 to 2. */
  readonly mostRetries: number;
  /** Uniform in [0, 1): spreads events that were held up together. */
  readonly uniform: number;
}

/** Decides what happens after an attempt, https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
export function nextStep(result: AttemptResult, facts: AttemptFacts): NextStep {
  if (result === "success") return { kind: "finish", condition: "Success" };
  if (result === "rejected") return { kind: "finish", condition: "RetriesExhausted" };
  if (result === "not-run") return retry(facts, untilTooOldMs(facts, backoffMs(facts)), facts.attempt);
  const delayMs = invokeLimits.asyncRetryDelaysMs[facts.attempt - 1];
  if (delayMs === undefined || facts.attempt > facts.mostRetries)
    return { kind: "finish", condition: "RetriesExhausted" };
  return retry(facts, delayMs, facts.attempt + 1);
}

function retry(facts: AttemptFacts, delayMs: number, attempt: number): NextStep {
  const at = facts.now + delayMs;
  if (at >= facts.deadline) return { kind: "finish", condition: "EventAgeExceeded" };
  return { kind: "retry", at, attempt };
}

/**
 * Doubles from 1 s to 5 min without remembering anything: the next wait is as long as this attempt has been due
 * already, and up to a quarter longer.
 */
function backoffMs(facts: AttemptFacts): number {
  const { asyncThrottleBackoffFirstMs: first, asyncThrottleBackoffMostMs: most } = invokeLimits;
  const waited = dueForMs(facts);
  return Math.min(Math.max(waited, first) * (1 + facts.uniform / 4), most);
}

/** An event that would be too old after its wait is tried once more right before it is. */
function untilTooOldMs({ now, deadline }: AttemptFacts, delayMs: number): number {
  if (now + delayMs < deadline) return delayMs;
  const { asyncThrottleBackoffFirstMs: least } = invokeLimits;
  return Math.max(least, deadline - now - least);
}

/** How long an event stays away that found too many of its function's at work: anything up to its age. */
export function deferMs(facts: AttemptFacts): number {
  const { asyncDeferFirstMs: first, asyncDeferMostMs: most } = invokeLimits;
  return first + facts.uniform * Math.min(Math.max(dueForMs(facts), first), most - first);
}

/** Time since this attempt fell due at the earliest. */
function dueForMs({ attempt, enqueuedAt, now }: AttemptFacts): number {
  const earlierDelaysMs = invokeLimits.asyncRetryDelaysMs.slice(0, attempt - 1);
  return Math.max(now - enqueuedAt - earlierDelaysMs.reduce((sum, delayMs) => sum + delayMs, 0), 0);
}
