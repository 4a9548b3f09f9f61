/** The object that a line of JSON logs is; undefined for any other line. */
export function applicationRecord(message: string): Readonly<Record<string, unknown>> | undefined {
  if (!message.startsWith("{")) return undefined;
  try {
    return JSON.parse(message) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** What a line without a level of its own, or without a time that could be read, is taken for. */
const USUAL_LEVEL = "INFO";

/** Python's loggers have names of their own for two of the levels. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ["WARNING", "WARN"],
  ["CRITICAL", "FATAL"],
]);

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html */
export function levelOfApplication(record: Readonly<Record<string, unknown>> | undefined): string {
  const level = record?.["level"];
  const timestamp = record?.["timestamp"];
  if (typeof level !== "string") return USUAL_LEVEL;
  if (timestamp !== undefined && !(typeof timestamp === "string" && RFC_3339.test(timestamp)))
    return USUAL_LEVEL;
  return OTHER_NAMES.get(level.toUpperCase()) ?? level;
}
