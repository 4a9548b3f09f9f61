import { invariant, type Log, storageLimits, toError } from "../../base/index.ts";
import { StorageError } from "../errors.ts";
import { Conflict, type Json, type StateChange, type StateEntry, type StateStore } from "../interfaces.ts";
import type { Store } from "../store.ts";
import type { store as stateDefinition } from "./state-definition.ts";

interface Watcher {
  readonly prefix: string;
  readonly listener: (change: StateChange) => void;
}

/** Documents in the `state` file. This process is its only writer, so watchers hear of changes from the writes. */
export class SqliteStateStore implements StateStore {
  readonly #store: Pick<Store<typeof stateDefinition>, "read" | "write">;
  readonly #log: Log;
  readonly #watchers = new Set<Watcher>();

  constructor(store: Pick<Store<typeof stateDefinition>, "read" | "write">, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  async get(key: string): Promise<StateEntry | undefined> {
    checkKey(key);
    const row = await this.#store.read("get", key);
    return row === undefined ? undefined : entryOf(row);
  }

  async put(key: string, value: Json, options: { readonly ifRev?: string } = {}): Promise<string> {
    checkKey(key);
    const text = JSON.stringify(value);
    invariant(
      text.length <= storageLimits.documentCharacters,
      `the document ${key} has ${text.length} characters`,
    );
    const ifRev = options.ifRev === "absent" ? "absent" : revisionNumber(options.ifRev);
    const { conflict, rev } = await this.#announcing(
      key,
      this.#store.write("put", { key, value: text, ifRev }),
    );
    if (conflict || rev === undefined) throw new Conflict(`${key} is not at the expected revision`);
    this.#announce({ kind: "put", key, value: JSON.parse(text) as Json, rev: String(rev) });
    return String(rev);
  }

  async delete(key: string, options: { readonly ifRev?: string } = {}): Promise<boolean> {
    checkKey(key);
    const ifRev = revisionNumber(options.ifRev);
    const { conflict, rev } = await this.#announcing(key, this.#store.write("delete", { key, ifRev }));
    if (conflict) throw new Conflict(`${key} is not at the expected revision`);
    if (rev !== undefined) this.#announce({ kind: "delete", key });
    return rev !== undefined;
  }

  async list(
    prefix: string,
    options: { readonly cursor?: string; readonly limit?: number } = {},
  ): Promise<{ readonly entries: readonly StateEntry[]; readonly cursor?: string }> {
    invariant(prefix.isWellFormed(), "the prefix is Unicode text");
    const limit = Math.min(options.limit ?? storageLimits.listPageEntries, storageLimits.listPageEntries);
    invariant(limit >= 1, "a page has at least one entry");
    const { rows, more } = await this.#store.read("list", {
      prefix,
      cursor: options.cursor,
      limit,
      mostBytes: storageLimits.listPageBytes,
    });
    const last = rows.at(-1);
    return { entries: rows.map(entryOf), ...(more && last !== undefined ? { cursor: last.key } : {}) };
  }

  watch(prefix: string, listener: (change: StateChange) => void): () => void {
    const watcher = { prefix, listener };
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  /** A write whose outcome is unknown may have changed the key without anybody having been told. */
  async #announcing<Result>(key: string, write: Promise<Result>): Promise<Result> {
    try {
      return await write;
    } catch (error) {
      if (error instanceof StorageError && (error.code === "io" || error.code === "lost")) {
        this.#announce({ kind: "reset", key });
      }
      throw error;
    }
  }

  /** Before the write's own promise resolves, and in the order of the commits. */
  #announce(change: StateChange): void {
    for (const { prefix, listener } of this.#watchers) {
      if (!change.key.startsWith(prefix)) continue;
      try {
        listener(change.kind === "reset" ? { kind: "reset", key: prefix } : change);
      } catch (thrown) {
        this.#log.error("state.watcher-failed", { prefix, error: toError(thrown) });
      }
    }
  }
}

function entryOf(row: { readonly key: string; readonly value: string; readonly rev: number }): StateEntry {
  return { key: row.key, value: JSON.parse(row.value) as Json, rev: String(row.rev) };
}

function checkKey(key: string): void {
  invariant(
    key !== "" && key.isWellFormed() && !key.includes("\0") && key.length <= storageLimits.keyCharacters,
    "a key is non-empty Unicode text of limited length",
  );
}

/** A text that is no revision of ours matches none. */
function revisionNumber(rev: string | undefined): number | undefined {
  if (rev === undefined) return undefined;
  return /^[1-9]\d{0,15}$/.test(rev) ? Number(rev) : -1;
}
