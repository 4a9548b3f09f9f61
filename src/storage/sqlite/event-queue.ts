import { crc32 } from "node:zlib";
import { type Clock, invariant, type Log, storageLimits } from "../../base/index.ts";
import { StorageError } from "../errors.ts";
import type { ConsumerShares, Delivery, EventQueue, Json } from "../interfaces.ts";
import type { Store } from "../store.ts";
import type { store as queueDefinition } from "./queue-definition.ts";
import { QueuePartition, type QueueStore } from "./queue-partition.ts";

export interface EventQueueOptions {
  /** Opens the queue's file when something is first asked of it. */
  readonly open: () => Promise<Store<typeof queueDefinition>>;
  /** Whether the file is there already. Consumers alone do not make it: the first event does. */
  readonly exists: () => boolean;
  readonly partitions: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Events in the `queue` file; every partition has at most one consumer. */
export class SqliteEventQueue implements EventQueue {
  readonly partitions: number;
  readonly #options: EventQueueOptions;
  readonly #partitions: readonly QueuePartition[];
  #store: Promise<Store<typeof queueDefinition>> | undefined;
  #enqueueingCharacters = 0;
  #closed = false;

  constructor(options: EventQueueOptions) {
    const { partitions, clock, log } = options;
    invariant(Number.isSafeInteger(partitions) && partitions >= 1, "a queue has partitions");
    this.#options = options;
    this.partitions = partitions;
    const store: QueueStore = () => this.#opened();
    const isUnused = () => this.#store === undefined && !options.exists();
    this.#partitions = Array.from(
      { length: partitions },
      (_, index) => new QueuePartition({ index, store, isUnused, clock, log }),
    );
  }

  async enqueue(
    partitionKey: string,
    event: Json,
    options: { readonly id: string; readonly notBefore?: number; readonly deadline: number },
  ): Promise<void> {
    const text = JSON.stringify(event);
    invariant(
      text.length <= storageLimits.eventCharacters,
      `the event ${options.id} has ${text.length} characters`,
    );
    invariant(partitionKey.isWellFormed() && options.id.isWellFormed(), "key and id are Unicode text");
    if (this.#enqueueingCharacters + text.length > storageLimits.enqueueingCharacters) {
      throw new StorageError("busy", "too many events wait to be written to the queue");
    }
    this.#enqueueingCharacters += text.length;
    try {
      const store = await this.#opened();
      const now = this.#options.clock.now();
      const partition = this.#partitionOf(partitionKey);
      const dueAt = Math.max(Math.ceil(options.notBefore ?? now), now);
      const added = await store.write("enqueue", {
        id: options.id,
        partition: partition.index,
        key: partitionKey,
        event: text,
        now,
        dueAt,
        deadline: Math.ceil(options.deadline),
        forgetUntil: now - storageLimits.deduplicationWindowMs,
      });
      if (added) partition.wake(dueAt);
    } finally {
      this.#enqueueingCharacters -= text.length;
    }
  }

  consume(partition: number, shares: ConsumerShares, callback: (delivery: Delivery) => void): () => void {
    const found = this.#partitions[partition];
    invariant(found !== undefined, `the queue has no partition ${partition}`);
    return found.consume(shares, callback);
  }

  /** Opens the file now; rejects if that can't be done. */
  async open(): Promise<void> {
    await this.#opened();
  }

  async depth(): Promise<Readonly<Record<string, number>>> {
    // Who only looks needs no thread for a file that was never made.
    if (!this.#closed && this.#store === undefined && !this.#options.exists()) return {};
    const store = await this.#opened();
    return Object.fromEntries(await store.read("depth", undefined));
  }

  async purge(partitionKey: string): Promise<number> {
    const store = await this.#opened();
    return store.write("purge", { partition: this.#partitionOf(partitionKey).index, key: partitionKey });
  }

  /** No further delivery begins; what is settled until then is written. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const partition of this.#partitions) partition.close();
    const store = await this.#store?.catch(() => undefined);
    await store?.close();
  }

  #partitionOf(key: string): QueuePartition {
    const partition = this.#partitions[partitionIndex(key, this.partitions)];
    invariant(partition !== undefined, "a remainder is below its divisor");
    return partition;
  }

  #opened(): Promise<Store<typeof queueDefinition>> {
    if (this.#closed && this.#store === undefined) {
      return Promise.reject(new StorageError("closed", "the queue is not open any more"));
    }
    this.#store ??= this.#open().catch((error: unknown) => {
      this.#store = undefined;
      throw error;
    });
    return this.#store;
  }

  async #open(): Promise<Store<typeof queueDefinition>> {
    const store = await this.#options.open();
    const { partitions } = this;
    const now = this.#options.clock.now();
    await store.write("start", { now, forgetUntil: now - storageLimits.deduplicationWindowMs });
    if ((await store.read("partitions", undefined)) !== partitions) {
      const keys = await store.read("depth", undefined);
      const moves = keys.map(([key]) => [key, partitionIndex(key, partitions)] as const);
      await store.write("repartition", { partitions, moves });
    }
    return store;
  }
}

function partitionIndex(key: string, partitions: number): number {
  return crc32(key) % partitions;
}
