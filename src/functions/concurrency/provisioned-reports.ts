import type { ProvisionedReport } from "../interfaces.ts";

/**
 * What invoke said last of the environments that it keeps ready. In memory only, like the environments: after a start
 * everything is in progress until it is there again.
 */
export class ProvisionedReports {
  readonly #byTarget = new Map<string, ProvisionedReport>();

  put(report: ProvisionedReport): void {
    this.#byTarget.set(keyOf(report.arn, report.qualifier), report);
  }

  /** Undefined if nothing was said of this generation. */
  find(arn: string, qualifier: string, generation: string | undefined): ProvisionedReport | undefined {
    const report = this.#byTarget.get(keyOf(arn, qualifier));
    return report?.generation === generation ? report : undefined;
  }

  drop(arn: string, qualifier: string): void {
    this.#byTarget.delete(keyOf(arn, qualifier));
  }
}

function keyOf(arn: string, qualifier: string): string {
  return `${arn}:${qualifier}`;
}
