import { type Clock, storageLimits, type Timer } from "../base/index.ts";

/**
 * One timer for the earliest of many wall-clock times. Timers of a process count time that does not pass while the
 * machine sleeps and know nothing of a clock that is set, so a longer wait looks at the clock again and again.
 */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #at = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;

  /** `ring` is called when a time has come; it sets the next one. */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `time` (epoch milliseconds), or earlier if it was set earlier. */
  setAtLatest(time: number): void {
    if (time >= this.#at) return;
    this.#at = time;
    this.#wait();
  }

  clear(): void {
    this.#at = Number.POSITIVE_INFINITY;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wait(): void {
    this.#timer?.cancel();
    const delayMs = Math.min(Math.max(this.#at - this.#clock.now(), 0), storageLimits.timerLatenessMs);
    this.#timer = this.#clock.after(delayMs, () => {
      if (this.#clock.now() < this.#at) {
        this.#wait();
        return;
      }
      this.clear();
      this.#ring();
    });
  }
}
