import { poolLimits } from "../../base/index.ts";

/**
 * When another sandbox of a kind may be made, so that this does not compete with starts that have just begun: while
 * enough wait, once none was taken for a moment, whatever kind; else soon after the one that made them few, and then
 * one after the other. Pure: times are passed in, in milliseconds.
 */
export class RefillPace {
  #dueMs = Number.NEGATIVE_INFINITY;

  /** A sandbox of some kind was wanted, after which `waiting` of this kind are left of the `target`. */
  wanted(waiting: number, target: number, nowMs: number): void {
    const enough = Math.max(poolLimits.floor, target * poolLimits.enoughShare);
    if (waiting >= enough) this.#dueMs = nowMs + poolLimits.refillPatienceMs;
    else this.#dueMs = Math.min(this.#dueMs, nowMs + poolLimits.refillDelayMs);
  }

  /** How long it is until then; 0 if it is time. */
  leftMs(nowMs: number): number {
    return Math.max(0, this.#dueMs - nowMs);
  }
}
