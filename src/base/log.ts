export type LogLevel = "debug" | "info" | "warn" | "error";

/** Fields of one line of the server's own log; values must survive JSON. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The server's own log (not the functions'). Goes to standard error; standard output belongs to the commands. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** The same log with fields that every line carries. */
  with(fields: LogFields): Log;
}

const ORDER: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: "text" | "json";
  readonly write: (line: string) => void;
}

export function createLog(options: LogOptions, fixed: LogFields = {}): Log {
  const emit = (level: LogLevel, event: string, fields: LogFields = {}): void => {
    if (ORDER[level] < ORDER[options.level]) return;
    const all = { ...fixed, ...fields };
    const time = new Date().toISOString();
    options.write(
      options.format === "json"
        ? `${JSON.stringify({ time, level, event, ...printable(all) })}\n`
        : `${time} ${level.toUpperCase().padEnd(5)} ${event}${formatFields(all)}\n`,
    );
  };
  return {
    debug: (event, fields) => emit("debug", event, fields),
    info: (event, fields) => emit("info", event, fields),
    warn: (event, fields) => emit("warn", event, fields),
    error: (event, fields) => emit("error", event, fields),
    with: (fields) => createLog(options, { ...fixed, ...fields }),
  };
}

function formatFields(fields: LogFields): string {
  return Object.entries(printable(fields))
    .map(([name, value]) => ` ${name}=${typeof value === "string" ? quote(value) : JSON.stringify(value)}`)
    .join("");
}

function printable(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? (value.stack ?? value.message) : value,
    ]),
  );
}

/** Control characters stay escaped, so that no caller can forge a line or move a terminal's cursor. */
function quote(text: string): string {
  return /^[\w.:/@$[\]-]+$/.test(text) ? text : JSON.stringify(text);
}

/** Swallows everything; for tests that look elsewhere. */
export const silentLog: Log = createLog({ level: "error", format: "text", write: () => undefined });
