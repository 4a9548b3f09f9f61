import { type Clock, systemClock, type Timer } from "../src/base/index.ts";

interface Pending {
  readonly dueMs: number;
  readonly callback: () => void;
  inner: Timer;
}

/**
 * The system's time, or another clock's, of which a test may skip some, so that what takes long is over at once and
 * nothing else is in a hurry. The wall clock tells what it is everywhere.
 */
export class SkippingClock implements Clock {
  readonly #clock: Clock;
  readonly #pending = new Set<Pending>();
  #skippedMs = 0;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs() + this.#skippedMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const run = () => {
      this.#pending.delete(pending);
      callback();
    };
    const pending: Pending = {
      dueMs: this.monotonicMs() + delayMs,
      callback: run,
      inner: this.#clock.after(delayMs, run),
    };
    this.#pending.add(pending);
    return {
      cancel: () => {
        this.#pending.delete(pending);
        pending.inner.cancel();
      },
    };
  }

  /** What falls due by it does so in the next turn of the event loop. */
  skip(ms: number): void {
    this.#skippedMs += ms;
    for (const pending of this.#pending) {
      pending.inner.cancel();
      pending.inner = this.#clock.after(Math.max(0, pending.dueMs - this.monotonicMs()), pending.callback);
    }
  }
}
