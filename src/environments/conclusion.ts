import type { Fault } from "./fault.ts";
import {
  brokenFailure,
  exitFailure,
  type PlatformFailure,
  sandboxFailure,
  timeoutFailure,
} from "./platform-errors.ts";
import type { PostedResult } from "./runtime-api/posted-result.ts";
import type { InvokeResult } from "./supervisor.ts";

/** What an init or invocation came to, as its caller, its log and its environment need it. */
export interface Conclusion {
  readonly failed: boolean;
  readonly payload: Uint8Array;
  /** The payload is an error document. */
  readonly functionError: boolean;
  readonly errorType?: string;
  readonly status: "success" | "error" | "timeout" | "failure";
  /** What the platform's own lines tell; an error that the function reported itself is none. */
  readonly failure?: { readonly status: "timeout" | "error"; readonly errorType?: string };
  /** The type of what ended the invocation, where the caller was told something else before. */
  readonly brokenBy?: string;
  /** What the Logs API tells of an end that neither the function reported nor its time brought. */
  readonly fault?: string;
  readonly mustReset: boolean;
  readonly outOfMemory: boolean;
}

const NOTHING = new Uint8Array(0);

export function concludeInit(fault: Fault | undefined, requestId: string, timeoutMs: number): Conclusion {
  return fault === undefined ? success(NOTHING) : concludeFault(fault, requestId, timeoutMs);
}

function concludeFault(fault: Fault, requestId: string, timeoutMs: number): Conclusion {
  switch (fault.kind) {
    case "timeout":
      return timedOut(timeoutFailure(requestId, timeoutMs));
    case "exit":
      return faulty(exitFailure(requestId, fault.exit), fault.exit.outOfMemory);
    case "reported": {
      const { payload, errorType = "Runtime.Unknown" } = fault.posted;
      return broken({ payload, errorType });
    }
    default:
      return faulty(brokenFailure(fault.errorType, requestId, fault.reason));
  }
}

/** What the caller is told of what the runtime posted, whatever happens to the invocation after it. */
export function concludePosted(posted: PostedResult): Conclusion {
  if (posted.errorType === undefined) return success(posted.payload);
  return {
    failed: true,
    ...answered(posted),
    status: "error",
    ...(posted.platformMade ? { failure: { status: "error", errorType: posted.errorType } } : {}),
    mustReset: false,
    outOfMemory: false,
  };
}

export function concludeInvoke(result: InvokeResult, requestId: string, timeoutMs: number): Conclusion {
  const { fault, posted } = result;
  if (fault !== undefined) {
    const conclusion = concludeFault(fault, requestId, timeoutMs);
    // The answer was out before the time was, or before something broke.
    if (posted === undefined) return conclusion;
    return {
      ...conclusion,
      ...answered(posted),
      ...(conclusion.errorType === undefined ? {} : { brokenBy: conclusion.errorType }),
    };
  }
  if (posted === undefined) return faulty(exitFailure(requestId, { code: 0, outOfMemory: false }));
  return concludePosted(posted);
}

/** The sandbox broke; its environment ends with it. */
export function sandboxConclusion(requestId: string): Conclusion {
  return { ...faulty(sandboxFailure(requestId)), status: "failure", mustReset: false };
}

function answered(posted: PostedResult) {
  return {
    payload: posted.payload,
    functionError: posted.errorType !== undefined,
    ...(posted.errorType === undefined ? {} : { errorType: posted.errorType }),
  };
}

function success(payload: Uint8Array): Conclusion {
  return {
    failed: false,
    payload,
    functionError: false,
    status: "success",
    mustReset: false,
    outOfMemory: false,
  };
}

function timedOut({ payload, errorType }: PlatformFailure): Conclusion {
  return {
    failed: true,
    payload,
    functionError: true,
    errorType,
    status: "timeout",
    failure: { status: "timeout" },
    mustReset: true,
    outOfMemory: false,
  };
}

function faulty(failure: PlatformFailure, outOfMemory = false): Conclusion {
  return { ...broken(failure, outOfMemory), fault: `${failure.errorMessage}\n${failure.errorType}\n` };
}

function broken(
  { payload, errorType }: Pick<PlatformFailure, "errorType" | "payload">,
  outOfMemory = false,
): Conclusion {
  return {
    failed: true,
    payload,
    functionError: true,
    errorType,
    status: "error",
    failure: { status: "error", errorType },
    mustReset: true,
    outOfMemory,
  };
}
