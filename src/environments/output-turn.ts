import { environmentLimits } from "../base/index.ts";

/** Reads this small cost less than to keep account of them. */
const UNCOUNTED_BYTES = 4_096;

/** What is read of all environments' output in one turn of the event loop, so that requests come in between. */
export class OutputTurn {
  #bytes = 0;
  #ends = false;
  #waiting: (() => void)[] = [];

  /** Notes what was read; false if nothing more should be in this turn. */
  read(bytes: number): boolean {
    if (bytes < UNCOUNTED_BYTES) return true;
    this.#bytes += bytes;
    this.#end();
    return this.#bytes < environmentLimits.outputBytesOfTurn;
  }

  /** Calls back in the next turn. */
  next(goOn: () => void): void {
    this.#waiting.push(goOn);
    this.#end();
  }

  #end(): void {
    if (this.#ends) return;
    this.#ends = true;
    setImmediate(() => {
      this.#ends = false;
      this.#bytes = 0;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const goOn of waiting) goOn();
    });
  }
}
