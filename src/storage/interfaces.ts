import type { Readable } from "node:stream";

/** A value of the state store: anything that survives JSON. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

/** Changes at every write of a key; opaque. */
export type Revision = string;

export interface StateEntry {
  readonly key: string;
  readonly value: Json;
  readonly rev: Revision;
}

/** A compare-and-set found another revision than it expected. */
export class Conflict extends Error {
  override readonly name = "Conflict";
}

export interface StateChange {
  /** `reset`: changes may have been missed, so the watcher has to list again. */
  readonly kind: "put" | "delete" | "reset";
  readonly key: string;
  readonly value?: Json;
  readonly rev?: Revision;
}

/**
 * Documents by key. Linearizable per key, durable on return, no transaction over several keys.
 * Keys are `/`-separated and start with account and region; the order of `list` is that of their UTF-8 bytes.
 */
export interface StateStore {
  get(key: string): Promise<StateEntry | undefined>;
  /** Rejects with Conflict unless the present revision is `ifRev` (`absent`: there must be none). */
  put(key: string, value: Json, options?: { readonly ifRev?: Revision | "absent" }): Promise<Revision>;
  /** False if there was nothing to delete. Rejects with Conflict like `put`. */
  delete(key: string, options?: { readonly ifRev?: Revision }): Promise<boolean>;
  /** Entries whose key starts with `prefix` and is greater than `cursor`, at most `limit` (1,000 by default). */
  list(
    prefix: string,
    options?: { readonly cursor?: string; readonly limit?: number },
  ): Promise<{ readonly entries: readonly StateEntry[]; readonly cursor?: string }>;
  /** At least once and in order per key, from the moment the call returns. Returns what stops it. */
  watch(prefix: string, listener: (change: StateChange) => void): () => void;
}

/** Immutable byte strings named by the lower-case hexadecimal SHA-256 of their content. */
export interface BlobStore {
  /** Durable on return. Storing the same bytes twice keeps one copy. */
  put(content: Readable | Uint8Array): Promise<{ readonly sha256: string; readonly size: number }>;
  /** Rejects with a Node.js ENOENT error if there is no such blob. */
  open(sha256: string): Promise<Readable>;
  /** The path of a verified local file. Concurrent calls for one blob do the work once. */
  ensureLocal(sha256: string): Promise<string>;
  delete(sha256: string): Promise<void>;
}

export interface QueuedEvent {
  readonly id: string;
  readonly partitionKey: string;
  readonly event: Json;
  /** 1 for the first delivery. */
  readonly attempt: number;
  /** Epoch milliseconds. */
  readonly enqueuedAt: number;
  readonly deadline: number;
}

/** One event in the hands of a consumer. Unless it is settled or extended in time it is delivered again. */
export interface Delivery extends QueuedEvent {
  ack(): Promise<void>;
  /** Delivers again at `time` (epoch milliseconds) as attempt number `attempt`. */
  retryAt(time: number, attempt: number): Promise<void>;
  /** Keeps the event for a further `durationMs` (default: the redelivery time of the limits). */
  extend(durationMs?: number): Promise<void>;
}

/** A durable queue in a fixed number of partitions; a partition key always maps to the same one. */
/** How many unsettled events a consumer takes. */
export interface ConsumerShares {
  readonly max: number;
  /** So many may be of any key; what is left of `max` is for keys that hold fewer than `leastPerKey`. */
  readonly openToAll?: number;
  readonly leastPerKey?: number;
}

export interface EventQueue {
  readonly partitions: number;
  /** Durable when it resolves; a second event of the same id within two minutes is dropped silently. */
  enqueue(
    partitionKey: string,
    event: Json,
    options: { readonly id: string; readonly notBefore?: number; readonly deadline: number },
  ): Promise<void>;
  /**
   * Calls back with each due event of the partition, keys in turn and the earliest of each first. Events
   * past their deadline come like others: what becomes of them is the consumer's decision. A partition has one
   * consumer. Returns what stops it; what it still holds can be settled, and is delivered again when its time is over.
   */
  consume(partition: number, shares: ConsumerShares, callback: (delivery: Delivery) => void): () => void;
  /** Number of events by partition key, due or not, in flight or not. */
  depth(): Promise<Readonly<Record<string, number>>>;
  /** Drops all events of a partition key and returns how many. */
  purge(partitionKey: string): Promise<number>;
}

export interface Lease {
  /** Grows with every holder; a write that carries an old one must be refused. */
  readonly epoch: number;
  /** Aborts when the lease is lost. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

export interface Leases {
  /** Undefined if somebody else holds it. At most one holder acts at a time. */
  acquire(name: string): Promise<Lease | undefined>;
}

/** Durable alarms: at least once, at most a second late. */
export interface Timers {
  arm(key: string, at: number, payload: Json): Promise<void>;
  cancel(key: string): Promise<void>;
  /** The callback's promise is the acknowledgement. One listener per key prefix. */
  listen(prefix: string, callback: (key: string, payload: Json) => Promise<void>): () => void;
}

/** The storage of one node, whatever the driver. */
export interface Storage {
  readonly state: StateStore;
  readonly blobs: BlobStore;
  readonly queue: EventQueue;
  readonly leases: Leases;
  readonly timers: Timers;
  /** Settles what was accepted, then closes. */
  close(): Promise<void>;
}
