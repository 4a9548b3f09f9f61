import type { Invocation, ResponseReceiver } from "../environments/index.ts";
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

/** Runs one attempt of an invocation and accounts for it before anybody learns of its outcome. */
export async function runAttempt(
  { target, invocation, lane, attempt, respondTo }: Attempt,
  {
    admission,
    ledger,
  }: { readonly admission: Pick<Admission, "admit">; readonly ledger: Pick<UsageLedger, "append"> },
): Promise<Completed> {
  const completed = await admission.admit(target, invocation, lane, respondTo);
  const { outcome, target: ran } = completed;
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
    startedAt: outcome.startedAt,
    durationMs: outcome.durationMs,
    ...(outcome.initDurationMs === undefined ? {} : { initDurationMs: outcome.initDurationMs }),
    billedDurationMs: outcome.billedDurationMs,
    status: outcome.status,
  });
  return completed;
}
