const EMPTY: Uint8Array = new Uint8Array(0);

/**
 * Received bytes that are not parsed yet. A chunk that arrives while nothing is left over is used in place; only
 * what straddles chunks is copied, into a buffer that doubles, so that a sender of single bytes costs no more than
 * a constant factor.
 */
export class ByteQueue {
  #bytes: Buffer = Buffer.from(EMPTY);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  append(chunk: Buffer): void {
    const length = this.length;
    if (length === 0) {
      this.#bytes = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    if (this.#end + chunk.length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(2 * length, length + chunk.length));
      this.#bytes.copy(grown, 0, this.#start, this.#end);
      this.#bytes = grown;
      this.#start = 0;
      this.#end = length;
    }
    chunk.copy(this.#bytes, this.#end);
    this.#end += chunk.length;
  }

  /** Position of `needle` relative to the first byte, searching from `from`; -1 if it is not there yet. */
  indexOf(needle: Uint8Array, from: number): number {
    const bytes = this.#bytes;
    const first = needle[0];
    const last = this.#end - needle.length;
    for (let at = this.#start + from; at <= last; at += 1) {
      if (bytes[at] !== first) continue;
      let matched = 1;
      while (matched < needle.length && bytes[at + matched] === needle[matched]) matched += 1;
      if (matched === needle.length) return at - this.#start;
    }
    return -1;
  }

  startsWith(first: number, second: number): boolean {
    return this.length >= 2 && this.#bytes[this.#start] === first && this.#bytes[this.#start + 1] === second;
  }

  /** Takes at most `count` bytes; a view that stays valid. */
  take(count: number): Buffer {
    const from = this.#start;
    this.skip(count);
    return this.#bytes.subarray(from, this.#start);
  }

  /** Takes that many bytes, which are there, as text of one character each. */
  takeText(count: number): string {
    const from = this.#start;
    this.skip(count);
    return this.#bytes.toString("latin1", from, this.#start);
  }

  skip(count: number): void {
    this.#start = Math.min(this.#start + count, this.#end);
  }
}
