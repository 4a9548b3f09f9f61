import type { UsageRecord } from "./interfaces.ts";

/** What one function version of one size used in one hour. */
export interface UsageTotalsRow {
  /** Start of the UTC hour in which the invocations began, epoch milliseconds. */
  readonly hour: number;
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
  readonly version: string;
  readonly architecture: "x86_64" | "arm64";
  readonly memoryMiB: number;
  readonly ephemeralStorageMiB: number;
  requests: number;
  errors: number;
  billedMs: number;
  firstStartedAt: number;
  lastStartedAt: number;
}

export const HOUR_MS = 3_600_000;

export function hourOf(time: number): number {
  return time - (time % HOUR_MS);
}

/** Sums of usage records by hour, function version, architecture and size: small however many invocations. */
export class UsageTotals {
  readonly #rows = new Map<string, UsageTotalsRow>();

  add(record: UsageRecord): void {
    const hour = hourOf(record.startedAt);
    const key = keyOf(hour, record);
    const row = this.#rows.get(key);
    if (row === undefined) {
      this.#rows.set(key, {
        hour,
        account: record.account,
        region: record.region,
        functionName: record.functionName,
        version: record.version,
        architecture: record.architecture,
        memoryMiB: record.memoryMiB,
        ephemeralStorageMiB: record.ephemeralStorageMiB,
        requests: 1,
        errors: record.status === "success" ? 0 : 1,
        billedMs: record.billedDurationMs,
        firstStartedAt: record.startedAt,
        lastStartedAt: record.startedAt,
      });
      return;
    }
    row.requests += 1;
    if (record.status !== "success") row.errors += 1;
    row.billedMs += record.billedDurationMs;
    if (record.startedAt < row.firstStartedAt) row.firstStartedAt = record.startedAt;
    if (record.startedAt > row.lastStartedAt) row.lastStartedAt = record.startedAt;
  }

  /** Takes over rows that an earlier run saved. */
  restore(rows: readonly UsageTotalsRow[]): void {
    for (const row of rows) {
      this.#rows.set(keyOf(row.hour, row), { ...row });
    }
  }

  rows(): readonly Readonly<UsageTotalsRow>[] {
    return [...this.#rows.values()];
  }
}

function keyOf(hour: number, of: UsageRecord | UsageTotalsRow): string {
  return `${hour} ${of.account} ${of.region} ${of.functionName} ${of.version} ${of.architecture} ${of.memoryMiB} ${of.ephemeralStorageMiB}`;
}
