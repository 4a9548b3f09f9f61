import { committed } from "./concurrency/ledger.ts";
import type { Scope } from "./document.ts";
import type { FunctionEntry } from "./entry.ts";

interface ScopeIndex {
  readonly names: Set<string>;
  /** Absent after a name came or went. */
  sorted?: readonly string[];
  codeBytes: number;
  /** Concurrency that functions have for themselves. */
  committed: number;
}

/** The functions in memory: by key, and by scope in the order of their names. */
export class FunctionIndex {
  readonly #byKey = new Map<string, FunctionEntry>();
  readonly #scopes = new Map<string, ScopeIndex>();

  get(key: string): FunctionEntry | undefined {
    return this.#byKey.get(key);
  }

  all(): IterableIterator<FunctionEntry> {
    return this.#byKey.values();
  }

  set(key: string, entry: FunctionEntry | undefined): void {
    const before = this.#byKey.get(key);
    const any = entry ?? before;
    if (any === undefined) return;
    const scope = this.#scope(any);
    scope.codeBytes += codeBytes(entry) - codeBytes(before);
    scope.committed += committedBy(entry) - committedBy(before);
    if (before === undefined || entry === undefined) delete scope.sorted;
    if (entry === undefined) {
      this.#byKey.delete(key);
      scope.names.delete(any.name);
    } else {
      this.#byKey.set(key, entry);
      scope.names.add(entry.name);
    }
  }

  *list(scope: Scope, after: string | undefined): IterableIterator<FunctionEntry> {
    const index = this.#scope(scope);
    index.sorted ??= [...index.names].sort(byCodeUnits);
    const prefix = `${scope.account}/${scope.region}/lambda/function/`;
    const { sorted } = index;
    for (
      let position = after === undefined ? 0 : firstAfter(sorted, after);
      position < sorted.length;
      position++
    ) {
      const entry = this.#byKey.get(`${prefix}${sorted[position]}`);
      if (entry !== undefined) yield entry;
    }
  }

  codeBytes(scope: Scope): number {
    return this.#scope(scope).codeBytes;
  }

  count(scope: Scope): number {
    return this.#scope(scope).names.size;
  }

  committedConcurrency(scope: Scope): number {
    return this.#scope(scope).committed;
  }

  #scope(scope: Scope): ScopeIndex {
    const key = `${scope.account}/${scope.region}`;
    let index = this.#scopes.get(key);
    if (index === undefined) {
      index = { names: new Set(), codeBytes: 0, committed: 0 };
      this.#scopes.set(key, index);
    }
    return index;
  }
}

/** Every version counts, also if it has the same package as another. */
function codeBytes(entry: FunctionEntry | undefined): number {
  if (entry === undefined) return 0;
  let bytes = entry.document.latest.code.sizeBytes;
  for (const version of entry.versions.values()) bytes += version.code.sizeBytes;
  return bytes;
}

function committedBy(entry: FunctionEntry | undefined): number {
  return entry === undefined ? 0 : committed(entry.document);
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Position of the first name greater than `after`. */
export function firstAfter(sorted: readonly string[], after: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? "") > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
