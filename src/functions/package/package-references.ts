import type { Deployment } from "../document.ts";
import type { FunctionEntry } from "../entry.ts";
import { mergedName } from "./layer-tree.ts";

/** Counts how many functions and layer versions refer to each package, and to each merge of layers. */
export class PackageReferences {
  readonly #counts = new Map<string, number>();
  readonly #onUnused: (name: string) => void;

  constructor(onUnused: (name: string) => void) {
    this.#onUnused = onUnused;
  }

  inUse(name: string): boolean {
    return this.#counts.has(name);
  }

  /** One that referred to `before` refers to `after` now. */
  change(before: ReadonlySet<string>, after: ReadonlySet<string>): void {
    for (const name of after) {
      if (!before.has(name)) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    }
    for (const name of before) {
      if (after.has(name)) continue;
      const left = (this.#counts.get(name) ?? 1) - 1;
      if (left > 0) {
        this.#counts.set(name, left);
      } else {
        this.#counts.delete(name);
        this.#onUnused(name);
      }
    }
  }
}

export function packagesOf(entry: FunctionEntry | undefined): ReadonlySet<string> {
  const names = new Set<string>();
  if (entry === undefined) return names;
  const { latest, serving } = entry.document;
  addPackages(names, latest);
  if (serving !== undefined) addPackages(names, serving);
  for (const version of entry.versions.values()) addPackages(names, version);
  return names;
}

function addPackages(names: Set<string>, { code, settings }: Deployment): void {
  if (code.liveDirectory === undefined) names.add(code.sha256);
  const layers = (settings.layers ?? []).map(({ sha256 }) => sha256);
  for (const sha256 of layers) names.add(sha256);
  if (layers.length > 1) names.add(mergedName(layers));
}
