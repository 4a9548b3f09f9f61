import { type Clock, environmentLimits } from "../base/index.ts";

/**
 * Which inits of an environment run at full CPU speed: the first ones, and later now and then one. A runtime that ends
 * again and again would otherwise have more than its share of the CPU for good.
 */
export class FullSpeed {
  readonly #clock: Clock;
  #left: number = environmentLimits.fullSpeedInits;
  #countedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#countedAt = clock.monotonicMs();
  }

  /** Takes one, if there is one. */
  take(): boolean {
    const { fullSpeedAgainMs, fullSpeedInits } = environmentLimits;
    const now = this.#clock.monotonicMs();
    this.#left = Math.min(fullSpeedInits, this.#left + (now - this.#countedAt) / fullSpeedAgainMs);
    this.#countedAt = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
