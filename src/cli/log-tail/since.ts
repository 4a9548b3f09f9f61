import { UsageError } from "../command.ts";

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `5m`, `2h`, `1d`, a number of minutes, or an ISO 8601 time, as epoch milliseconds. */
export function sinceOption(text: string, now: number): number {
  const [, number = "", unit = "m"] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(text) ?? [];
  if (number !== "") return now - Number(number) * (UNITS_MS[unit] ?? 0);
  const time = Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(time)) return time;
  throw new UsageError("--since takes minutes, a duration such as 90s, 5m, 2h or 1d, or an ISO 8601 time");
}
