import type { ErrorObject, OperationType } from "@aws-sdk/client-lambda";
import { invokeLimits } from "../../base/index.ts";
import type { ResolvedFunction } from "../../functions/index.ts";
import type { DurableRecord, UsageSubject } from "../../metering/index.ts";
import { type Execution, isClosed } from "./model.ts";

/**
 * What durable executions are charged for,
 * https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-sdk.html, "How durable operations are metered": the
 * start of an execution, waits, callbacks and chained invokes when they start, steps with each attempt, contexts when
 * they end, and every retry of a failed invocation; and the bytes of payloads and errors that are kept of them.
 */
export interface Charge {
  readonly operations: number;
  readonly bytes: number;
}

/** The outbox's topic. */
export const CHARGES = "charges";

const CHARGED_AT_START: ReadonlySet<OperationType> = new Set(["WAIT", "CALLBACK", "CHAINED_INVOKE"]);
const CHARGED_AT_END: ReadonlySet<OperationType> = new Set(["STEP", "CONTEXT"]);

export function chargeOfStart(type: OperationType): Charge {
  return { operations: CHARGED_AT_START.has(type) ? 1 : 0, bytes: 0 };
}

/** Of an end, or of an attempt of a step. */
export function chargeOfEnd(type: OperationType, outcome: Parameters<typeof keptBytes>[0]): Charge {
  return { operations: CHARGED_AT_END.has(type) ? 1 : 0, bytes: keptBytes(outcome) };
}

export function keptBytes({
  Payload: payload,
  Error: error,
}: {
  readonly Payload?: string | undefined;
  readonly Error?: ErrorObject | undefined;
}): number {
  return (
    Buffer.byteLength(payload ?? "") + (error === undefined ? 0 : Buffer.byteLength(JSON.stringify(error)))
  );
}

/**
 * Accounts for charges of one moment. What is kept is charged up to now, and at the end of an execution for the time
 * that it will still be kept.
 */
export function account(execution: Execution, { operations, bytes }: Charge, now: number): DurableRecord {
  const { id, startedAt, subject = subjectOfOld(execution) } = execution;
  const before = execution.charged ?? { number: 0, keptBytes: 0, through: startedAt };
  const kept = before.keptBytes + bytes;
  const stillMs = isClosed(execution) ? execution.retentionDays * invokeLimits.durableRetentionDayMs : 0;
  execution.charged = { number: before.number + 1, keptBytes: kept, through: Math.max(now, before.through) };
  return {
    subject,
    executionId: id,
    number: before.number + 1,
    startedAt: now,
    operations,
    writtenBytes: bytes,
    retainedByteSeconds: (before.keptBytes * Math.max(now - before.through, 0) + kept * stillMs) / 1_000,
  };
}

/** The function as it is when an execution starts. */
export function subjectOf(target: ResolvedFunction): UsageSubject {
  const {
    account: owner,
    region,
    name,
    version,
    architecture,
    memoryMiB,
    ephemeralStorageMiB,
    tags,
  } = target;
  return { account: owner, region, name, version, architecture, memoryMiB, ephemeralStorageMiB, tags };
}

/** Executions that earlier versions started say nothing but what they belong to. */
function subjectOfOld({ account: owner, region, functionName: name, version }: Execution): UsageSubject {
  const unknown = { architecture: "x86_64", memoryMiB: 128, ephemeralStorageMiB: 512, tags: {} } as const;
  return { account: owner, region, name, version, ...unknown };
}
