import type { Conclusion } from "./conclusion.ts";
import type {
  EnvironmentSpec,
  Invocation,
  InvocationOutcome,
  InvocationReport,
  ResponseReceiver,
} from "./interfaces.ts";
import type { InvokeReport, InvokeStart, PlatformEvent, Span, Tracing } from "./logs/platform-event.ts";
import type { NextEvent } from "./runtime-api/runtime-api.ts";
import type { InvokeMoments } from "./supervisor.ts";

// A member after a spread in an object literal is slow, and these are made for every invocation.
type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

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
  const { postRuntimeExtensionsMs, startedAt } = measured;
  // Timers may fire a fraction of a millisecond early; nobody is told that less than the limit was used.
  const durationMs = wholeMicroseconds(
    conclusion.status === "timeout" ? Math.max(measured.durationMs, spec.timeoutMs) : measured.durationMs,
  );
  const initDurationMs =
    measured.initDurationMs === undefined ? undefined : wholeMicroseconds(measured.initDurationMs);
  const report: Mutable<InvocationReport> = {
    status: conclusion.status,
    startedAt,
    durationMs,
    billedDurationMs: Math.ceil(wholeMicroseconds(durationMs + (initDurationMs ?? 0))),
    maxMemoryUsedMiB: conclusion.outOfMemory ? spec.memoryMiB : measured.peakMiB,
    provisioned: spec.initialization === "provisioned-concurrency",
  };
  if (initDurationMs !== undefined) report.initDurationMs = initDurationMs;
  if (postRuntimeExtensionsMs !== undefined) report.postRuntimeExtensionsMs = postRuntimeExtensionsMs;
  return report;
}

/** So that the log and the usage ledger, which keeps no more digits, tell the same when they are rounded. */
function wholeMicroseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/** What is told of an invocation's end. */
export function reportEvent(
  spec: EnvironmentSpec,
  invocation: Invocation,
  conclusion: Conclusion,
  report: InvocationReport,
): PlatformEvent {
  const { requestId, tenantId } = invocation;
  const { status, initDurationMs, postRuntimeExtensionsMs: overhead } = report;
  const metrics: Mutable<InvokeReport["metrics"]> = {
    durationMs: report.durationMs,
    billedDurationMs: report.billedDurationMs,
    memorySizeMB: spec.memoryMiB,
    maxMemoryUsedMB: report.maxMemoryUsedMiB,
  };
  if (initDurationMs !== undefined) metrics.initDurationMs = initDurationMs;
  const errorType = typeOf(conclusion);
  const record: Mutable<InvokeReport> =
    errorType === undefined ? { requestId, status, metrics } : { requestId, status, errorType, metrics };
  const tracing = tracingOf(invocation);
  if (tracing !== undefined) record.tracing = tracing;
  if (tenantId !== undefined) record.tenantId = tenantId;
  if (overhead !== undefined) {
    const start = report.startedAt + report.durationMs - overhead;
    record.spans = [span("extensionOverhead", start, overhead)];
  }
  return conclusion.failed && conclusion.failure === undefined
    ? { type: "platform.report", record, ownError: true }
    : { type: "platform.report", record };
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
  const errorType = typeOf(conclusion);
  const tracing = tracingOf(invocation);
  return {
    type: "platform.runtimeDone",
    record: {
      requestId: invocation.requestId,
      status: conclusion.status,
      ...(errorType === undefined ? {} : { errorType }),
      metrics: { durationMs, ...(producedBytes === undefined ? {} : { producedBytes }) },
      ...(tracing === undefined ? {} : { tracing }),
      ...(invocation.tenantId === undefined ? {} : { tenantId: invocation.tenantId }),
      ...(spans.length === 0 ? {} : { spans }),
    },
  };
}

export function startEvent(spec: EnvironmentSpec, invocation: Invocation): PlatformEvent {
  const { requestId, tenantId } = invocation;
  const { version } = spec;
  const record: Mutable<InvokeStart> =
    tenantId === undefined ? { requestId, version } : { requestId, version, tenantId };
  const tracing = tracingOf(invocation);
  if (tracing !== undefined) record.tracing = tracing;
  return { type: "platform.start", record };
}

/** A time-out is told by the status alone. */
function typeOf({ brokenBy, errorType, failed, status }: Conclusion): string | undefined {
  return failed && status !== "timeout" ? (brokenBy ?? errorType) : undefined;
}

function tracingOf({ traceId }: Invocation): Tracing | undefined {
  return traceId === "" ? undefined : { type: "X-Amzn-Trace-Id", value: traceId };
}

function span(name: Span["name"], startMs: number, durationMs: number): Span {
  return { name, start: new Date(startMs).toISOString(), durationMs };
}

/** What the runtime is given. */
export function nextEvent(
  invocation: Invocation,
  deadlineMs: number,
  response: ResponseReceiver | undefined,
): NextEvent {
  const { clientContext, cognitoIdentity, contentType, tenantId } = invocation;
  const event: Mutable<NextEvent> = {
    requestId: invocation.requestId,
    deadlineMs,
    invokedFunctionArn: invocation.invokedFunctionArn,
    traceId: invocation.traceId,
    payload: invocation.payload,
  };
  if (clientContext !== undefined) event.clientContext = clientContext;
  if (cognitoIdentity !== undefined) event.cognitoIdentity = cognitoIdentity;
  if (contentType !== undefined) event.contentType = contentType;
  if (tenantId !== undefined) event.tenantId = tenantId;
  if (response !== undefined) event.response = response;
  return event;
}

/** What the caller is told, by an environment. */
export function outcomeOf(
  conclusion: Conclusion,
  {
    environmentId,
    isolation,
    logStream,
  }: Pick<InvocationOutcome, "environmentId" | "isolation" | "logStream">,
  streamedBytes: number | undefined,
  { logTail, reportSoFar }: Pick<InvocationOutcome, "logTail" | "reportSoFar">,
): InvocationOutcome {
  const { errorType, functionError, payload, status } = conclusion;
  const outcome: Mutable<InvocationOutcome> = { payload, status, environmentId, logStream, isolation };
  if (functionError) outcome.functionError = "Unhandled";
  if (errorType !== undefined) outcome.errorType = errorType;
  if (streamedBytes !== undefined) outcome.streamedBytes = streamedBytes;
  if (logTail !== undefined) outcome.logTail = logTail;
  if (reportSoFar !== undefined) outcome.reportSoFar = reportSoFar;
  return outcome;
}
