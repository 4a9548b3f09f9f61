import { functionLimits, invariant, type Log, toError } from "../base/index.ts";
import {
  Conflict,
  type Revision,
  type StateChange,
  type StateEntry,
  type StateStore,
} from "../storage/index.ts";
import {
  decodeFunction,
  decodeVersion,
  encode,
  type FunctionDocument,
  functionKey,
  type PublishedVersion,
  parseFunctionKey,
  type Scope,
  versionKey,
} from "./document.ts";
import { arnOf, assemble, type FunctionEntry, partsOf, publishedKey, recordKeys } from "./entry.ts";
import { because } from "./errors.ts";
import { FunctionIndex } from "./function-index.ts";
import { loadAll } from "./loading.ts";

/** What a write stores: the function's document and, if it publishes, the version that the document refers to. */
export interface Draft {
  readonly document: Omit<FunctionDocument, "sequence">;
  readonly version?: PublishedVersion;
}

export type ChangeListener = (before: FunctionEntry | undefined, after: FunctionEntry | undefined) => void;

/**
 * All functions, in memory and in the state store. Reads are of memory; writes compare and set, version first, then
 * the document that refers to it. Writes of others arrive by watching.
 */
export class FunctionRepository {
  readonly #state: StateStore;
  readonly #log: Log;
  readonly #index = new FunctionIndex();
  readonly #listeners: ChangeListener[] = [];
  readonly #background = new Set<Promise<void>>();
  #stopWatching: () => void = () => undefined;

  constructor(state: StateStore, log: Log) {
    this.#state = state;
    this.#log = log;
  }

  async open(): Promise<void> {
    this.#stopWatching = this.#state.watch("", (change) => this.#onStateChange(change));
    const { entries, orphans } = await loadAll(this.#state);
    for (const entry of entries) this.#place(entry.key, entry);
    // Before the first request nobody here is about to refer to them.
    if (orphans.length > 0) this.#inBackground(() => this.#deleteRecords(orphans));
  }

  get(scope: Scope, name: string): FunctionEntry | undefined {
    return this.at(functionKey(scope, name));
  }

  at(key: string): FunctionEntry | undefined {
    return this.#index.get(key);
  }

  /** Functions of a scope whose name is greater than `after`, by name. */
  list(scope: Scope, after: string | undefined): IterableIterator<FunctionEntry> {
    return this.#index.list(scope, after);
  }

  all(): IterableIterator<FunctionEntry> {
    return this.#index.all();
  }

  /** What the packages of all functions and versions of a scope add up to. */
  codeBytes(scope: Scope): number {
    return this.#index.codeBytes(scope);
  }

  count(scope: Scope): number {
    return this.#index.count(scope);
  }

  /** Concurrency that functions of a scope have for themselves. */
  committedConcurrency(scope: Scope): number {
    return this.#index.committedConcurrency(scope);
  }

  /** Called after every change, in order, with what was and what is. */
  onChange(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  async create(scope: Scope, draft: Draft): Promise<FunctionEntry> {
    const key = functionKey(scope, draft.document.name);
    try {
      return await this.#write(key, { ...draft.document, sequence: 1 }, draft.version, undefined);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      await this.#refresh(key);
      throw because("functionExists", { name: draft.document.name });
    }
  }

  /**
   * Stores what `change` makes of the present entry; undefined leaves it alone. `change` runs again on what another
   * writer has made of it meanwhile, so it holds all the checks.
   */
  async update(
    scope: Scope,
    name: string,
    change: (present: FunctionEntry) => Draft | undefined,
  ): Promise<FunctionEntry> {
    const key = functionKey(scope, name);
    for (let attempt = 0; attempt < functionLimits.writeAttempts; attempt++) {
      const present = this.#index.get(key);
      if (present === undefined) throw because("functionMissing", { arn: arnOf({ ...scope, name }) });
      const draft = change(present);
      if (draft === undefined) return present;
      const document = { ...draft.document, sequence: present.document.sequence + 1 };
      try {
        return await this.#write(key, document, draft.version, present);
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
        await this.#refresh(key);
      }
    }
    throw because("updateInProgress", { arn: arnOf({ ...scope, name }) });
  }

  /** False if it was gone already. Versions go after the document, without which they mean nothing. */
  async delete(present: FunctionEntry): Promise<boolean> {
    const deleted = await this.#state.delete(present.key);
    const now = this.#index.get(present.key);
    const same = now !== undefined && now.document.incarnation === present.document.incarnation;
    if (same) this.#place(present.key, undefined);
    this.#inBackground(() => this.#deleteRecords(recordKeys(same ? now : present)));
    return deleted;
  }

  /** Deletes the stored record of a version that no document refers to any more. */
  dropRecord(entry: FunctionEntry, version: string, record: string): void {
    const key = versionKey(entry, entry.document.incarnation, version, record);
    this.#inBackground(() => this.#deleteRecords([key]));
  }

  async close(): Promise<void> {
    this.#stopWatching();
    await Promise.all(this.#background);
  }

  async #write(
    key: string,
    document: FunctionDocument,
    version: PublishedVersion | undefined,
    present: FunctionEntry | undefined,
  ): Promise<FunctionEntry> {
    const parts = partsOf(key);
    const recordKey = version === undefined ? undefined : publishedKey(parts, document, version);
    if (version !== undefined && recordKey !== undefined) {
      await this.#state.put(recordKey, encode(version), { ifRev: "absent" });
    }
    let rev: Revision;
    try {
      rev = await this.#state.put(key, encode(document), { ifRev: present?.rev ?? "absent" });
    } catch (error) {
      if (error instanceof Conflict && recordKey !== undefined) await this.#deleteRecords([recordKey]);
      throw error;
    }
    const known = new Map(present?.versions);
    if (version !== undefined) known.set(version.version, version);
    const written = assemble({ key, value: encode(document), rev }, known);
    invariant(written !== undefined, "a written function refers to a version that is not known");
    const now = this.#index.get(key);
    // Whoever watches may have been faster, and may have seen more.
    if (now === present) this.#place(key, written);
    else if (now?.document.incarnation !== document.incarnation) await this.#refresh(key);
    else if (now.document.sequence < document.sequence) this.#place(key, written);
    return written;
  }

  #onStateChange(change: StateChange): void {
    if (change.kind === "reset") {
      this.#inBackground(() => this.#reload());
      return;
    }
    if (parseFunctionKey(change.key) === undefined) return;
    const present = this.#index.get(change.key);
    if (
      change.kind === "put" &&
      change.value !== undefined &&
      change.rev !== undefined &&
      present !== undefined
    ) {
      const { incarnation, sequence } = decodeFunction(change.value);
      if (incarnation === present.document.incarnation) {
        if (sequence <= present.document.sequence) return;
        const entry = assemble({ key: change.key, value: change.value, rev: change.rev }, present.versions);
        if (entry !== undefined) {
          this.#place(change.key, entry);
          return;
        }
      }
    }
    if (change.kind === "delete" && present === undefined) return;
    this.#inBackground(() => this.#refresh(change.key));
  }

  /** Takes what the store holds now. */
  async #refresh(key: string): Promise<void> {
    for (;;) {
      const before = this.#index.get(key);
      const stored = await this.#state.get(key);
      const entry = stored === undefined ? undefined : await this.#complete(stored, before);
      if (this.#index.get(key) !== before) continue;
      this.#place(key, entry);
      return;
    }
  }

  /** Undefined if the function was deleted while its versions were read. */
  async #complete(stored: StateEntry, before: FunctionEntry | undefined): Promise<FunctionEntry | undefined> {
    const document = decodeFunction(stored.value);
    const known = new Map(before?.document.incarnation === document.incarnation ? before.versions : []);
    for (const [version, { record }] of Object.entries(document.versions)) {
      if (known.has(version)) continue;
      const found = await this.#state.get(
        versionKey(partsOf(stored.key), document.incarnation, version, record),
      );
      if (found === undefined) return undefined;
      known.set(version, decodeVersion(found.value));
    }
    return assemble(stored, known);
  }

  async #reload(): Promise<void> {
    const { entries } = await loadAll(this.#state);
    const keys = new Set([
      ...entries.map((entry) => entry.key),
      ...[...this.all()].map((entry) => entry.key),
    ]);
    for (const key of keys) await this.#refresh(key);
  }

  #place(key: string, entry: FunctionEntry | undefined): void {
    const before = this.#index.get(key);
    if (before === entry || (before !== undefined && before.rev === entry?.rev)) return;
    this.#index.set(key, entry);
    for (const listener of this.#listeners) listener(before, entry);
  }

  async #deleteRecords(keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#state.delete(key);
  }

  #inBackground(action: () => Promise<void>): void {
    const running = action().catch((error: unknown) => {
      this.#log.error("functions and their store may differ", { error: toError(error) });
    });
    this.#background.add(running);
    void running.finally(() => this.#background.delete(running));
  }
}
