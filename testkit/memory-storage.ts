import { createHash } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import {
  type BlobStore,
  Conflict,
  type Json,
  type Revision,
  type StateChange,
  type StateEntry,
  type StateStore,
} from "../src/storage/index.ts";
import type { SeededRandomness } from "./seeded-randomness.ts";

/** A write that is about to happen; a hook may hold it back or make it fail. */
export interface PendingWrite {
  readonly kind: "put" | "delete";
  readonly key: string;
  readonly value?: Json;
}

/** StateStore in memory, with the driver's guarantees; what it holds outlives whoever uses it, as a disk would. */
export class MemoryStateStore implements StateStore {
  readonly #entries = new Map<string, { readonly text: string; readonly rev: Revision }>();
  readonly #watchers = new Set<{
    readonly prefix: string;
    readonly listener: (change: StateChange) => void;
  }>();
  #revision = 0;
  /** Runs before a write takes effect. */
  beforeWrite: (write: PendingWrite) => Promise<void> | void = () => undefined;
  /** Runs after a write took effect and before its caller and the watchers know. */
  afterWrite: (write: PendingWrite) => Promise<void> | void = () => undefined;

  /** Writes take their turns in an order that the seed decides. */
  takeTurns(random: SeededRandomness): void {
    this.beforeWrite = async () => {
      for (let turns = random.below(4); turns > 0; turns--)
        await new Promise((resolve) => setImmediate(resolve));
    };
  }

  get keys(): string[] {
    return [...this.#entries.keys()].sort(byBytes);
  }

  async get(key: string): Promise<StateEntry | undefined> {
    await nextTurn();
    return this.#entry(key);
  }

  async put(
    key: string,
    value: Json,
    options: { readonly ifRev?: Revision | "absent" } = {},
  ): Promise<Revision> {
    const text = JSON.stringify(value);
    await nextTurn();
    await this.beforeWrite({ kind: "put", key, value });
    this.#check(key, options.ifRev);
    const rev = String(++this.#revision);
    this.#entries.set(key, { text, rev });
    await this.afterWrite({ kind: "put", key, value });
    this.#announce({ kind: "put", key, value: JSON.parse(text) as Json, rev });
    return rev;
  }

  async delete(key: string, options: { readonly ifRev?: Revision } = {}): Promise<boolean> {
    await nextTurn();
    await this.beforeWrite({ kind: "delete", key });
    this.#check(key, options.ifRev);
    const deleted = this.#entries.delete(key);
    await this.afterWrite({ kind: "delete", key });
    if (deleted) this.#announce({ kind: "delete", key });
    return deleted;
  }

  async list(
    prefix: string,
    options: { readonly cursor?: string; readonly limit?: number } = {},
  ): Promise<{ readonly entries: readonly StateEntry[]; readonly cursor?: string }> {
    await nextTurn();
    const { cursor, limit = 1_000 } = options;
    const matching = this.keys.filter(
      (key) => key.startsWith(prefix) && (cursor === undefined || byBytes(key, cursor) > 0),
    );
    const entries = matching.slice(0, limit).flatMap((key) => this.#entry(key) ?? []);
    const last = entries.at(-1);
    return { entries, ...(matching.length > limit && last !== undefined ? { cursor: last.key } : {}) };
  }

  watch(prefix: string, listener: (change: StateChange) => void): () => void {
    const watcher = { prefix, listener };
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  #entry(key: string): StateEntry | undefined {
    const found = this.#entries.get(key);
    return found === undefined ? undefined : { key, value: JSON.parse(found.text) as Json, rev: found.rev };
  }

  #check(key: string, ifRev: Revision | "absent" | undefined): void {
    if (ifRev === undefined) return;
    const rev = this.#entries.get(key)?.rev;
    if (ifRev === "absent" ? rev !== undefined : rev !== ifRev) {
      throw new Conflict(`${key} is not at the expected revision`);
    }
  }

  #announce(change: StateChange): void {
    for (const { prefix, listener } of this.#watchers) {
      if (change.key.startsWith(prefix)) listener(change);
    }
  }
}

/** BlobStore on plain files of a directory, because readers want a path. Not durable. */
export class MemoryBlobStore implements BlobStore {
  readonly #directory: string;
  #temporary = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async put(content: Readable | Uint8Array): Promise<{ readonly sha256: string; readonly size: number }> {
    await mkdir(this.#directory, { recursive: true });
    const pieces: Uint8Array[] = [];
    for await (const piece of content instanceof Uint8Array ? [content] : content) {
      pieces.push(piece as Uint8Array);
    }
    const bytes = Buffer.concat(pieces);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const temporary = join(this.#directory, `unfinished-${this.#temporary++}`);
    const file = await open(temporary, "wx");
    await file.writeFile(bytes);
    await file.close();
    await rename(temporary, join(this.#directory, sha256));
    return { sha256, size: bytes.byteLength };
  }

  async open(sha256: string): Promise<Readable> {
    return (await open(join(this.#directory, sha256), "r")).createReadStream();
  }

  async ensureLocal(sha256: string): Promise<string> {
    const path = join(this.#directory, sha256);
    await (await open(path, "r")).close();
    return path;
  }

  async delete(sha256: string): Promise<void> {
    await rm(join(this.#directory, sha256), { force: true });
  }
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
