import { functionLimits, invariant, type Log, toError } from "../base/index.ts";
import { Conflict, type Json, type Revision, type StateChange, type StateStore } from "../storage/index.ts";
import type { Scope } from "./document.ts";
import { firstAfter } from "./function-index.ts";
import { entriesOf, scopesOf } from "./loading.ts";

/** One document as this process knows it. Immutable: every change makes another. */
export interface Held<Document> extends Scope {
  readonly id: string;
  readonly rev: Revision;
  readonly document: Document;
}

export type HeldListener<Document> = (
  before: Held<Document> | undefined,
  after: Held<Document> | undefined,
) => void;

/**
 * Resources that are one document each, in memory and in the state store under `ACCOUNT/REGION/lambda/KIND/ID`. Reads
 * are of memory; writes compare and set; writes of others arrive by watching.
 */
export class DocumentCollection<Document extends { readonly format: number }> {
  readonly #state: StateStore;
  readonly #kind: string;
  readonly #format: number;
  readonly #log: Log;
  readonly #scopes = new Map<string, Map<string, Held<Document>>>();
  /** Ids of a scope in order; absent after one came or went. */
  readonly #sorted = new Map<string, readonly string[]>();
  readonly #listeners: HeldListener<Document>[] = [];
  readonly #background = new Set<Promise<void>>();
  #stopWatching: () => void = () => undefined;

  constructor(options: {
    readonly state: StateStore;
    readonly kind: string;
    readonly format: Document["format"];
    readonly log: Log;
  }) {
    this.#state = options.state;
    this.#kind = options.kind;
    this.#format = options.format;
    this.#log = options.log;
  }

  async open(): Promise<void> {
    this.#stopWatching = this.#state.watch("", (change) => this.#onStateChange(change));
    await this.#load();
  }

  get(scope: Scope, id: string): Held<Document> | undefined {
    return this.#scopes.get(scopeKey(scope))?.get(id);
  }

  /** Those of a scope whose id is greater than `after`, by id. */
  *list(scope: Scope, after?: string): IterableIterator<Held<Document>> {
    const key = scopeKey(scope);
    const held = this.#scopes.get(key);
    if (held === undefined) return;
    let sorted = this.#sorted.get(key);
    if (sorted === undefined) {
      sorted = [...held.keys()].sort();
      this.#sorted.set(key, sorted);
    }
    for (let at = after === undefined ? 0 : firstAfter(sorted, after); at < sorted.length; at++) {
      const found = held.get(sorted[at] ?? "");
      if (found !== undefined) yield found;
    }
  }

  /** Those of a scope in no order, which costs less. */
  *within(scope: Scope): IterableIterator<Held<Document>> {
    yield* this.#scopes.get(scopeKey(scope))?.values() ?? [];
  }

  *all(): IterableIterator<Held<Document>> {
    for (const held of this.#scopes.values()) yield* held.values();
  }

  /** Called after every change, in order, with what was and what is. */
  onChange(listener: HeldListener<Document>): void {
    this.#listeners.push(listener);
  }

  /** Undefined if there is one of this id. */
  async create(scope: Scope, id: string, document: Document): Promise<Held<Document> | undefined> {
    try {
      return await this.#write(scope, id, document, undefined);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      await this.#refresh(scope, id);
      return undefined;
    }
  }

  /**
   * Stores what `change` makes of the present document; undefined leaves it alone. `change` runs again on what another
   * writer has made of it meanwhile, so it holds all the checks. Undefined if there is none of this id.
   */
  async update(
    scope: Scope,
    id: string,
    change: (present: Held<Document>) => Document | undefined,
  ): Promise<Held<Document> | undefined> {
    for (let attempt = 0; attempt < functionLimits.writeAttempts; attempt++) {
      const present = this.get(scope, id);
      if (present === undefined) return undefined;
      const document = change(present);
      if (document === undefined) return present;
      try {
        return await this.#write(scope, id, document, present);
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
        await this.#refresh(scope, id);
      }
    }
    throw new Error(`the document of ${this.#kind} ${id} changes too often to be written`);
  }

  /** False if it was gone already. */
  async delete(scope: Scope, id: string): Promise<boolean> {
    const deleted = await this.#state.delete(this.#key(scope, id));
    this.#place(scope, id, undefined);
    return deleted;
  }

  async close(): Promise<void> {
    this.#stopWatching();
    await Promise.all(this.#background);
  }

  #key(scope: Scope, id: string): string {
    invariant(
      /^\d{12}$/.test(scope.account) && /^[a-z0-9-]+$/.test(scope.region) && /^[\w-]+$/.test(id),
      "a document that no key can name",
    );
    return `${scopeKey(scope)}/lambda/${this.#kind}/${id}`;
  }

  #parse(key: string): (Scope & { readonly id: string }) | undefined {
    const [account = "", region = "", lambda, kind, id = "", more] = key.split("/");
    const ours = lambda === "lambda" && kind === this.#kind && id !== "" && more === undefined;
    return ours ? { account, region, id } : undefined;
  }

  async #write(
    scope: Scope,
    id: string,
    document: Document,
    present: Held<Document> | undefined,
  ): Promise<Held<Document>> {
    const value = document as unknown as Json;
    const rev = await this.#state.put(this.#key(scope, id), value, { ifRev: present?.rev ?? "absent" });
    const held = { account: scope.account, region: scope.region, id, rev, document };
    // Whoever watches may have been faster, and may have seen more.
    if (this.get(scope, id) === present) this.#place(scope, id, held);
    else await this.#refresh(scope, id);
    return held;
  }

  #onStateChange(change: StateChange): void {
    if (change.kind === "reset") {
      this.#inBackground(() => this.#load());
      return;
    }
    const named = this.#parse(change.key);
    if (named === undefined) return;
    const present = this.get(named, named.id);
    if (present?.rev === change.rev) return;
    this.#inBackground(() => this.#refresh(named, named.id));
  }

  async #load(): Promise<void> {
    const found = new Set<string>();
    for await (const prefix of scopesOf(this.#state)) {
      for await (const entry of entriesOf(this.#state, `${prefix}/lambda/${this.#kind}/`)) {
        const named = this.#parse(entry.key);
        if (named === undefined) continue;
        found.add(entry.key);
        if (this.get(named, named.id) === undefined) {
          this.#place(named, named.id, { ...named, rev: entry.rev, document: this.#decode(entry.value) });
        } else await this.#refresh(named, named.id);
      }
    }
    for (const held of [...this.all()]) {
      if (!found.has(this.#key(held, held.id))) await this.#refresh(held, held.id);
    }
  }

  /** Takes what the store holds now. */
  async #refresh(scope: Scope, id: string): Promise<void> {
    for (;;) {
      const before = this.get(scope, id);
      const stored = await this.#state.get(this.#key(scope, id));
      if (this.get(scope, id) !== before) continue;
      const { account, region } = scope;
      this.#place(
        scope,
        id,
        stored === undefined
          ? undefined
          : { account, region, id, rev: stored.rev, document: this.#decode(stored.value) },
      );
      return;
    }
  }

  #decode(value: Json | undefined): Document {
    const document = value as unknown as Document;
    invariant(document?.format === this.#format, `a document of ${this.#kind} is of an unknown format`);
    return document;
  }

  #place(scope: Scope, id: string, after: Held<Document> | undefined): void {
    const before = this.get(scope, id);
    if (before?.rev === after?.rev) return;
    const key = scopeKey(scope);
    let held = this.#scopes.get(key);
    if (held === undefined) {
      held = new Map();
      this.#scopes.set(key, held);
    }
    if (before === undefined || after === undefined) this.#sorted.delete(key);
    if (after === undefined) held.delete(id);
    else held.set(id, after);
    for (const listener of this.#listeners) listener(before, after);
  }

  #inBackground(action: () => Promise<void>): void {
    const running = action().catch((error: unknown) => {
      this.#log.error("documents and their store may differ", { kind: this.#kind, error: toError(error) });
    });
    this.#background.add(running);
    void running.finally(() => this.#background.delete(running));
  }
}

function scopeKey({ account, region }: Scope): string {
  return `${account}/${region}`;
}
