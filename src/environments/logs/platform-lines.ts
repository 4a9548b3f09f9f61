import { twoDecimals } from "../../base/index.ts";
import type { InvokeReport, PlatformEvent } from "./platform-event.ts";

/**
 * The line that Lambda itself writes into a function's log for an event, text format; undefined if it writes none.
 * Tools parse them with regular expressions, so every tab and blank counts:
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
 */
export function platformLine(event: PlatformEvent): string | undefined {
  switch (event.type) {
    case "platform.initStart": {
      const { runtimeVersion, runtimeVersionArn } = event.record;
      if (runtimeVersion === undefined) return undefined;
      return `INIT_START Runtime Version: ${runtimeVersion}\tRuntime Version ARN: ${runtimeVersionArn}\n`;
    }
    case "platform.initReport": {
      const { initializationType, metrics, phase, status } = event.record;
      const duration = `INIT_REPORT Init Duration: ${milliseconds(metrics.durationMs)}`;
      if (status === "success") return initializationType === "on-demand" ? undefined : `${duration}\n`;
      return `${duration}\tPhase: ${phase}\t${statusFields(event.record)}\n`;
    }
    case "platform.start":
      return `START RequestId: ${event.record.requestId} Version: ${event.record.version}\n`;
    case "platform.end":
      return `END RequestId: ${event.record.requestId}\n`;
    case "platform.report":
      return reportLine(event.record, event.ownError === true);
    case "platform.extension": {
      const { errorType, events, name, state } = event.record;
      const type = errorType === undefined ? "" : `\tError Type: ${errorType}`;
      return `EXTENSION\tName: ${name}\tState: ${state}\tEvents: [${events.join(", ")}]${type}\n`;
    }
    case "platform.telemetrySubscription":
    case "platform.logsSubscription": {
      const { name, state, types } = event.record;
      const kind = event.type === "platform.logsSubscription" ? "LOGS" : "TELEMETRY";
      return `${kind}\tName: ${name}\tState: ${state}\tTypes: [${types.map(capitalized).join(", ")}]\n`;
    }
    default:
      return undefined;
  }
}

/**
 * Every field is followed by a tab, except that nothing follows the status, which is told of what the platform found
 * and not of an error that the function itself reported.
 */
function reportLine(
  { errorType, metrics, requestId, status, tracing }: InvokeReport,
  ownError: boolean,
): string {
  const { billedDurationMs, durationMs, initDurationMs, maxMemoryUsedMB, memorySizeMB } = metrics;
  const init = initDurationMs === undefined ? "" : `Init Duration: ${milliseconds(initDurationMs)}\t`;
  const outcome = status === "success" || ownError ? "" : statusFields({ status, errorType });
  const trace = tracing === undefined ? "" : traceLine(tracing.value);
  return `REPORT RequestId: ${requestId}\tDuration: ${milliseconds(durationMs)}\tBilled Duration: ${billedDurationMs} ms\tMemory Size: ${memorySizeMB} MB\tMax Memory Used: ${maxMemoryUsedMB} MB\t${init}${outcome}\n${trace}`;
}

/** Of a traced invocation; part of the same event as its REPORT. */
function traceLine(header: string): string {
  if (!header.includes("Sampled=1")) return "";
  const { Root, Parent, Sampled } = Object.fromEntries(
    header.split(";").map((field) => field.split("=", 2) as [string, string]),
  );
  return Sampled === "1" ? `XRAY TraceId: ${Root}\tSegmentId: ${Parent}\tSampled: true\t\n` : "";
}

function statusFields(outcome: { readonly status: string; readonly errorType?: string | undefined }): string {
  const type =
    outcome.status !== "timeout" && outcome.errorType !== undefined
      ? `\tError Type: ${outcome.errorType}`
      : "";
  return `Status: ${outcome.status}${type}`;
}

function milliseconds(value: number): string {
  return `${twoDecimals(value)} ms`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
