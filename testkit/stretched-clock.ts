import { type Clock, systemClock, type Timer } from "../src/base/index.ts";

/** Time that passes so many times slower than the system's, so that a busy machine is not late by it. */
export class StretchedClock implements Clock {
  readonly #times: number;
  readonly #begun = systemClock.now();

  constructor(times: number) {
    this.#times = times;
  }

  /** What it tells at that time of the system's. */
  at(systemMs: number): number {
    return Math.floor(this.#begun + (systemMs - this.#begun) / this.#times);
  }

  now(): number {
    return this.at(systemClock.now());
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() / this.#times;
  }

  after(delayMs: number, callback: () => void): Timer {
    return systemClock.after(delayMs * this.#times, callback);
  }
}
