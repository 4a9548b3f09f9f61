/**
 * What happens to an environment, as the Telemetry API and JSON logs tell it; members are in the order in which they
 * are written. https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
 */
export type PlatformEvent =
  | { readonly type: "platform.initStart"; readonly record: InitStart }
  | { readonly type: "platform.initRuntimeDone"; readonly record: InitDone }
  | {
      readonly type: "platform.initReport";
      readonly record: InitDone & { readonly metrics: { readonly durationMs: number } };
    }
  | { readonly type: "platform.start"; readonly record: InvokeStart }
  | { readonly type: "platform.runtimeDone"; readonly record: RuntimeDone }
  | {
      readonly type: "platform.report";
      readonly record: InvokeReport;
      /** The function reported the error itself, which the text format does not repeat. */
      readonly ownError?: boolean;
    }
  /** Told in text and to the Logs API alone. */
  | { readonly type: "platform.end"; readonly record: { readonly requestId: string } }
  /** Told to the Logs API alone. */
  | { readonly type: "platform.fault"; readonly record: string }
  | { readonly type: "platform.extension"; readonly record: ExtensionStatus }
  | {
      readonly type: "platform.telemetrySubscription" | "platform.logsSubscription";
      readonly record: {
        readonly name: string;
        readonly state: "Subscribed";
        readonly types: readonly string[];
      };
    }
  | { readonly type: "platform.logsDropped"; readonly record: LogsDropped };

export type InitPhase = "init" | "invoke";
export type EventStatus = "success" | "error" | "failure" | "timeout";

interface InitStart {
  readonly initializationType: string;
  readonly phase: InitPhase;
  readonly runtimeVersion?: string;
  readonly runtimeVersionArn?: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly functionVersion: string;
  /** The name of the log stream. */
  readonly instanceId: string;
  /** MB. */
  readonly instanceMaxMemory: number;
}

interface InitDone {
  readonly initializationType: string;
  readonly phase: InitPhase;
  readonly status: EventStatus;
  readonly errorType?: string;
}

export interface InvokeStart {
  readonly requestId: string;
  readonly version: string;
  readonly tenantId?: string;
  readonly tracing?: Tracing;
}

export interface Span {
  readonly name: "responseLatency" | "responseDuration" | "runtimeOverhead" | "extensionOverhead";
  /** ISO 8601. */
  readonly start: string;
  readonly durationMs: number;
}

export interface Tracing {
  readonly spanId?: string;
  readonly type: "X-Amzn-Trace-Id";
  readonly value: string;
}

interface RuntimeDone {
  readonly requestId: string;
  readonly status: EventStatus;
  readonly errorType?: string;
  readonly metrics?: { readonly durationMs: number; readonly producedBytes?: number };
  readonly tracing?: Tracing;
  readonly tenantId?: string;
  readonly spans?: readonly Span[];
}

export interface InvokeReport {
  readonly requestId: string;
  readonly status: EventStatus;
  readonly errorType?: string;
  readonly metrics: {
    readonly durationMs: number;
    readonly billedDurationMs: number;
    readonly memorySizeMB: number;
    readonly maxMemoryUsedMB: number;
    readonly initDurationMs?: number;
  };
  readonly tracing?: Tracing;
  readonly tenantId?: string;
  readonly spans?: readonly Span[];
}

interface ExtensionStatus {
  readonly name: string;
  readonly state: string;
  readonly events: readonly string[];
  readonly errorType?: string;
}

export interface LogsDropped {
  readonly reason: string;
  readonly droppedRecords: number;
  readonly droppedBytes: number;
}

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/** Whether a level is at or above another; an unknown one counts as INFO. */
export function reaches(level: string, least: string): boolean {
  return rank(level) >= rank(least);
}

function rank(level: string): number {
  const at = LEVELS.indexOf(level.toUpperCase());
  return at < 0 ? LEVELS.indexOf("INFO") : at;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html */
export function levelOf(event: PlatformEvent): "DEBUG" | "INFO" | "WARN" {
  switch (event.type) {
    case "platform.initStart":
      return event.record.runtimeVersion === undefined ? "DEBUG" : "INFO";
    case "platform.initRuntimeDone":
    case "platform.runtimeDone":
      return event.record.status === "success" ? "DEBUG" : "WARN";
    case "platform.initReport":
      if (event.record.status !== "success") return "WARN";
      return event.record.initializationType === "on-demand" ? "DEBUG" : "INFO";
    case "platform.report":
      return event.record.status === "success" ? "INFO" : "WARN";
    case "platform.extension":
      return event.record.errorType === undefined ? "INFO" : "WARN";
    case "platform.logsDropped":
      return "WARN";
    default:
      return "INFO";
  }
}

/** One event with its envelope, as JSON text without a line feed. */
export function envelope(time: number, type: string, record: unknown): string {
  return JSON.stringify({ time: new Date(time).toISOString(), type, record }, rounded);
}

/** Durations are milliseconds with at most three decimals. */
function rounded(_name: string, value: unknown): unknown {
  return typeof value === "number" ? Math.round(value * 1000) / 1000 : value;
}
