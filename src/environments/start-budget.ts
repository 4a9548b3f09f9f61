import { availableParallelism } from "node:os";
import { type Clock, environmentLimits, poolLimits } from "../base/index.ts";

/** How many environments may start at once on this machine: about twice the cores. */
export function startsOfThisMachine(): number {
  return Math.max(2 * availableParallelism(), 2);
}

/**
 * Limits how many environments and waiting sandboxes start at the same time, so that a burst does not make all starts
 * slow. A start that takes long mostly waits (for the network, in the function's own init), so after a while it stops
 * counting. What nobody waits for takes only what requests leave.
 */
export class StartBudget {
  readonly #size: number;
  readonly #clock: Clock;
  #held = 0;
  #spareHeld = 0;
  #onRequestDone: () => void = () => undefined;
  #onSpareDone: () => void = () => undefined;

  constructor(size: number, clock: Clock) {
    this.#size = size;
    this.#clock = clock;
  }

  get free(): boolean {
    return this.#held < this.#size;
  }

  /** Takes a share; the result gives it back, once. `onExpired` is called when the share was held too long. */
  take(onExpired: () => void): () => void {
    return this.#hold(() => this.#onRequestDone(), onExpired);
  }

  /** A share for a start that no request waits for; undefined if requests need it. */
  takeSpare(): (() => void) | undefined {
    const most = this.#held > this.#spareHeld ? 1 : poolLimits.startsAtOnce;
    if (!this.free || this.#spareHeld >= most) return undefined;
    this.#spareHeld += 1;
    const onDone = () => {
      this.#spareHeld -= 1;
      this.#onSpareDone();
    };
    return this.#hold(onDone, () => undefined);
  }

  #hold(onDone: () => void, onExpired: () => void): () => void {
    this.#held += 1;
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      timer.cancel();
      this.#held -= 1;
      onDone();
    };
    const timer = this.#clock.after(environmentLimits.startShareMs, () => {
      release();
      onExpired();
    });
    return release;
  }

  /** Who takes what requests leave is told when one of them has its environment, */
  onRequestDone(listener: () => void): void {
    this.#onRequestDone = listener;
  }

  /** and who makes environments for requests when there is room again that was taken by the other. */
  onSpareDone(listener: () => void): void {
    this.#onSpareDone = listener;
  }
}
