import type { FunctionEntry } from "../entry.ts";

/** Counts how many functions refer to each package. */
export class PackageReferences {
  readonly #counts = new Map<string, number>();
  readonly #onUnused: (sha256: string) => void;

  constructor(onUnused: (sha256: string) => void) {
    this.#onUnused = onUnused;
  }

  inUse(sha256: string): boolean {
    return this.#counts.has(sha256);
  }

  change(before: FunctionEntry | undefined, after: FunctionEntry | undefined): void {
    const dropped = packagesOf(before);
    for (const sha256 of packagesOf(after)) {
      if (!dropped.delete(sha256)) this.#counts.set(sha256, (this.#counts.get(sha256) ?? 0) + 1);
    }
    for (const sha256 of dropped) {
      const left = (this.#counts.get(sha256) ?? 1) - 1;
      if (left > 0) {
        this.#counts.set(sha256, left);
      } else {
        this.#counts.delete(sha256);
        this.#onUnused(sha256);
      }
    }
  }
}

function packagesOf(entry: FunctionEntry | undefined): Set<string> {
  if (entry === undefined) return new Set();
  const { latest, serving } = entry.document;
  const packages = new Set([latest.code.sha256]);
  if (serving !== undefined) packages.add(serving.code.sha256);
  for (const version of entry.versions.values()) packages.add(version.code.sha256);
  return packages;
}
