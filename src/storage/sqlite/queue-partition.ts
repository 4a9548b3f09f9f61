import { type Clock, invariant, type Log, storageLimits, type Timer, toError } from "../../base/index.ts";
import { Alarm } from "../alarm.ts";
import type { ConsumerShares, Delivery, Json } from "../interfaces.ts";
import type { Store } from "../store.ts";
import type { store as queueDefinition } from "./queue-definition.ts";
import type { StoredEvent } from "./queue-turns.ts";

export type QueueStore = () => Promise<Store<typeof queueDefinition>>;

interface Consumer {
  readonly shares: Required<ConsumerShares>;
  readonly callback: (delivery: Delivery) => void;
  /** Unsettled events in its hands. */
  holds: number;
}

/** An event in somebody's hands, until it is settled or `expiry` comes. */
interface Holding {
  readonly consumer: Consumer;
  readonly key: string;
  expiry: Timer;
  /** Its settlement is being written: it is neither lost nor free. */
  settling: boolean;
}

/** One partition: hands out due events, fair between keys, and takes back those that nobody settles. */
export class QueuePartition {
  readonly index: number;
  readonly #store: QueueStore;
  readonly #isUnused: () => boolean;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #alarm: Alarm;
  readonly #held = new Map<number, Holding>();
  /** The same by key. */
  readonly #heldByKey = new Map<string, Set<number>>();
  /** The key whose turn was the last. */
  #after = "";
  #consumer: Consumer | undefined;
  #fetching = false;
  #fetchAgain = false;
  #closed = false;

  constructor(options: {
    index: number;
    store: QueueStore;
    /** Whether nothing was ever put into the queue; then there is no reason to open it. */
    isUnused: () => boolean;
    clock: Clock;
    log: Log;
  }) {
    this.index = options.index;
    this.#store = options.store;
    this.#isUnused = options.isUnused;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#alarm = new Alarm(options.clock, () => this.#fetch());
  }

  consume(given: ConsumerShares, callback: (delivery: Delivery) => void): () => void {
    const { max, openToAll = max, leastPerKey = 0 } = given;
    invariant(this.#consumer === undefined, `partition ${this.index} has a consumer already`);
    invariant(Number.isSafeInteger(max) && max >= 1, "a consumer takes at least one event");
    const consumer = { shares: { max, openToAll, leastPerKey }, callback, holds: 0 };
    this.#consumer = consumer;
    this.#fetch();
    return () => {
      if (this.#consumer === consumer) this.#consumer = undefined;
    };
  }

  /** Something is due at `time`. */
  wake(time: number): void {
    if (this.#consumer === undefined || this.#closed) return;
    if (time <= this.#clock.now()) this.#fetch();
    else this.#alarm.setAtLatest(time);
  }

  close(): void {
    this.#closed = true;
    this.#consumer = undefined;
    this.#alarm.clear();
    for (const { expiry } of this.#held.values()) expiry.cancel();
  }

  /** One fetch at a time; whatever happens during one leads to another. */
  #fetch(): void {
    if (this.#fetching) {
      this.#fetchAgain = true;
      return;
    }
    this.#fetching = true;
    void this.#fetchAll();
  }

  /** Never rejects. */
  async #fetchAll(): Promise<void> {
    do {
      this.#fetchAgain = false;
      try {
        await this.#fetchOnce();
      } catch (thrown) {
        if (this.#closed) return;
        this.#log.error("queue.unreadable", { partition: this.index, error: toError(thrown) });
        this.#alarm.setAtLatest(this.#clock.now() + storageLimits.queueRetryMs);
      }
    } while (this.#fetchAgain);
    this.#fetching = false;
  }

  async #fetchOnce(): Promise<void> {
    const consumer = this.#consumer;
    if (consumer === undefined || this.#closed || this.#isUnused()) return;
    const { max, openToAll, leastPerKey } = consumer.shares;
    const limit = max - consumer.holds;
    if (limit <= 0) return;
    const store = await this.#store();
    const { events, next, after } = await store.read("due", {
      partition: this.index,
      now: this.#clock.now(),
      limit,
      open: openToAll - consumer.holds,
      leastPerKey,
      mostCharacters: storageLimits.dequeueBatchCharacters,
      held: new Map([...this.#heldByKey].map(([key, seqs]) => [key, new Set(seqs)])),
      after: this.#after,
    });
    this.#after = after;
    for (const event of events) {
      if (this.#consumer !== consumer) break;
      this.#deliver(consumer, event);
    }
    if (this.#closed || next === undefined) return;
    if (next > this.#clock.now()) this.#alarm.setAtLatest(next);
    else this.#fetchAgain = true;
  }

  #deliver(consumer: Consumer, event: StoredEvent): void {
    const { seq } = event;
    const expiry = this.#expireAfter(seq, storageLimits.redeliveryMs);
    const holding: Holding = { consumer, key: event.key, expiry, settling: false };
    this.#held.set(seq, holding);
    const ofKey = this.#heldByKey.get(event.key);
    if (ofKey === undefined) this.#heldByKey.set(event.key, new Set([seq]));
    else ofKey.add(seq);
    consumer.holds += 1;
    try {
      consumer.callback(this.#delivery(event, holding));
    } catch (thrown) {
      this.#log.error("queue.consumer-failed", {
        partition: this.index,
        id: event.id,
        error: toError(thrown),
      });
    }
  }

  #delivery(event: StoredEvent, holding: Holding): Delivery {
    const { seq, id, key, attempt, enqueuedAt, deadline } = event;
    return {
      id,
      partitionKey: key,
      event: JSON.parse(event.event) as Json,
      attempt,
      enqueuedAt,
      deadline,
      // What has been done need not be done again, even if it took too long.
      ack: () => this.#settle(seq, holding, (store) => store.write("remove", seq)),
      retryAt: async (time, nextAttempt) => {
        if (this.#held.get(seq) !== holding) return;
        const dueAt = Math.ceil(time);
        await this.#settle(seq, holding, (store) =>
          store.write("postpone", { seq, dueAt, attempt: nextAttempt }),
        );
      },
      extend: async (durationMs = storageLimits.redeliveryMs) => {
        if (this.#held.get(seq) !== holding) throw new Error(`the event ${id} is in other hands by now`);
        if (holding.settling) return;
        holding.expiry.cancel();
        holding.expiry = this.#expireAfter(seq, durationMs);
      },
    };
  }

  /** While it is written the event stays held; if that fails it comes back when its time is over. */
  async #settle(
    seq: number,
    holding: Holding,
    write: (store: Store<typeof queueDefinition>) => Promise<void>,
  ): Promise<void> {
    const store = await this.#store();
    const mine = this.#held.get(seq) === holding && !holding.settling;
    if (mine) {
      holding.settling = true;
      holding.expiry.cancel();
    }
    try {
      await write(store);
      if (mine) this.#release(seq);
    } catch (error) {
      if (mine) {
        holding.settling = false;
        holding.expiry = this.#expireAfter(seq, storageLimits.redeliveryMs);
      }
      throw error;
    }
  }

  #expireAfter(seq: number, durationMs: number): Timer {
    return this.#clock.after(durationMs, () => {
      this.#log.warn("queue.redelivery", { partition: this.index, seq });
      this.#release(seq);
    });
  }

  #release(seq: number): void {
    const holding = this.#held.get(seq);
    if (holding === undefined) return;
    this.#held.delete(seq);
    const ofKey = this.#heldByKey.get(holding.key);
    ofKey?.delete(seq);
    if (ofKey?.size === 0) this.#heldByKey.delete(holding.key);
    holding.consumer.holds -= 1;
    this.#fetch();
  }
}
