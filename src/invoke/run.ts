import type { Invocation, InvocationReport, ResponseReceiver } from "../environments/index.ts";
import type { ResolvedFunction } from "../functions/index.ts";
import { furtherRequestsOf, type UsageLedger, type UsageRecord } from "../metering/index.ts";
import type { Admission } from "./admission/admission.ts";
import type { Completed } from "./admission/pool.ts";
import type { Lane } from "./admission/waiting-queue.ts";

export interface Attempt {
  readonly target: ResolvedFunction;
  /** Whoever is to be told of its end is added to it. */
  readonly invocation: Invocation & { onReport?: Invocation["onReport"] };
  readonly lane: Lane;
  /** 1 for the first. */
  readonly attempt: number;
  /** Where the response goes while it arrives, once it is known which version runs. */
  readonly respondTo?: (runs: ResolvedFunction) => ResponseReceiver;
}

// A member after a spread in an object literal is slow, and these are made for every invocation.
type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/**
 * Runs one attempt of an invocation and accounts for it before anybody learns of its outcome. If the function answered
 * before it had ended, that is what it took until then; the rest follows.
 */
export async function runAttempt(
  { target, invocation, lane, attempt, respondTo }: Attempt,
  {
    admission,
    ledger,
  }: {
    readonly admission: Pick<Admission, "admit">;
    readonly ledger: Pick<UsageLedger, "append" | "amend">;
  },
): Promise<Completed> {
  /** Only events are delivered again, under the same id. */
  const single = lane === "sync";
  let accounted: UsageRecord | undefined;
  let completed: Completed | undefined;
  let report: InvocationReport | undefined;
  const onReport = (told: InvocationReport) => {
    report = told;
    if (accounted !== undefined) ledger.amend(accounted, told);
    else if (completed !== undefined) ledger.append(recordOf(completed, told), single);
  };
  const recordOf = ({ outcome, target: subject }: Completed, told: InvocationReport): UsageRecord => {
    const { streamedBytes } = outcome;
    const { initDurationMs } = told;
    const furtherRequests =
      lane === "async" && attempt === 1 ? furtherRequestsOf(invocation.payload.length) : 0;
    const record: Mutable<UsageRecord> = {
      requestId: invocation.requestId,
      attempt,
      // A change of the function while it waited may have given it another version of it.
      subject,
      startedAt: told.startedAt,
      durationMs: told.durationMs,
      billedDurationMs: told.billedDurationMs,
      status: told.status,
    };
    if (initDurationMs !== undefined) record.initDurationMs = initDurationMs;
    if (streamedBytes !== undefined) record.streamedBytes = streamedBytes;
    if (told.provisioned) record.provisioned = true;
    if (furtherRequests > 0) record.furtherRequests = furtherRequests;
    return record;
  };
  invocation.onReport = onReport;
  completed = await admission.admit(target, invocation, lane, respondTo);
  const { reportSoFar } = completed.outcome;
  if (report !== undefined) ledger.append(recordOf(completed, report), single);
  else if (reportSoFar !== undefined) {
    const record = recordOf(completed, reportSoFar);
    if (ledger.append(record, single)) accounted = record;
  }
  return completed;
}
