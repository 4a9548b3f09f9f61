import { type Clock, environmentLimits, type LogEvent, type LogSink } from "../base/index.ts";
import type { EnvironmentSpec } from "./interfaces.ts";

const LINE_FEED = 0x0a;

/** The name of an environment's log stream; functions that share a custom group have their name in it. */
export function logStreamName(spec: EnvironmentSpec, createdAt: number, hex32: string): string {
  const day = new Date(createdAt).toISOString().slice(0, 10).replaceAll("-", "/");
  const name = spec.logGroup === `/aws/lambda/${spec.functionName}` ? "" : spec.functionName;
  return `${day}/${name}[${spec.version}]${hex32}`;
}

/**
 * One environment's log: lines of the platform, and the output of its processes cut into events at line feeds.
 * A carriage return within a line is a soft line feed, with which runtimes keep a message of several lines in one
 * event. What is kept for a line is bounded by the largest event.
 */
export class EnvironmentLogStream {
  readonly #sink: LogSink;
  readonly #clock: Clock;
  readonly #target: {
    readonly account: string;
    readonly region: string;
    readonly group: string;
    readonly stream: string;
  };
  #partial: Buffer[] = [];
  #partialBytes = 0;
  #receivedBytes = 0;
  #tail: string | undefined;

  constructor(sink: LogSink, clock: Clock, spec: EnvironmentSpec, stream: string) {
    this.#sink = sink;
    this.#clock = clock;
    this.#target = { account: spec.account, region: spec.region, group: spec.logGroup, stream };
  }

  /** All output so far, to tell whether there was more. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Whole lines of the platform; what the function left unfinished becomes an event before them. */
  platform(...lines: readonly string[]): void {
    const messages = this.#takePartial();
    messages.push(...lines);
    this.#append(messages);
  }

  /** Bytes that the processes wrote to standard output or standard error. */
  output(bytes: Buffer): void {
    this.#receivedBytes += bytes.length;
    const messages: string[] = [];
    let from = 0;
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, from)) {
      this.#collect(bytes.subarray(from, at + 1), messages);
      messages.push(...this.#takePartial());
      from = at + 1;
    }
    if (from < bytes.length) this.#collect(bytes.subarray(from), messages);
    this.#append(messages);
  }

  /** Makes an event of a last line without a line feed. */
  flush(): void {
    this.#append(this.#takePartial());
  }

  startTail(): void {
    this.#tail = "";
  }

  /** The last 4 KiB since `startTail`, from the start of a character. */
  takeTail(): Uint8Array {
    const bytes = Buffer.from(this.#tail ?? "");
    this.#tail = undefined;
    return bytes.subarray(characterStart(bytes, Math.max(0, bytes.length - environmentLimits.logTailBytes)));
  }

  /** Adds to the present line, and turns what no event can hold into events of its own. */
  #collect(bytes: Buffer, messages: string[]): void {
    let rest = bytes;
    while (this.#partialBytes + rest.length > environmentLimits.logEventBytes) {
      const whole = Buffer.concat([...this.#partial, rest]);
      const end = lastCharacterEnd(whole, environmentLimits.logEventBytes);
      messages.push(decode(whole.subarray(0, end)));
      this.#partial = [];
      this.#partialBytes = 0;
      rest = whole.subarray(end);
    }
    if (rest.length === 0) return;
    // Pieces of a few bytes are joined now and then, because each costs far more than it holds.
    if (this.#partial.length >= 64) this.#partial = [Buffer.concat(this.#partial)];
    this.#partial.push(Buffer.from(rest));
    this.#partialBytes += rest.length;
  }

  #takePartial(): string[] {
    if (this.#partialBytes === 0) return [];
    const line = this.#partial.length === 1 ? (this.#partial[0] as Buffer) : Buffer.concat(this.#partial);
    this.#partial = [];
    this.#partialBytes = 0;
    return [decode(line)];
  }

  #append(messages: readonly string[]): void {
    if (messages.length === 0) return;
    const timestamp = this.#clock.now();
    this.#sink.append(
      this.#target,
      messages.map((message): LogEvent => ({ timestamp, message })),
    );
    if (this.#tail === undefined) return;
    this.#tail += messages.slice(-environmentLimits.logTailBytes).join("");
    if (this.#tail.length > 4 * environmentLimits.logTailBytes) {
      this.#tail = this.#tail.slice(-environmentLimits.logTailBytes);
    }
  }
}

/** The text of one event: it ends in a line feed, and soft line feeds have become real ones. */
function decode(line: Buffer): string {
  const text = line.toString("utf8");
  const body = text.endsWith("\n") ? text.slice(0, -1) : text;
  return `${body.includes("\r") ? body.replace(/\r(?!$)/g, "\n") : body}\n`;
}

/** The first position from `at` on where a UTF-8 character starts. */
function characterStart(bytes: Uint8Array, at: number): number {
  let start = at;
  while (start < bytes.length && start < at + 3 && ((bytes[start] as number) & 0xc0) === 0x80) start++;
  return start;
}

/** The last position up to `at` that splits no UTF-8 character; `at` itself if the bytes are no UTF-8. */
function lastCharacterEnd(bytes: Uint8Array, at: number): number {
  for (let end = at; end > at - 4; end--) {
    if (((bytes[end] as number) & 0xc0) !== 0x80) return end;
  }
  return at;
}
