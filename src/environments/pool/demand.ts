import { poolLimits } from "../../base/index.ts";

/**
 * How many sandboxes of one kind should wait, from when they were wanted. Each wish counts one and fades; so the pool
 * grows with a wave of new functions and is back at its floor soon after. Pure: times are passed in, in milliseconds.
 */
export class Demand {
  #level = 0;
  #atMs = Number.NEGATIVE_INFINITY;
  /** Functions that took a pooled sandbox in the present wave. */
  readonly #wave = new Map<string, number>();

  /** A function was created, or an environment wanted. */
  wanted(nowMs: number): void {
    this.#level = this.#levelAt(nowMs) + 1;
    this.#atMs = nowMs;
  }

  #levelAt(nowMs: number): number {
    return this.#level * Math.exp(-(nowMs - this.#atMs) / poolLimits.demandFadeMs);
  }

  /**
   * Zero when nothing of this kind was wanted for long. Where what waits costs more than a start that requests wait for,
   * and such are under way (`inTheWay`), it is the floor at most.
   */
  target(nowMs: number, inTheWay = false): number {
    if (nowMs - this.#atMs > poolLimits.keepMs) return 0;
    if (inTheWay) return poolLimits.floor;
    return Math.min(poolLimits.floor + Math.floor(this.#levelAt(nowMs)), poolLimits.mostOfOneKind);
  }

  /**
   * Whether a function may have one of `waiting`: the first of its wave always, later ones only of what is above the
   * floor, so that a burst of one function leaves the others theirs.
   */
  grants(functionArn: string, waiting: number, nowMs: number): boolean {
    for (const [arn, sinceMs] of this.#wave) {
      if (nowMs - sinceMs < poolLimits.waveMs) break;
      this.#wave.delete(arn);
    }
    if (waiting === 0) return false;
    if (this.#wave.has(functionArn)) return waiting > poolLimits.floor;
    this.#wave.set(functionArn, nowMs);
    return true;
  }
}

/** How many sandboxes may wait in all, by the memory of the machine, in bytes. None under pressure. */
export function roomFor(
  { totalBytes, availableBytes }: { readonly totalBytes: number; readonly availableBytes: number },
  waiting: number,
): number {
  if (availableBytes < totalBytes * poolLimits.pressureShare) return 0;
  // What waits already is no longer available.
  const free = availableBytes + waiting * poolLimits.sandboxBytes;
  return Math.floor((free * poolLimits.memoryShare) / poolLimits.sandboxBytes);
}
