import type { Clock, Timer } from "./clock.ts";

/**
 * A limit that is set again and again and hardly ever reached. Its timer is armed once and looked at when it fires,
 * because arming one each time would cost more than what it watches over.
 */
export class Deadline {
  readonly #clock: Clock;
  /** Monotonic milliseconds. */
  #dueAt = Number.POSITIVE_INFINITY;
  #onReached: (() => void) | undefined;
  #timer: Timer | undefined;
  #firesAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `onReached` after `delayMs`, unless it is cleared or set anew before. */
  set(delayMs: number, onReached: () => void): void {
    this.#onReached = onReached;
    this.#dueAt = this.#clock.monotonicMs() + delayMs;
    if (this.#dueAt < this.#firesAt) this.#arm(delayMs);
  }

  clear(): void {
    this.#onReached = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    this.#firesAt = this.#dueAt;
    // Of whole milliseconds, as timers are: a part of one might be nothing to the clock, time and again.
    this.#timer = this.#clock.after(Math.ceil(delayMs), () => {
      this.#timer = undefined;
      this.#firesAt = Number.POSITIVE_INFINITY;
      const onReached = this.#onReached;
      if (onReached === undefined) return;
      const leftMs = this.#dueAt - this.#clock.monotonicMs();
      // Timers may fire a fraction of a millisecond early.
      if (leftMs > 0) {
        this.#arm(leftMs);
        return;
      }
      this.#onReached = undefined;
      onReached();
    });
  }
}
