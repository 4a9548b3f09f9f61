import { stripVTControlCharacters } from "node:util";
import type { LogEvent } from "./log-events.ts";
import { functionOf } from "./selection.ts";

/** Whether to write colours: to terminals, unless NO_COLOR says no (https://no-color.org) or FORCE_COLOR yes. */
export function wantsColours(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  if ((environment["NO_COLOR"] ?? "") !== "") return false;
  if ((environment["FORCE_COLOR"] ?? "") !== "") return environment["FORCE_COLOR"] !== "0";
  return stream.isTTY === true && environment["TERM"] !== "dumb";
}

const NAME_COLOURS = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];
const LEVEL_COLOURS: Readonly<Record<string, number>> = {
  TRACE: 2,
  DEBUG: 2,
  INFO: 32,
  INFORMATION: 32,
  WARN: 33,
  WARNING: 33,
  ERROR: 31,
  FATAL: 31,
  CRITICAL: 31,
};
/** How .NET's runtime shortens them. */
const SHORT_LEVELS: Readonly<Record<string, string>> = {
  trce: "TRACE",
  dbug: "DEBUG",
  fail: "ERROR",
  crit: "CRITICAL",
};
/** Of Node.js and .NET, of Python, and of Ruby's Logger. */
const LEVEL =
  /\t(TRACE|DEBUG|INFO|WARN|ERROR|FATAL|trce|dbug|warn|fail|crit)\t|^\[(DEBUG|INFO|WARNING|ERROR|CRITICAL)\]|^[DIWEF], \[[^\]]*\] +(DEBUG|INFO|WARN|ERROR|FATAL) /;
/** What a runtime or the platform says of a failure, and an exception as Node.js's runtime tells it: one JSON object. */
const FAILURE = /^RequestId: \S+ Error: |^\S+ Task timed out after /;
const TOLD_ERROR = /^(.*\tERROR\t[^\t\n{]*\t)(\{"errorType":.*\})$/;
/** Members that are lines of a trace. */
const TRACES = ["stack", "stackTrace", "trace"];
/** What runtimes write before a line; the event has the time. */
const OWN_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z\t/;
const DIM = 2;
const RED = 31;

/** Makes lines for people of log events. */
export class LogLines {
  readonly #colours: boolean;
  readonly #named: () => boolean;
  readonly #given = new Map<string, number>();
  #width = 0;

  /** `named` tells whether lines begin with the function's name. */
  constructor(options: { readonly colours: boolean; readonly named: () => boolean }) {
    this.#colours = options.colours;
    this.#named = options.named;
  }

  line(event: LogEvent): string {
    const time = new Date(event.timestamp).toISOString();
    const name = this.#named() ? `${this.#name(functionOf(event.logGroupName))}  ` : "";
    return `${this.#paint(DIM, time)}  ${name}${this.#message(event.message.trimEnd())}`;
  }

  /** Each function has its colour, in the order in which they come. */
  #name(name: string): string {
    const colour = this.#given.get(name) ?? NAME_COLOURS[this.#given.size % NAME_COLOURS.length] ?? 0;
    this.#given.set(name, colour);
    this.#width = Math.max(this.#width, name.length);
    return this.#paint(colour, name.padEnd(this.#width));
  }

  #message(text: string): string {
    const pretty = text.startsWith("{") ? this.#json(text) : undefined;
    if (pretty !== undefined) return pretty;
    // What a function prints may hold anything; only its own colours would be let through, and not even those.
    const plain = stripVTControlCharacters(text).replace(OWN_TIME, "");
    if (/^(START|END|REPORT|INIT_START|INIT_REPORT|EXTENSION|TELEMETRY) ?/.test(plain)) {
      return this.#paint(/Status: (timeout|error)/.test(plain) ? RED : DIM, plain);
    }
    if (FAILURE.test(plain)) return this.#paint(RED, plain);
    const [, before, error] = TOLD_ERROR.exec(plain) ?? [];
    const trace = error === undefined ? undefined : traceOf(error);
    if (trace !== undefined) return this.#paint(RED, `${before}${trace}`);
    const found = LEVEL.exec(plain)
      ?.slice(1)
      .find((level) => level !== undefined);
    const named = SHORT_LEVELS[found ?? ""] ?? found?.toUpperCase();
    return named === "INFO" || named === undefined ? plain : this.#paint(LEVEL_COLOURS[named] ?? 0, plain);
  }

  /** Level and message first, the rest as `name=value`, traces in lines; undefined for what is no JSON object. */
  #json(text: string): string | undefined {
    const parsed = objectIn(text);
    if (parsed === undefined) return undefined;
    const { time: _time, timestamp: _timestamp, level, type, message, msg, record, ...rest } = parsed;
    const error = isObject(message) && Array.isArray(message["stackTrace"]) ? message : undefined;
    const told = error === undefined ? (message ?? msg) : undefined;
    const words: string[] = [];
    if (typeof level === "string") {
      words.push(this.#paint(LEVEL_COLOURS[level.toUpperCase()] ?? 0, level.toUpperCase().padEnd(5)));
    }
    if (typeof type === "string") words.push(this.#paint(DIM, type));
    if (told !== undefined) words.push(valueText(told));
    const further = isObject(record) ? record : record === undefined ? {} : { record };
    const { traces, others } = apart({ ...rest, ...error, ...further });
    if (others !== "") words.push(this.#paint(DIM, others));
    return [words.join(" "), ...traces].join("\n");
  }

  #paint(code: number, text: string): string {
    return this.#colours && code !== 0 ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

/** Lines of traces, and everything else in one. */
function apart(fields: Readonly<Record<string, unknown>>): {
  readonly traces: readonly string[];
  readonly others: string;
} {
  const traces: string[] = [];
  const others: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (TRACES.includes(name) && Array.isArray(value)) traces.push(...value.map(valueText));
    else others.push(`${stripVTControlCharacters(name)}=${valueText(value)}`);
  }
  return { traces, others: others.join(" ") };
}

/** An error's trace, which begins with its type and message, and what else it has; undefined for other JSON. */
function traceOf(text: string): string | undefined {
  const { errorType: _type, errorMessage: _message, ...rest } = objectIn(text) ?? {};
  const { traces, others } = apart(rest);
  if (traces.length === 0) return undefined;
  return [...traces, ...(others === "" ? [] : [others])].join("\n");
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function valueText(value: unknown): string {
  return stripVTControlCharacters(typeof value === "string" ? value : JSON.stringify(value));
}
