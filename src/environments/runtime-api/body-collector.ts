const NOTHING = Buffer.alloc(0);

/**
 * Collects a body up to a limit and counts what exceeds it. Bytes are copied into one growing buffer, because
 * keeping a view per chunk would let a sender of one-byte chunks hold a hundred times what it sends.
 */
export class BodyCollector {
  readonly mostBytes: number;
  #bytes: Buffer = NOTHING;
  #used = 0;
  #received = 0;

  constructor(mostBytes: number) {
    this.mostBytes = mostBytes;
  }

  /** All that came, kept or not. */
  get receivedBytes(): number {
    return this.#received;
  }

  get oversized(): boolean {
    return this.#received > this.mostBytes;
  }

  /** `expectedBytes` is the announced length of the whole body, if there is one. */
  append(chunk: Buffer, expectedBytes?: number): void {
    this.#received += chunk.length;
    if (this.oversized) {
      this.#bytes = NOTHING;
      this.#used = 0;
      return;
    }
    if (this.#used === 0 && chunk.length === expectedBytes) {
      this.#bytes = chunk;
      this.#used = chunk.length;
      return;
    }
    if (this.#received > this.#bytes.length) {
      const wanted = Math.max(expectedBytes ?? 0, 2 * this.#bytes.length, this.#received, 1024);
      const grown = Buffer.allocUnsafe(Math.min(wanted, this.mostBytes));
      this.#bytes.copy(grown, 0, 0, this.#used);
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes, this.#used);
    this.#used += chunk.length;
  }

  /** What was collected; empty if it was too large. */
  bytes(): Buffer {
    return this.#used === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#used);
  }
}
