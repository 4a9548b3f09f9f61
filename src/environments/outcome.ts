import type { Conclusion } from "./conclusion.ts";
import type { EnvironmentSpec, Invocation, InvocationOutcome, InvocationReport } from "./interfaces.ts";
import type { PlatformEvent, Span, Tracing } from "./logs/platform-event.ts";
import type { InvokeMoments } from "./supervisor.ts";

/** Billed is the duration and, since 2025-08, the init right before it, rounded up to a whole millisecond. */
export function invocationReport(
  spec: EnvironmentSpec,
  conclusion: Conclusion,
  measured: {
    readonly startedAt: number;
    readonly durationMs: number;
    readonly initDurationMs: number | undefined;
    readonly peakMiB: number;
    readonly postRuntimeExtensionsMs: number | undefined;
  },
): InvocationReport {
  const { initDurationMs, postRuntimeExtensionsMs, startedAt } = measured;
  // Timers may fire a fraction of a millisecond early; nobody is told that less than the limit was used.
  const durationMs =
    conclusion.status === "timeout" ? Math.max(measured.durationMs, spec.timeoutMs) : measured.durationMs;
  return {
    status: conclusion.status,
    startedAt,
    durationMs,
    ...(initDurationMs === undefined ? {} : { initDurationMs }),
    billedDurationMs: Math.ceil(durationMs + (initDurationMs ?? 0)),
    ...(postRuntimeExtensionsMs === undefined ? {} : { postRuntimeExtensionsMs }),
    maxMemoryUsedMiB: conclusion.outOfMemory ? spec.memoryMiB : measured.peakMiB,
    provisioned: spec.initialization === "provisioned-concurrency",
  };
}

/** What is told of an invocation's end. */
export function reportEvent(
  spec: EnvironmentSpec,
  invocation: Invocation,
  conclusion: Conclusion,
  report: InvocationReport,
): PlatformEvent {
  const { initDurationMs, postRuntimeExtensionsMs: overhead } = report;
  return {
    type: "platform.report",
    ...(conclusion.failed && conclusion.failure === undefined ? { ownError: true } : {}),
    record: {
      requestId: invocation.requestId,
      status: report.status,
      ...typeOf(conclusion),
      metrics: {
        durationMs: report.durationMs,
        billedDurationMs: report.billedDurationMs,
        memorySizeMB: spec.memoryMiB,
        maxMemoryUsedMB: report.maxMemoryUsedMiB,
        ...(initDurationMs === undefined ? {} : { initDurationMs }),
      },
      ...tracingOf(invocation),
      ...(invocation.tenantId === undefined ? {} : { tenantId: invocation.tenantId }),
      ...(overhead === undefined
        ? {}
        : {
            spans: [span("extensionOverhead", report.startedAt + report.durationMs - overhead, overhead)],
          }),
    },
  };
}

/** What is told when the runtime has done its part. `began` is when the invocation did, on the monotonic clock. */
export function runtimeDoneEvent(
  invocation: Invocation,
  conclusion: Conclusion,
  measured: {
    readonly startedAt: number;
    readonly began: number;
    readonly durationMs: number;
    readonly moments: InvokeMoments;
    readonly producedBytes: number | undefined;
  },
): PlatformEvent {
  const { began, durationMs, moments, producedBytes, startedAt } = measured;
  const at = (moment: number) => startedAt + (moment - began);
  const { posted, posting, ready } = moments;
  const spans: Span[] = [];
  if (posting !== undefined) spans.push(span("responseLatency", startedAt, posting - began));
  if (posting !== undefined && posted !== undefined)
    spans.push(span("responseDuration", at(posting), posted - posting));
  if (posted !== undefined && ready !== undefined)
    spans.push(span("runtimeOverhead", at(posted), ready - posted));
  return {
    type: "platform.runtimeDone",
    record: {
      requestId: invocation.requestId,
      status: conclusion.status,
      ...typeOf(conclusion),
      metrics: { durationMs, ...(producedBytes === undefined ? {} : { producedBytes }) },
      ...tracingOf(invocation),
      ...(invocation.tenantId === undefined ? {} : { tenantId: invocation.tenantId }),
      ...(spans.length === 0 ? {} : { spans }),
    },
  };
}

export function startEvent(spec: EnvironmentSpec, invocation: Invocation): PlatformEvent {
  const { requestId, tenantId } = invocation;
  return {
    type: "platform.start",
    record: {
      requestId,
      version: spec.version,
      ...(tenantId === undefined ? {} : { tenantId }),
      ...tracingOf(invocation),
    },
  };
}

/** A time-out is told by the status alone. */
function typeOf({ brokenBy, errorType, failed, status }: Conclusion): { readonly errorType?: string } {
  const type = brokenBy ?? errorType;
  return failed && status !== "timeout" && type !== undefined ? { errorType: type } : {};
}

function tracingOf({ traceId }: Invocation): { readonly tracing?: Tracing } {
  return traceId === "" ? {} : { tracing: { type: "X-Amzn-Trace-Id", value: traceId } };
}

function span(name: Span["name"], startMs: number, durationMs: number): Span {
  return { name, start: new Date(startMs).toISOString(), durationMs };
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
