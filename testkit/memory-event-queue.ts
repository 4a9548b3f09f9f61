import { type Clock, invokeLimits, storageLimits, type Timer } from "../src/base/index.ts";
import type { ConsumerShares, Delivery, EventQueue, Json } from "../src/storage/index.ts";

interface Entry {
  readonly id: string;
  readonly partitionKey: string;
  readonly event: Json;
  readonly enqueuedAt: number;
  readonly deadline: number;
  attempt: number;
  /** When it is delivered (again), epoch milliseconds. */
  dueAt: number;
  /** Grows with each delivery, so that a late settlement of an earlier one has no effect. */
  delivery: number;
  inFlight: boolean;
}

interface Consumer {
  readonly max: number;
  readonly openToAll: number;
  readonly leastPerKey: number;
  readonly callback: (delivery: Delivery) => void;
  inFlight: number;
  timer?: Timer;
}

/** The event queue's contract without a disk, for tests with a simulated clock. */
export class MemoryEventQueue implements EventQueue {
  readonly partitions = invokeLimits.asyncPartitions;
  readonly #clock: Clock;
  readonly #entries: Set<Entry>[] = Array.from({ length: invokeLimits.asyncPartitions }, () => new Set());
  readonly #consumers = new Map<number, Consumer>();
  readonly #pumping = new Set<number>();
  readonly #seen = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async enqueue(
    partitionKey: string,
    event: Json,
    options: { readonly id: string; readonly notBefore?: number; readonly deadline: number },
  ): Promise<void> {
    const now = this.#clock.now();
    const seenAt = this.#seen.get(options.id);
    if (seenAt !== undefined && now - seenAt < storageLimits.deduplicationWindowMs) return;
    this.#seen.set(options.id, now);
    const partition = this.partitionOf(partitionKey);
    this.#entries[partition]?.add({
      id: options.id,
      partitionKey,
      event: structuredClone(event),
      enqueuedAt: now,
      deadline: options.deadline,
      attempt: 1,
      dueAt: options.notBefore ?? now,
      delivery: 0,
      inFlight: false,
    });
    this.#pump(partition);
  }

  consume(partition: number, shares: ConsumerShares, callback: (delivery: Delivery) => void): () => void {
    const { max, openToAll = max, leastPerKey = 0 } = shares;
    const consumer: Consumer = { max, openToAll, leastPerKey, callback, inFlight: 0 };
    this.#consumers.set(partition, consumer);
    this.#pump(partition);
    return () => {
      consumer.timer?.cancel();
      if (this.#consumers.get(partition) === consumer) this.#consumers.delete(partition);
    };
  }

  async depth(): Promise<Readonly<Record<string, number>>> {
    const depths: Record<string, number> = {};
    for (const entry of this.#entries.flatMap((entries) => [...entries])) {
      depths[entry.partitionKey] = (depths[entry.partitionKey] ?? 0) + 1;
    }
    return depths;
  }

  async purge(partitionKey: string): Promise<number> {
    const entries = this.#entries[this.partitionOf(partitionKey)] ?? new Set();
    const matching = [...entries].filter((entry) => entry.partitionKey === partitionKey);
    for (const entry of matching) entries.delete(entry);
    return matching.length;
  }

  partitionOf(partitionKey: string): number {
    let hash = 7;
    for (let index = 0; index < partitionKey.length; index += 1) {
      hash = (Math.imul(hash, 31) + partitionKey.charCodeAt(index)) >>> 0;
    }
    return hash % this.partitions;
  }

  /** Many changes of one moment are looked at together. */
  #pump(partition: number): void {
    if (this.#pumping.has(partition)) return;
    this.#pumping.add(partition);
    queueMicrotask(() => {
      this.#pumping.delete(partition);
      this.#deliverDue(partition);
    });
  }

  #deliverDue(partition: number): void {
    const consumer = this.#consumers.get(partition);
    const entries = this.#entries[partition];
    if (consumer === undefined || entries === undefined) return;
    consumer.timer?.cancel();
    const now = this.#clock.now();
    const due = [...entries].filter((entry) => entry.dueAt <= now).toSorted((a, b) => a.dueAt - b.dueAt);
    for (const entry of due) {
      if (entry.inFlight) {
        // Its consumer has been silent for too long.
        entry.inFlight = false;
        consumer.inFlight -= 1;
      }
    }
    // Keys take turns, an event each.
    const byKey = Map.groupBy(
      due.filter((entry) => !entry.inFlight),
      ({ partitionKey }) => partitionKey,
    );
    while (byKey.size > 0) {
      for (const [key, waiting] of byKey) {
        const next = this.#mayHold(entries, consumer, key) ? waiting.shift() : undefined;
        if (next === undefined) byKey.delete(key);
        else this.#deliver(partition, consumer, next);
      }
    }
    let next = Number.POSITIVE_INFINITY;
    for (const { dueAt } of entries) if (dueAt > now && dueAt < next) next = dueAt;
    if (Number.isFinite(next)) consumer.timer = this.#clock.after(next - now, () => this.#pump(partition));
  }

  #mayHold(entries: ReadonlySet<Entry>, consumer: Consumer, key: string): boolean {
    if (consumer.inFlight >= consumer.max) return false;
    if (consumer.inFlight < consumer.openToAll) return true;
    let held = 0;
    for (const entry of entries) if (entry.inFlight && entry.partitionKey === key) held += 1;
    return held < consumer.leastPerKey;
  }

  #deliver(partition: number, consumer: Consumer, entry: Entry): void {
    entry.delivery += 1;
    entry.inFlight = true;
    entry.dueAt = this.#clock.now() + storageLimits.redeliveryMs;
    consumer.inFlight += 1;
    const delivery = entry.delivery;
    const { id, partitionKey, event, attempt, enqueuedAt, deadline } = entry;
    const settle = (change: () => void): void => {
      if (entry.delivery !== delivery || !entry.inFlight) return;
      entry.inFlight = false;
      consumer.inFlight -= 1;
      change();
      this.#pump(partition);
    };
    queueMicrotask(() =>
      consumer.callback({
        id,
        partitionKey,
        event,
        attempt,
        enqueuedAt,
        deadline,
        ack: async () => settle(() => this.#entries[partition]?.delete(entry)),
        retryAt: async (time, nextAttempt) =>
          settle(() => {
            entry.dueAt = time;
            entry.attempt = nextAttempt;
          }),
        extend: async (durationMs = storageLimits.redeliveryMs) => {
          if (entry.delivery !== delivery || !entry.inFlight)
            throw new Error("the delivery is no longer held");
          entry.dueAt = this.#clock.now() + durationMs;
          this.#pump(partition);
        },
      }),
    );
  }
}
