import type { Invocation, InvocationReport, ResponseReceiver } from "../environments/index.ts";
import type { ResolvedFunction } from "../functions/index.ts";
import type { UsageLedger } from "../metering/index.ts";
import type { Admission } from "./admission/admission.ts";
import type { Completed } from "./admission/pool.ts";
import type { Lane } from "./admission/waiting-queue.ts";

export interface Attempt {
  readonly target: ResolvedFunction;
  readonly invocation: Invocation;
  readonly lane: Lane;
  /** 1 for the first. */
  readonly attempt: number;
  /** Where the response goes while it arrives, once it is known which version runs. */
  readonly respondTo?: (runs: ResolvedFunction) => ResponseReceiver;
}

/**
 * Runs one attempt of an invocation and accounts for it: before anybody learns of its outcome, unless the function
 * answered before it had ended.
 */
export async function runAttempt(
  { target, invocation, lane, attempt, respondTo }: Attempt,
  {
    admission,
    ledger,
  }: { readonly admission: Pick<Admission, "admit">; readonly ledger: Pick<UsageLedger, "append"> },
): Promise<Completed> {
  let ran: ResolvedFunction | undefined;
  let report: InvocationReport | undefined;
  const account = () => {
    if (ran === undefined || report === undefined) return;
    ledger.append({
      requestId: invocation.requestId,
      attempt,
      account: ran.account,
      region: ran.region,
      functionName: ran.name,
      version: ran.version,
      architecture: ran.architecture,
      memoryMiB: ran.memoryMiB,
      ephemeralStorageMiB: ran.ephemeralStorageMiB,
      startedAt: report.startedAt,
      durationMs: report.durationMs,
      ...(report.initDurationMs === undefined ? {} : { initDurationMs: report.initDurationMs }),
      billedDurationMs: report.billedDurationMs,
      status: report.status,
    });
  };
  const onReport = (told: InvocationReport) => {
    report = told;
    account();
  };
  const completed = await admission.admit(target, { ...invocation, onReport }, lane, respondTo);
  // A change of the function while it waited may have given it another version of it.
  ran = completed.target;
  account();
  return completed;
}
