/**
 * What the next peak will hardly exceed, from those seen: mean and four times the mean deviation, smoothed as TCP does
 * round-trip times. https://www.rfc-editor.org/rfc/rfc6298#section-2
 */
export class PeakEstimate {
  #mean = 0;
  #deviation = 0;
  #samples = 0;

  sample(peakMiB: number): void {
    this.#samples += 1;
    if (this.#samples === 1) {
      this.#mean = peakMiB;
      this.#deviation = peakMiB / 2;
      return;
    }
    this.#deviation += (Math.abs(this.#mean - peakMiB) - this.#deviation) / 4;
    this.#mean += (peakMiB - this.#mean) / 8;
  }

  get samples(): number {
    return this.#samples;
  }

  /** MiB; 0 before the first sample. */
  get expectedMiB(): number {
    return this.#mean + 4 * this.#deviation;
  }
}
