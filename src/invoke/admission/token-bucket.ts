import type { Clock } from "../../base/index.ts";

/** Tokens that come back at a steady rate, up to a capacity; full at first. */
export class TokenBucket {
  readonly #clock: Pick<Clock, "monotonicMs">;
  #capacity: number;
  #perSecond: number;
  #tokens: number;
  #filledAt: number;

  constructor(clock: Pick<Clock, "monotonicMs">, capacity: number, perSecond: number) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#perSecond = perSecond;
    this.#tokens = capacity;
    this.#filledAt = clock.monotonicMs();
  }

  /** What was taken stays taken. */
  resize(capacity: number, perSecond: number): void {
    if (capacity === this.#capacity && perSecond === this.#perSecond) return;
    this.#fill();
    this.#tokens = Math.max(0, Math.min(this.#tokens + capacity - this.#capacity, capacity));
    this.#capacity = capacity;
    this.#perSecond = perSecond;
  }

  /** Whole tokens that can be taken now. */
  get available(): number {
    this.#fill();
    return Math.floor(this.#tokens);
  }

  take(): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #fill(): void {
    const now = this.#clock.monotonicMs();
    const tokens = this.#tokens + ((now - this.#filledAt) * this.#perSecond) / 1_000;
    this.#tokens = tokens < this.#capacity ? tokens : this.#capacity;
    this.#filledAt = now;
  }
}
