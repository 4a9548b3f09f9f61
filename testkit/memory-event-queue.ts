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

/** The entries of one partition: what waits by key, the earliest due first, so that a long backlog costs nothing. */
interface Entries {
  readonly waiting: Map<string, Entry[]>;
  readonly inFlight: Set<Entry>;
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
  readonly #entries: Entries[] = Array.from({ length: invokeLimits.asyncPartitions }, () => ({
    waiting: new Map(),
    inFlight: new Set(),
  }));
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
    this.#await(partition, {
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
    for (const { waiting, inFlight } of this.#entries) {
      for (const [key, entries] of waiting) depths[key] = (depths[key] ?? 0) + entries.length;
      for (const { partitionKey: key } of inFlight) depths[key] = (depths[key] ?? 0) + 1;
    }
    return depths;
  }

  async purge(partitionKey: string): Promise<number> {
    const { waiting, inFlight } = this.#entries[this.partitionOf(partitionKey)] as Entries;
    const held = [...inFlight].filter((entry) => entry.partitionKey === partitionKey);
    for (const entry of held) inFlight.delete(entry);
    const dropped = held.length + (waiting.get(partitionKey)?.length ?? 0);
    waiting.delete(partitionKey);
    return dropped;
  }

  partitionOf(partitionKey: string): number {
    let hash = 7;
    for (let index = 0; index < partitionKey.length; index += 1) {
      hash = (Math.imul(hash, 31) + partitionKey.charCodeAt(index)) >>> 0;
    }
    return hash % this.partitions;
  }

  /** Puts an entry in its place among those of its key. */
  #await(partition: number, entry: Entry): void {
    const { waiting } = this.#entries[partition] as Entries;
    const entries = waiting.get(entry.partitionKey) ?? [];
    waiting.set(entry.partitionKey, entries);
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((entries[middle]?.dueAt ?? 0) <= entry.dueAt) low = middle + 1;
      else high = middle;
    }
    if (low === entries.length) entries.push(entry);
    else entries.splice(low, 0, entry);
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
    const { waiting, inFlight } = this.#entries[partition] as Entries;
    if (consumer === undefined) return;
    consumer.timer?.cancel();
    const now = this.#clock.now();
    for (const entry of inFlight) {
      if (entry.dueAt > now) continue;
      // Its consumer has been silent for too long.
      this.#release(partition, entry);
      this.#await(partition, entry);
    }
    // Keys take turns, an event each, who has waited longest first.
    const due = [...waiting.values()]
      .filter(([first]) => first !== undefined && first.dueAt <= now)
      .toSorted(([a], [b]) => (a?.dueAt ?? 0) - (b?.dueAt ?? 0));
    for (let turn = due; turn.length > 0; ) {
      turn = turn.filter((entries) => {
        const [first] = entries;
        if (first === undefined || first.dueAt > now) return false;
        if (!this.#mayHold(inFlight, consumer, first.partitionKey)) return false;
        entries.shift();
        if (entries.length === 0) waiting.delete(first.partitionKey);
        this.#deliver(partition, consumer, first);
        return true;
      });
    }
    let next = Number.POSITIVE_INFINITY;
    for (const [first] of waiting.values())
      if (first !== undefined && first.dueAt > now) next = Math.min(next, first.dueAt);
    for (const { dueAt } of inFlight) next = Math.min(next, dueAt);
    if (Number.isFinite(next)) consumer.timer = this.#clock.after(next - now, () => this.#pump(partition));
  }

  #mayHold(inFlight: ReadonlySet<Entry>, consumer: Consumer, key: string): boolean {
    if (consumer.inFlight >= consumer.max) return false;
    if (consumer.inFlight < consumer.openToAll) return true;
    let held = 0;
    for (const entry of inFlight) if (entry.partitionKey === key) held += 1;
    return held < consumer.leastPerKey;
  }

  #release(partition: number, entry: Entry): void {
    entry.inFlight = false;
    this.#entries[partition]?.inFlight.delete(entry);
    const consumer = this.#consumers.get(partition);
    if (consumer !== undefined) consumer.inFlight -= 1;
  }

  #deliver(partition: number, consumer: Consumer, entry: Entry): void {
    entry.delivery += 1;
    entry.inFlight = true;
    entry.dueAt = this.#clock.now() + storageLimits.redeliveryMs;
    consumer.inFlight += 1;
    this.#entries[partition]?.inFlight.add(entry);
    const delivery = entry.delivery;
    const { id, partitionKey, event, attempt, enqueuedAt, deadline } = entry;
    const settle = (change: () => void): void => {
      if (entry.delivery !== delivery || !entry.inFlight) return;
      entry.inFlight = false;
      consumer.inFlight -= 1;
      // Not there any more after a purge.
      if (this.#entries[partition]?.inFlight.delete(entry) === true) change();
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
        ack: async () => settle(() => undefined),
        retryAt: async (time, nextAttempt) =>
          settle(() => {
            entry.dueAt = time;
            entry.attempt = nextAttempt;
            this.#await(partition, entry);
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
