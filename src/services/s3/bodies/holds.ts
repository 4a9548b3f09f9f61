/**
 * Keeps body files alive while somebody reads them. A reader takes a hold before it reads the metadata, so that
 * whatever the metadata names cannot go away; then narrows it to the files that it found there.
 */
export class Holds {
  readonly #open = new Set<number>();
  readonly #pins = new Map<string, number>();
  /** Files to remove, with the number of the youngest hold that may still come to name them. */
  readonly #doomed = new Map<string, number>();
  readonly #unlink: (file: string) => void;
  #latest = 0;

  constructor(unlink: (file: string) => void) {
    this.#unlink = unlink;
  }

  take(): Hold {
    const number = ++this.#latest;
    this.#open.add(number);
    let pinned: readonly string[] = [];
    const narrow = (files: readonly string[]) => {
      for (const file of files) this.#pins.set(file, (this.#pins.get(file) ?? 0) + 1);
      for (const file of pinned) this.#unpin(file);
      pinned = files;
      this.#open.delete(number);
      this.#collect();
    };
    return { narrow, release: () => narrow([]) };
  }

  /** Removes a file that no metadata names any more, as soon as no reader needs it. */
  doom(files: readonly string[]): void {
    for (const file of files) this.#doomed.set(file, this.#latest);
    this.#collect();
  }

  isDoomed(file: string): boolean {
    return this.#doomed.has(file);
  }

  #unpin(file: string): void {
    const left = (this.#pins.get(file) ?? 0) - 1;
    if (left > 0) this.#pins.set(file, left);
    else this.#pins.delete(file);
  }

  #collect(): void {
    if (this.#doomed.size === 0) return;
    const oldest = this.#open.values().next().value ?? Number.POSITIVE_INFINITY;
    for (const [file, youngest] of this.#doomed) {
      if (oldest <= youngest) break;
      if (this.#pins.has(file)) continue;
      this.#doomed.delete(file);
      this.#unlink(file);
    }
  }
}

export interface Hold {
  /** Holds these files only. */
  narrow(files: readonly string[]): void;
  /** Idempotent. */
  release(): void;
}
