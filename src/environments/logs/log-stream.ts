import { type Clock, environmentLimits, type LogEvent, type LogSink } from "../../base/index.ts";
import type { EnvironmentSpec } from "../interfaces.ts";
import type { TelemetryHub } from "../telemetry/telemetry-hub.ts";
import { applicationRecord, levelOfApplication } from "./application-line.ts";
import { envelope, type LogsDropped, levelOf, type PlatformEvent, reaches } from "./platform-event.ts";
import { platformLine } from "./platform-lines.ts";
import type { LogWriter } from "./process-log.ts";
import { characterStart, lastCharacterEnd } from "./utf8.ts";

/** The name of an environment's log stream; functions that share a custom group have their name in it. */
export function logStreamName(spec: EnvironmentSpec, createdAt: number, hex32: string): string {
  const day = new Date(createdAt).toISOString().slice(0, 10).replaceAll("-", "/");
  const name = spec.logGroup === `/aws/lambda/${spec.functionName}` ? "" : spec.functionName;
  return `${day}/${name}[${spec.version}]${hex32}`;
}

/** One environment's log: lines of the platform, and those of its processes, in the function's format and levels. */
export class EnvironmentLogStream {
  readonly #sink: LogSink;
  readonly #clock: Clock;
  readonly #telemetry: TelemetryHub;
  readonly #target: {
    readonly account: string;
    readonly region: string;
    readonly group: string;
    readonly stream: string;
  };
  readonly #json: boolean;
  readonly #systemLevel: string;
  readonly #applicationLevel: string;
  /** What processes have not finished yet becomes an event before the platform's next. */
  readonly #unfinished = new Set<{ flush(): void }>();
  #events: LogEvent[] = [];
  #tail: string | undefined;

  constructor(sink: LogSink, clock: Clock, spec: EnvironmentSpec, stream: string, telemetry: TelemetryHub) {
    this.#sink = sink;
    this.#clock = clock;
    this.#telemetry = telemetry;
    this.#target = { account: spec.account, region: spec.region, group: spec.logGroup, stream };
    this.#json = spec.logFormat === "JSON";
    this.#systemLevel = spec.systemLogLevel ?? "INFO";
    this.#applicationLevel = spec.applicationLogLevel ?? "INFO";
  }

  /** Whether anybody gets the events that have no line in the text format. */
  get detailed(): boolean {
    return this.#json || this.#telemetry.active;
  }

  /** A writer that is asked for its last, unfinished line before the platform writes one. */
  track(writer: { flush(): void }): void {
    this.#unfinished.add(writer);
  }

  /** Writes what its processes left unfinished, and forgets them. */
  flush(): void {
    this.#flushAll();
    this.#unfinished.clear();
    this.#send();
  }

  #flushAll(): void {
    for (const writer of this.#unfinished) writer.flush();
  }

  platform(...events: readonly PlatformEvent[]): void {
    this.#flushAll();
    const now = this.#clock.now();
    for (const event of events) {
      if (this.#telemetry.active) this.#telemetry.publishPlatform(now, event);
      const line = this.#json ? this.#jsonLine(now, event) : platformLine(event);
      if (line !== undefined) this.#append(now, line);
    }
    this.#send();
  }

  /** A subscriber lost events. The others are not told, who did not; nor does the text format have a line for it. */
  dropped(record: LogsDropped): void {
    const now = this.#clock.now();
    const line = this.#json ? this.#jsonLine(now, { type: "platform.logsDropped", record }) : undefined;
    if (line !== undefined) this.#append(now, line);
    this.#send();
  }

  /** A word of this server's own, which AWS has no event for: a line in the log, and nothing to subscribers. */
  warn(message: string): void {
    const now = this.#clock.now();
    if (!this.#json) this.#append(now, `LAMBDA_WARNING: ${message}\n`);
    else if (reaches("WARN", this.#systemLevel)) {
      const timestamp = new Date(now).toISOString();
      this.#append(now, `${JSON.stringify({ timestamp, level: "WARN", message })}\n`);
    }
    this.#send();
  }

  /** Hands bytes of a process to their writer, and its events on in one batch; gives what the writer found. */
  write(writer: LogWriter, bytes: Buffer): number {
    const found = writer.write(bytes);
    this.#send();
    return found;
  }

  #jsonLine(now: number, event: PlatformEvent): string | undefined {
    if (event.type === "platform.end" || event.type === "platform.fault") return undefined;
    if (!reaches(levelOf(event), this.#systemLevel)) return undefined;
    return `${envelope(now, event.type, event.record)}\n`;
  }

  /** One line or frame of the function or of an extension, from a writer. Subscribers get it whole. */
  application(kind: "function" | "extension", message: string): void {
    const now = this.#clock.now();
    const record = this.#json ? applicationRecord(message) : undefined;
    if (this.#telemetry.active) this.#telemetry.publishLine(now, kind, message, record);
    if (this.#json && !reaches(levelOfApplication(record), this.#applicationLevel)) return;
    for (const event of eventsOf(message)) this.#append(now, event);
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

  #send(): void {
    if (this.#events.length === 0) return;
    const events = this.#events;
    this.#events = [];
    this.#sink.append(this.#target, events);
  }

  #append(timestamp: number, message: string): void {
    this.#events.push({ timestamp, message });
    if (this.#tail === undefined) return;
    this.#tail += message.slice(-environmentLimits.logTailBytes);
    if (this.#tail.length > 4 * environmentLimits.logTailBytes) {
      this.#tail = this.#tail.slice(-environmentLimits.logTailBytes);
    }
  }
}

const UTF_8_BYTES_MOST = 3;

/** What a line becomes in a log whose events have a largest size; each ends in a line feed. */
function eventsOf(line: string): readonly string[] {
  const { logEventBytes } = environmentLimits;
  if (line.length * UTF_8_BYTES_MOST <= logEventBytes) return [line];
  const events: string[] = [];
  let rest = Buffer.from(line.endsWith("\n") ? line.slice(0, -1) : line);
  while (rest.length > logEventBytes) {
    const end = lastCharacterEnd(rest, logEventBytes);
    events.push(`${rest.toString("utf8", 0, end)}\n`);
    rest = rest.subarray(end);
  }
  events.push(`${rest.toString("utf8")}\n`);
  return events;
}
