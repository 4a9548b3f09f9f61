import type { Clock, Timer } from "../src/base/index.ts";

interface PendingTimer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * Time that moves only when a test says so. Timers run in order of their due time, ties in order of creation, and
 * everything that a timer sets off through promises has settled before the next one runs.
 */
export class SimulatedClock implements Clock {
  #now: number;
  readonly #start: number;
  #created = 0;
  #timers: PendingTimer[] = [];

  /** `start` is epoch milliseconds. */
  constructor(start = Date.UTC(2026, 0, 15, 12)) {
    this.#now = start;
    this.#start = start;
  }

  now(): number {
    return this.#now;
  }

  monotonicMs(): number {
    return this.#now - this.#start;
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer: PendingTimer = {
      at: this.#now + Math.max(delayMs, 0),
      order: this.#created++,
      callback,
    };
    const index = this.#timers.findIndex((other) => other.at > timer.at);
    this.#timers.splice(index === -1 ? this.#timers.length : index, 0, timer);
    return {
      cancel: () => {
        const position = this.#timers.indexOf(timer);
        if (position !== -1) this.#timers.splice(position, 1);
      },
    };
  }

  /** Moves time forward by `durationMs`, running what falls due on the way. */
  async advance(durationMs: number): Promise<void> {
    const end = this.#now + durationMs;
    await settle();
    for (let next = this.#timers[0]; next !== undefined && next.at <= end; next = this.#timers[0]) {
      this.#timers.shift();
      this.#now = next.at;
      next.callback();
      await settle();
    }
    this.#now = end;
  }

  /** Runs timers, however far in the future, until `condition` holds; throws when none is left or `mostMs` passed. */
  async until(condition: () => boolean, mostMs = 24 * 3_600_000): Promise<void> {
    const end = this.#now + mostMs;
    await settle();
    while (!condition()) {
      const next = this.#timers[0];
      if (next === undefined)
        throw new Error("the simulation has come to rest and the condition does not hold");
      if (next.at > end) throw new Error(`the condition does not hold after ${mostMs} simulated ms`);
      this.#timers.shift();
      this.#now = next.at;
      next.callback();
      await settle();
    }
  }

  get pendingTimers(): number {
    return this.#timers.length;
  }
}

/** Lets every promise reaction and immediate that is ready run, a few rounds deep. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 2; round += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
