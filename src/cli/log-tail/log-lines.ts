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
  WARN: 33,
  WARNING: 33,
  ERROR: 31,
  FATAL: 31,
  CRITICAL: 31,
};
/** What runtimes write before a line; the event has the time. */
const OWN_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z\t/;
const DIM = 2;
const RED = 31;

/** Makes lines for people of log events. */
export class LogLines {
  readonly #colours: boolean;
  readonly #named: boolean;
  readonly #given = new Map<string, number>();
  #width = 0;

  constructor(options: { readonly colours: boolean; readonly named: boolean }) {
    this.#colours = options.colours;
    this.#named = options.named;
  }

  line(event: LogEvent): string {
    const time = new Date(event.timestamp).toISOString();
    const name = this.#named ? `${this.#name(functionOf(event.logGroupName))}  ` : "";
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
    const level = /\t(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\t|^\[(DEBUG|INFO|WARNING|ERROR|CRITICAL)\]/.exec(
      plain,
    );
    const named = level?.[1] ?? level?.[2];
    return named === "INFO" || named === undefined ? plain : this.#paint(LEVEL_COLOURS[named] ?? 0, plain);
  }

  /** Level and message first, the rest as `name=value`; undefined for what is no JSON object. */
  #json(text: string): string | undefined {
    let parsed: Record<string, unknown>;
    try {
      parsed = JSON.parse(text) as Record<string, unknown>;
    } catch {
      return undefined;
    }
    const { time: _time, timestamp: _timestamp, level, type, message, msg, record, ...rest } = parsed;
    const told = message ?? msg;
    const words: string[] = [];
    if (typeof level === "string") {
      words.push(this.#paint(LEVEL_COLOURS[level.toUpperCase()] ?? 0, level.toUpperCase().padEnd(5)));
    }
    if (typeof type === "string") words.push(this.#paint(DIM, type));
    if (told !== undefined) words.push(valueText(told));
    const fields = { ...rest, ...(isObject(record) ? record : record === undefined ? {} : { record }) };
    const shown = Object.entries(fields).map(
      ([name, value]) => `${stripVTControlCharacters(name)}=${valueText(value)}`,
    );
    if (shown.length > 0) words.push(this.#paint(DIM, shown.join(" ")));
    return words.join(" ");
  }

  #paint(code: number, text: string): string {
    return this.#colours && code !== 0 ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function valueText(value: unknown): string {
  return stripVTControlCharacters(typeof value === "string" ? value : JSON.stringify(value));
}
