import { type Clock, type Log, storageLimits, type Timer, toError } from "../base/index.ts";
import {
  OUTBOX_SIGNAL,
  type OutboxEntry,
  type OutboxRow,
  type outboxReads,
  type outboxWrites,
} from "./outbox.ts";

/**
 * The handle of any store whose definition has `outboxReads` and `outboxWrites`. Arguments and results are theirs;
 * TypeScript compares the generic methods of a store with nothing more exact.
 */
export interface OutboxStore {
  read(name: keyof typeof outboxReads, argument: any): Promise<any>;
  write(name: keyof typeof outboxWrites, argument: any): Promise<any>;
  listen(name: string, listener: (detail: string) => void): () => void;
}

export interface OutboxRelay {
  /** Looks through the whole outbox; not needed after `appendOutbox`, which wakes the relay itself. */
  wake(): void;
  /** Resolves when no delivery is under way any more; what is left is delivered after the next start. */
  stop(): Promise<void>;
}

export interface OutboxRelayOptions {
  readonly store: OutboxStore;
  /** A rejection means: again later. The same row may come again after a crash. */
  readonly deliver: (row: OutboxRow) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Delivers the rows of a store's outbox, one at a time per topic, and forgets each when it is delivered. */
export function relayOutbox(options: OutboxRelayOptions): OutboxRelay {
  const relay = new Relay(options);
  relay.wake();
  return relay;
}

class Relay implements OutboxRelay {
  readonly #store: OutboxStore;
  readonly #deliver: (row: OutboxRow) => Promise<void>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #stopListening: () => void;
  /** Topics that may have rows and wait for their turn. */
  readonly #ready = new Set<string>();
  readonly #active = new Map<string, Promise<void>>();
  readonly #backoff = new Map<string, { readonly failures: number; readonly timer: Timer | undefined }>();
  #scan: Promise<void> | undefined;
  #scanAgain = false;
  #stopped = false;

  constructor(options: OutboxRelayOptions) {
    this.#store = options.store;
    this.#deliver = options.deliver;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#stopListening = options.store.listen(OUTBOX_SIGNAL, (topic) => this.#offer(topic));
  }

  wake(): void {
    if (this.#stopped) return;
    this.#scanAgain = true;
    this.#scan ??= this.#scanTopics().finally(() => {
      this.#scan = undefined;
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopListening();
    for (const { timer } of this.#backoff.values()) timer?.cancel();
    this.#backoff.clear();
    this.#ready.clear();
    await Promise.all([...this.#active.values(), this.#scan]);
  }

  async #scanTopics(): Promise<void> {
    const limit = storageLimits.listPageEntries;
    for (let failures = 0; this.#scanAgain && !this.#stopped; ) {
      this.#scanAgain = false;
      try {
        let topics: string[];
        let after: string | undefined;
        do {
          topics = (await this.#store.read("outboxTopics", { after, limit })) as string[];
          for (const topic of topics) this.#offer(topic);
          after = topics.at(-1);
        } while (topics.length === limit && !this.#stopped);
      } catch (thrown) {
        if (this.#stopped) return;
        failures += 1;
        this.#log.error("outbox.unreadable", { error: toError(thrown) });
        this.#clock.after(retryDelayMs(failures), () => this.wake());
      }
    }
  }

  #offer(topic: string): void {
    // A topic that backs off keeps its pause: its oldest row has to go first anyway.
    if (this.#stopped || this.#backoff.get(topic)?.timer !== undefined) return;
    this.#ready.add(topic);
    this.#startReady();
  }

  #startReady(): void {
    for (const topic of this.#ready) {
      if (this.#active.size >= storageLimits.outboxTopicsAtOnce) return;
      if (this.#active.has(topic)) continue;
      this.#ready.delete(topic);
      const run = this.#runTopic(topic).finally(() => {
        this.#active.delete(topic);
        this.#startReady();
      });
      this.#active.set(topic, run);
    }
  }

  /** Delivers until the topic is empty, fails or the relay stops. Never rejects. */
  async #runTopic(topic: string): Promise<void> {
    const limit = storageLimits.outboxBatchRows;
    try {
      for (let more = true; more && !this.#stopped; ) {
        const rows = (await this.#store.read("outboxRows", { topic, limit })) as OutboxEntry[];
        await this.#deliverRows(topic, rows);
        more = rows.length === limit;
      }
      this.#backoff.delete(topic);
    } catch (thrown) {
      if (!this.#stopped) this.#backOff(topic, toError(thrown));
    }
  }

  async #deliverRows(topic: string, rows: readonly OutboxEntry[]): Promise<void> {
    let last: number | undefined;
    try {
      for (const { seq, id, payload } of rows) {
        if (this.#stopped) break;
        await this.#deliver({ id, topic, payload });
        last = seq;
      }
    } finally {
      if (last !== undefined) {
        await this.#store.write("outboxDelivered", { topic, seq: last });
        this.#backoff.delete(topic);
      }
    }
  }

  #backOff(topic: string, error: Error): void {
    const failures = (this.#backoff.get(topic)?.failures ?? 0) + 1;
    const delayMs = retryDelayMs(failures);
    this.#log.warn("outbox.delivery-failed", { topic, failures, delayMs, error });
    const timer = this.#clock.after(delayMs, () => {
      this.#backoff.set(topic, { failures, timer: undefined });
      this.#offer(topic);
    });
    this.#ready.delete(topic);
    this.#backoff.set(topic, { failures, timer });
  }
}

function retryDelayMs(failures: number): number {
  return Math.min(
    storageLimits.outboxRetryFirstMs * 2 ** Math.min(failures - 1, 30),
    storageLimits.outboxRetryMostMs,
  );
}
