import { availableParallelism } from "node:os";
import { type Clock, invokeLimits } from "../../base/index.ts";

/** How many environments may start at once on this machine: about twice the cores. */
export function creationsOfThisMachine(): number {
  return Math.max(2 * availableParallelism(), 2);
}

/**
 * Limits how many environments start at the same time, so that a burst does not make all starts slow. A start that
 * takes long mostly waits (for the network, in the function's own init), so after a while it stops counting.
 */
export class CreationBudget {
  readonly #size: number;
  readonly #clock: Clock;
  #held = 0;

  constructor(size: number, clock: Clock) {
    this.#size = size;
    this.#clock = clock;
  }

  get free(): boolean {
    return this.#held < this.#size;
  }

  /** Takes a share; the result gives it back, once. `onExpired` is called when the share was held too long. */
  take(onExpired: () => void): () => void {
    this.#held += 1;
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      timer.cancel();
      this.#held -= 1;
    };
    const timer = this.#clock.after(invokeLimits.creationShareMs, () => {
      release();
      onExpired();
    });
    return release;
  }
}
