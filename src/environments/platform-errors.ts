import type { ProcessExit } from "./sandbox/index.ts";

/** What callers get when the platform and not the function decides the answer: type and document. */
export interface PlatformFailure {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly payload: Uint8Array;
}

/** Signals as Go's os/exec prints them, which is what callers know from Lambda. */
const SIGNAL_NAMES: Readonly<Record<string, string>> = {
  SIGHUP: "hangup",
  SIGINT: "interrupt",
  SIGQUIT: "quit",
  SIGILL: "illegal instruction",
  SIGTRAP: "trace/breakpoint trap",
  SIGABRT: "aborted",
  SIGIOT: "aborted",
  SIGBUS: "bus error",
  SIGFPE: "floating point exception",
  SIGKILL: "killed",
  SIGUSR1: "user defined signal 1",
  SIGSEGV: "segmentation fault",
  SIGUSR2: "user defined signal 2",
  SIGPIPE: "broken pipe",
  SIGALRM: "alarm clock",
  SIGTERM: "terminated",
  SIGXCPU: "CPU time limit exceeded",
  SIGXFSZ: "file size limit exceeded",
  SIGSYS: "bad system call",
};

export function exitFailure(requestId: string, exit: ProcessExit): PlatformFailure {
  const errorType = exitErrorType(exit);
  if (exit.outOfMemory) return failure(errorType, requestId, "Runtime exited with error: signal: killed");
  if (exit.signal !== undefined) {
    const name = SIGNAL_NAMES[exit.signal] ?? exit.signal.toLowerCase();
    return failure(errorType, requestId, `Runtime exited with error: signal: ${name}`);
  }
  if (exit.code === 0) return failure(errorType, requestId, "Runtime exited without providing a reason");
  return failure(errorType, requestId, `Runtime exited with error: exit status ${exit.code ?? 1}`);
}

export function exitErrorType(exit: ProcessExit): string {
  return exit.outOfMemory ? "Runtime.OutOfMemory" : "Runtime.ExitError";
}

export function timeoutFailure(requestId: string, timeoutMs: number): PlatformFailure {
  const seconds = (timeoutMs / 1000).toFixed(2);
  return failure("Sandbox.Timedout", requestId, `Task timed out after ${seconds} seconds`);
}

/** The runtime's program or an extension could not be started, or an extension ended. */
export function brokenFailure(errorType: string, requestId: string, reason: string): PlatformFailure {
  return failure(errorType, requestId, reason);
}

/** The sandbox itself broke under the invocation. */
export function sandboxFailure(requestId: string): PlatformFailure {
  return failure("Sandbox.Failure", requestId, "Sandbox failure");
}

function failure(errorType: string, requestId: string, what: string): PlatformFailure {
  const errorMessage = requestId === "" ? `Error: ${what}` : `RequestId: ${requestId} Error: ${what}`;
  return { errorType, errorMessage, payload: Buffer.from(JSON.stringify({ errorType, errorMessage })) };
}
