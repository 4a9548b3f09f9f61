/**
 * The lines that Lambda itself writes into a function's log, text format. Tools parse them with regular
 * expressions, so every tab and blank counts: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
 */

export function initStartLine(runtimeVersion: string, runtimeVersionArn: string): string {
  return `INIT_START Runtime Version: ${runtimeVersion}\tRuntime Version ARN: ${runtimeVersionArn}\n`;
}

/** Written only for an init that failed. */
export function initReportLine(init: {
  readonly durationMs: number;
  readonly phase: "init" | "invoke";
  readonly status: "timeout" | "error";
  readonly errorType?: string;
}): string {
  return `INIT_REPORT Init Duration: ${milliseconds(init.durationMs)}\tPhase: ${init.phase}\t${statusFields(init)}\n`;
}

export function startLine(requestId: string, version: string): string {
  return `START RequestId: ${requestId} Version: ${version}\n`;
}

export function endLine(requestId: string): string {
  return `END RequestId: ${requestId}\n`;
}

/** Every field is followed by a tab, except that nothing follows the status. */
export function reportLine(report: {
  readonly requestId: string;
  readonly durationMs: number;
  readonly billedDurationMs: number;
  readonly memoryMiB: number;
  readonly maxMemoryUsedMiB: number;
  readonly initDurationMs?: number;
  /** Absent for a success and for an error that the function itself reported. */
  readonly failure?: { readonly status: "timeout" | "error"; readonly errorType?: string };
}): string {
  const fields = [
    `REPORT RequestId: ${report.requestId}`,
    `Duration: ${milliseconds(report.durationMs)}`,
    `Billed Duration: ${report.billedDurationMs} ms`,
    `Memory Size: ${report.memoryMiB} MB`,
    `Max Memory Used: ${report.maxMemoryUsedMiB} MB`,
  ];
  if (report.initDurationMs !== undefined)
    fields.push(`Init Duration: ${milliseconds(report.initDurationMs)}`);
  const status = report.failure === undefined ? "" : statusFields(report.failure);
  return `${fields.join("\t")}\t${status}\n`;
}

function statusFields(outcome: { readonly status: string; readonly errorType?: string }): string {
  const type =
    outcome.status === "error" && outcome.errorType !== undefined ? `\tError Type: ${outcome.errorType}` : "";
  return `Status: ${outcome.status}${type}`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(2)} ms`;
}
