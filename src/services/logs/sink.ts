import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type Clock,
  type Log,
  type LogEvent,
  type LogSink,
  logsLimits,
  type Timer,
} from "../../base/index.ts";
import type { Store } from "../../storage/index.ts";
import type { LogStore } from "./store.ts";

interface Batch {
  readonly account: string;
  readonly region: string;
  readonly group: string;
  readonly stream: string;
  readonly events: LogEvent[];
}

/** Gathers what environments log and writes it in batches, so that no invocation waits for a disk. */
export class BufferedSink implements LogSink {
  readonly #store: () => Promise<Store<LogStore>>;
  readonly #clock: Clock;
  readonly #log: Log;
  /** By the identity of what names the stream, which writers keep: joining the names costs more than the rest. */
  #batches = new Map<Parameters<LogSink["append"]>[0], Batch>();
  #events = 0;
  #bytes = 0;
  #dropped = 0;
  #timer: Timer | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly store: () => Promise<Store<LogStore>>;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  append(at: Parameters<LogSink["append"]>[0], events: readonly LogEvent[]): void {
    let batch = this.#batches.get(at);
    if (batch === undefined) {
      batch = { ...at, events: [] };
      this.#batches.set(at, batch);
    }
    for (const event of events) {
      const bytes = event.message.length;
      if (this.#events >= logsLimits.bufferedEvents || this.#bytes + bytes > logsLimits.bufferedBytes) {
        this.#dropped += 1;
        continue;
      }
      batch.events.push(event);
      this.#events += 1;
      this.#bytes += bytes;
    }
    this.#timer ??= this.#clock.after(logsLimits.flushMs, () => void this.flush());
  }

  /** Resolves when everything appended before the call can be read. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#flushing = this.#flushing.then(() => this.#write());
    return this.#flushing;
  }

  async #write(): Promise<void> {
    const batches = [...this.#batches.values()].filter(({ events }) => events.length > 0);
    const dropped = this.#dropped;
    if (batches.length === 0 && dropped === 0) return;
    this.#batches = new Map();
    this.#events = 0;
    this.#bytes = 0;
    this.#dropped = 0;
    if (dropped > 0) this.#log.warn("log events dropped: the buffer is full", { dropped });
    const now = this.#clock.now();
    const writes: Promise<void>[] = [];
    for (const piece of piecesOf(batches)) {
      // Making text of it and copying that holds up whatever else there is to do.
      if (writes.length > 0) await nextTurn();
      writes.push(this.#writePiece(piece, now));
    }
    await Promise.all(writes);
  }

  async #writePiece(batches: readonly Batch[], now: number): Promise<void> {
    try {
      const store = await this.#store();
      const texts = batches.map(({ account, region, group, stream, events }) => {
        return { account, region, group, stream, events: JSON.stringify(events) };
      });
      await store.write("ingest", { batches: texts, now });
    } catch (error) {
      const lost = batches.reduce((sum, { events }) => sum + events.length, 0);
      this.#log.error("log events lost: they could not be written", { lost, error });
    }
  }
}

/** About what an event takes in JSON beside its message. */
const EVENT_BYTES = 48;

/** The same events in the same order, `logsLimits.pieceBytes` or a single event at a time. */
function* piecesOf(batches: readonly Batch[]): Generator<Batch[]> {
  let piece: Batch[] = [];
  let bytes = 0;
  for (const batch of batches) {
    let from = 0;
    for (const [at, { message }] of batch.events.entries()) {
      const size = message.length + EVENT_BYTES;
      if (bytes > 0 && bytes + size > logsLimits.pieceBytes) {
        if (at > from) piece.push({ ...batch, events: batch.events.slice(from, at) });
        yield piece;
        [piece, bytes, from] = [[], 0, at];
      }
      bytes += size;
    }
    piece.push(from === 0 ? batch : { ...batch, events: batch.events.slice(from) });
  }
  if (piece.length > 0) yield piece;
}
