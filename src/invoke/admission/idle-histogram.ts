import { keepAliveLimits } from "../../base/index.ts";

const MINUTE_MS = 60_000;
const BINS = keepAliveLimits.histogramMinutes;
const COUNT_MOST = 65_535;

/** What the idle times of a function say about its next one, in milliseconds after it fell idle. */
export interface IdlePattern {
  /** Invocations hardly ever come earlier. */
  readonly headMs: number;
  /** And hardly ever later. */
  readonly tailMs: number;
}

/**
 * How long a function was idle between invocations, counted in minutes up to a few hours: the histogram of the hybrid
 * policy of "Serverless in the Wild" (USENIX ATC 2020). Old times fade, because all counts are halved when one is full.
 */
export class IdleHistogram {
  #bins: Uint16Array | undefined;
  #samples = 0;
  /** Times beyond the histogram. */
  #beyond = 0;
  #pattern: IdlePattern | undefined;
  #stale = true;

  record(idleMs: number): void {
    this.#bins ??= new Uint16Array(BINS);
    this.#stale = true;
    this.#samples += 1;
    const bin = Math.floor(idleMs / MINUTE_MS);
    if (bin >= BINS) {
      this.#beyond += 1;
      if (this.#beyond >= COUNT_MOST) this.#halve(this.#bins);
      return;
    }
    const count = (this.#bins[bin] ?? 0) + 1;
    this.#bins[bin] = count;
    if (count >= COUNT_MOST) this.#halve(this.#bins);
  }

  #halve(bins: Uint16Array): void {
    this.#beyond >>= 1;
    this.#samples = this.#beyond;
    for (let bin = 0; bin < BINS; bin += 1) {
      bins[bin] = (bins[bin] ?? 0) >> 1;
      this.#samples += bins[bin] ?? 0;
    }
  }

  /** Minutes and how often a time of so many was seen; those beyond the histogram are in its last minute's place. */
  get counts(): [minute: number, count: number][] {
    const counts: [number, number][] = [];
    this.#bins?.forEach((count, minute) => {
      if (count > 0) counts.push([minute, count]);
    });
    if (this.#beyond > 0) counts.push([BINS, this.#beyond]);
    return counts;
  }

  /** Adds what was counted elsewhere. */
  add(counts: readonly (readonly [minute: number, count: number])[]): void {
    this.#bins ??= new Uint16Array(BINS);
    this.#stale = true;
    for (const [minute, count] of counts) {
      const added = Math.min(
        count,
        COUNT_MOST - 1 - (minute < BINS ? (this.#bins[minute] ?? 0) : this.#beyond),
      );
      if (added <= 0) continue;
      this.#samples += added;
      if (minute < BINS) this.#bins[minute] = (this.#bins[minute] ?? 0) + added;
      else this.#beyond += added;
    }
  }

  /** Undefined as long as the times are too few, too long or too even to tell anything. */
  get pattern(): IdlePattern | undefined {
    if (this.#stale) {
      this.#pattern = this.#find();
      this.#stale = false;
    }
    return this.#pattern;
  }

  #find(): IdlePattern | undefined {
    const bins = this.#bins;
    const { leastSamples, beyondShareMost, leastVariation, headShare, tailShare, margin } = keepAliveLimits;
    if (bins === undefined || this.#samples < leastSamples) return undefined;
    if (this.#beyond > this.#samples * beyondShareMost) return undefined;
    let squares = 0;
    for (const count of bins) squares += count * count;
    const within = this.#samples - this.#beyond;
    const mean = within / BINS;
    if (Math.sqrt(Math.max(squares / BINS - mean * mean, 0)) / mean < leastVariation) return undefined;
    const head = this.#binOf(bins, within * headShare);
    const tail = this.#binOf(bins, within * tailShare) + 1;
    return { headMs: head * MINUTE_MS * (1 - margin), tailMs: tail * MINUTE_MS * (1 + margin) };
  }

  /** The bin in which a running total reaches `count`. */
  #binOf(bins: Uint16Array, count: number): number {
    let total = 0;
    for (let bin = 0; bin < BINS; bin += 1) {
      total += bins[bin] ?? 0;
      if (total >= count) return bin;
    }
    return BINS - 1;
  }

  /**
   * How likely the next invocation comes within `horizonMs`, 0 to 1, of a function that has been idle for `idleMs`.
   * Where nothing is known yet, even odds at first, and less with time.
   */
  chanceWithin(idleMs: number, horizonMs: number): number {
    const bins = this.#bins;
    const from = Math.floor(idleMs / MINUTE_MS);
    const to = from + Math.ceil(horizonMs / MINUTE_MS);
    let still = this.#beyond;
    let soon = 0;
    if (bins !== undefined) {
      for (let bin = from; bin < BINS; bin += 1) {
        still += bins[bin] ?? 0;
        if (bin <= to) soon += bins[bin] ?? 0;
      }
    }
    // One observation's worth of not knowing.
    const guess = horizonMs / (2 * horizonMs + idleMs);
    return (soon + guess) / (still + 1);
  }
}
