import type { Quantities, UsageReport } from "./report.ts";

const QUANTITIES = [
  "requests",
  "furtherRequests",
  "errors",
  "billedMs",
  "gbSeconds",
  "ephemeralStorageGbSeconds",
  "streamedBytes",
  "billedStreamedBytes",
  "provisionedGbSeconds",
  "provisionedDurationGbSeconds",
  "durableOperations",
  "durableWrittenBytes",
  "durableRetainedGbMonths",
] as const satisfies readonly (keyof Quantities)[];

const COSTS = [
  "requests",
  "duration",
  "ephemeralStorage",
  "streaming",
  "provisioned",
  "provisionedDuration",
  "durableOperations",
  "durableWritten",
  "durableRetained",
  "total",
] as const satisfies readonly (keyof Quantities["cost"])[];

/** One line a group under a line of names, RFC 4180. */
export function reportCsv(report: UsageReport): string {
  const head = [...report.by, ...QUANTITIES, ...COSTS.map((name) => `cost.${name}`), "currency"];
  const lines = report.rows.map((row) => [
    ...report.by.map((dimension) => row.group[dimension] ?? ""),
    ...QUANTITIES.map((name) => number(row[name])),
    ...COSTS.map((name) => number(row.cost[name])),
    report.currency,
  ]);
  return [head, ...lines].map((cells) => `${cells.map(cell).join(",")}\r\n`).join("");
}

/** As many digits as a double surely has, so that 0.1 + 0.2 reads 0.3. */
function number(value: number): string {
  return String(Number(value.toPrecision(15)));
}

/** Names and tags are chosen by users; a spreadsheet would run what begins like a formula. */
function cell(value: string): string {
  const inert = /^[=+@\t\r]/.test(value) || (value.startsWith("-") && Number.isNaN(Number(value)));
  const text = inert ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
