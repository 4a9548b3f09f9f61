import type { Invocation, InvocationReport, ResponseReceiver } from "../environments/index.ts";
import type { ResolvedFunction } from "../functions/index.ts";
import { furtherRequestsOf, type UsageLedger, type UsageRecord } from "../metering/index.ts";
import type { Admission } from "./admission/admission.ts";
import type { Completed } from "./admission/pool.ts";
import type { Lane } from "./admission/waiting-queue.ts";

export interface Attempt {
  readonly target: ResolvedFunction;
  readonly invocation: Omit<Invocation, "onReport">;
  readonly lane: Lane;
  /** 1 for the first. */
  readonly attempt: number;
  /** Where the response goes while it arrives, once it is known which version runs. */
  readonly respondTo?: (runs: ResolvedFunction) => ResponseReceiver;
}

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
  let accounted: UsageRecord | undefined;
  let completed: Completed | undefined;
  let report: InvocationReport | undefined;
  const onReport = (told: InvocationReport) => {
    report = told;
    if (accounted !== undefined) ledger.amend(accounted, told);
    else if (completed !== undefined) ledger.append(recordOf(completed, told));
  };
  const recordOf = ({ outcome, target: subject }: Completed, told: InvocationReport): UsageRecord => {
    const { streamedBytes } = outcome;
    const { billedDurationMs, durationMs, initDurationMs, startedAt, status } = told;
    const furtherRequests =
      lane === "async" && attempt === 1 ? furtherRequestsOf(invocation.payload.length) : 0;
    return {
      requestId: invocation.requestId,
      attempt,
      // A change of the function while it waited may have given it another version of it.
      subject,
      startedAt,
      durationMs,
      billedDurationMs,
      status,
      ...(initDurationMs === undefined ? {} : { initDurationMs }),
      ...(streamedBytes === undefined ? {} : { streamedBytes }),
      ...(told.provisioned ? { provisioned: true } : {}),
      ...(furtherRequests === 0 ? {} : { furtherRequests }),
    };
  };
  completed = await admission.admit(target, { onReport, ...invocation }, lane, respondTo);
  const { reportSoFar } = completed.outcome;
  if (report !== undefined) ledger.append(recordOf(completed, report));
  else if (reportSoFar !== undefined) {
    const record = recordOf(completed, reportSoFar);
    if (ledger.append(record)) accounted = record;
  }
  return completed;
}
