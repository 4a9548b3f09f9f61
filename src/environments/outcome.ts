import type { Conclusion } from "./conclusion.ts";
import type { EnvironmentSpec, InvocationOutcome, InvocationReport } from "./interfaces.ts";
import { reportLine } from "./platform-lines.ts";

/** Billed is the duration and, since 2025-08, the init right before it, rounded up to a whole millisecond. */
export function invocationReport(
  spec: EnvironmentSpec,
  conclusion: Conclusion,
  measured: {
    readonly startedAt: number;
    readonly durationMs: number;
    readonly initDurationMs: number | undefined;
    readonly peakMiB: number;
  },
): InvocationReport {
  const { initDurationMs, startedAt } = measured;
  // Timers may fire a fraction of a millisecond early; nobody is told that less than the limit was used.
  const durationMs =
    conclusion.status === "timeout" ? Math.max(measured.durationMs, spec.timeoutMs) : measured.durationMs;
  return {
    status: conclusion.status,
    startedAt,
    durationMs,
    ...(initDurationMs === undefined ? {} : { initDurationMs }),
    billedDurationMs: Math.ceil(durationMs + (initDurationMs ?? 0)),
    maxMemoryUsedMiB: conclusion.outOfMemory ? spec.memoryMiB : measured.peakMiB,
  };
}

export function reportLineOf(
  spec: EnvironmentSpec,
  requestId: string,
  conclusion: Conclusion,
  report: InvocationReport,
): string {
  return reportLine({
    requestId,
    ...report,
    memoryMiB: spec.memoryMiB,
    ...(conclusion.failure === undefined ? {} : { failure: conclusion.failure }),
  });
}

export function answerOf(
  conclusion: Conclusion,
): Pick<InvocationOutcome, "payload" | "functionError" | "errorType" | "status"> {
  return {
    payload: conclusion.payload,
    ...(conclusion.functionError ? { functionError: "Unhandled" } : {}),
    ...(conclusion.errorType === undefined ? {} : { errorType: conclusion.errorType }),
    status: conclusion.status,
  };
}
