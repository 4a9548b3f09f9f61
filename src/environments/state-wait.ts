import { type Clock, Deadline } from "../base/index.ts";

interface Waiting {
  readonly holds: () => boolean;
  readonly evenAborted: boolean;
  readonly resolve: () => void;
}

/** Waits, one at a time, for something to hold that is looked at whenever it may have changed. */
export class StateWait {
  readonly #limit: Deadline;
  #waiting: Waiting | undefined;
  #aborted = false;

  constructor(clock: Clock) {
    this.#limit = new Deadline(clock);
  }

  /** Resolves when it holds, the time is over or, unless `evenAborted`, nothing is waited for any more. */
  until(holds: () => boolean, limitMs: number, evenAborted = false): Promise<void> {
    if (holds() || (this.#aborted && !evenAborted) || limitMs <= 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = { holds, evenAborted, resolve };
    this.#limit.set(limitMs, this.#goOn);
    return promise;
  }

  /** Something may have changed. */
  look(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (waiting.holds() || (this.#aborted && !waiting.evenAborted)) this.#goOn();
  }

  abort(): void {
    this.#aborted = true;
    this.look();
  }

  readonly #goOn = () => {
    const waiting = this.#waiting;
    this.#limit.clear();
    this.#waiting = undefined;
    waiting?.resolve();
  };
}
