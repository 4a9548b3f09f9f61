import { type Clock, environmentLimits, sleep, type Timer } from "../../base/index.ts";
import { envelope, type LogsDropped } from "../logs/platform-event.ts";
import type { Subscription } from "./subscription.ts";

/** Sends one batch of events, each JSON text; rejects if the destination did not take it. */
export interface TelemetryTransport {
  send(events: readonly string[]): Promise<void>;
  close(): void;
}

interface Batch {
  readonly events: string[];
  bytes: number;
}

/**
 * One subscriber's buffer and its delivery: in order, one batch at a time, at least once. A subscriber that takes
 * nothing holds up nobody; what it does not take in time is dropped, which it is told.
 */
export class Subscriber {
  readonly subscription: Subscription;
  readonly #transport: TelemetryTransport;
  readonly #clock: Clock;
  readonly #onDropped: (record: LogsDropped) => void;
  #buffer: Batch = { events: [], bytes: 0 };
  #waiting: Batch[] = [];
  #waitingBytes = 0;
  #timer: Timer | undefined;
  #delivering: Promise<void> | undefined;
  #paused = false;
  #closed = false;
  /** What it has not been told of yet, and what nobody else has. */
  #dropped = NOTHING;
  #droppedLately = NOTHING;

  constructor(
    subscription: Subscription,
    transport: TelemetryTransport,
    clock: Clock,
    onDropped: (record: LogsDropped) => void,
  ) {
    this.subscription = subscription;
    this.#transport = transport;
    this.#clock = clock;
    this.#onDropped = onDropped;
  }

  push(event: string): void {
    if (this.#closed) return;
    const bytes = Buffer.byteLength(event);
    const { maxBytes, maxItems, timeoutMs } = this.subscription;
    const before = this.#waitingBytes + this.#buffer.bytes;
    // A line that is longer than all of it goes alone.
    if (before > 0 && before + bytes > maxBytes * environmentLimits.telemetryBacklogBuffers) {
      this.#drop(1, bytes);
      return;
    }
    if (this.#buffer.bytes + bytes > maxBytes && this.#buffer.events.length > 0) this.flush();
    this.#buffer.events.push(event);
    this.#buffer.bytes += bytes;
    if (this.#buffer.events.length >= maxItems || this.#buffer.bytes >= maxBytes) this.flush();
    else this.#timer ??= this.#clock.after(timeoutMs, () => this.flush());
  }

  /** Sends what is buffered without waiting for more, be it only that something was dropped. */
  flush(): void {
    if (this.#closed) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    const untold = this.#dropped.records > 0 && this.#waiting.length === 0;
    if (this.#buffer.events.length > 0 || untold) {
      this.#waiting.push(this.#buffer);
      this.#waitingBytes += this.#buffer.bytes;
      this.#buffer = { events: [], bytes: 0 };
    }
    this.#deliver();
    const lately = this.#droppedLately;
    this.#droppedLately = NOTHING;
    if (lately.records > 0) this.#onDropped(recordOf(lately));
  }

  /** Whether something is not delivered yet. */
  get busy(): boolean {
    return this.#delivering !== undefined || this.#waiting.length > 0 || this.#buffer.events.length > 0;
  }

  /** Nothing is sent to a sandbox that stands still. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#waiting = [];
    this.#buffer = { events: [], bytes: 0 };
    this.#transport.close();
  }

  #deliver(): void {
    if (this.#delivering !== undefined || this.#paused || this.#waiting.length === 0) return;
    this.#delivering = this.#work().finally(() => {
      this.#delivering = undefined;
      this.#deliver();
    });
  }

  async #work(): Promise<void> {
    for (let batch = this.#waiting[0]; batch !== undefined && !this.#paused; batch = this.#waiting[0]) {
      const told = this.#dropped;
      const sent = await this.#send(
        told.records === 0 ? batch.events : [...batch.events, this.#notice(told)],
      );
      // What was under way when the sandbox was frozen is sent again when it goes on.
      if (this.#closed || sent === undefined) return;
      this.#waiting.shift();
      this.#waitingBytes -= batch.bytes;
      if (sent) this.#dropped = sum(this.#dropped, { records: -told.records, bytes: -told.bytes });
      else this.#drop(batch.events.length, batch.bytes);
    }
  }

  async #send(events: readonly string[]): Promise<boolean | undefined> {
    for (let attempt = 1; attempt <= environmentLimits.telemetryAttempts && !this.#closed; attempt += 1) {
      if (this.#paused) return undefined;
      try {
        await this.#transport.send(events);
        return true;
      } catch {
        if (this.#paused) return undefined;
        await sleep(this.#clock, environmentLimits.telemetryRetryMs * attempt);
      }
    }
    return false;
  }

  #drop(records: number, bytes: number): void {
    this.#dropped = sum(this.#dropped, { records, bytes });
    this.#droppedLately = sum(this.#droppedLately, { records, bytes });
  }

  /** It goes with a batch and takes no room of its own, so that it can't be dropped itself. */
  #notice(dropped: Dropped): string {
    return envelope(this.#clock.now(), "platform.logsDropped", recordOf(dropped));
  }
}

interface Dropped {
  readonly records: number;
  readonly bytes: number;
}

const NOTHING: Dropped = { records: 0, bytes: 0 };

function sum(one: Dropped, other: Dropped): Dropped {
  return { records: one.records + other.records, bytes: one.bytes + other.bytes };
}

function recordOf({ bytes, records }: Dropped): LogsDropped {
  return { reason: DROPPED, droppedRecords: records, droppedBytes: bytes };
}

const DROPPED =
  "Some logs were dropped because the downstream consumer is slower than the logs production rate";
