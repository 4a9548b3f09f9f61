import { type Clock, environmentLimits } from "../base/index.ts";
import type { Sandbox } from "./sandbox/index.ts";

const MIB = 1024 * 1024;

/** The peak memory of a sandbox, read at most every few milliseconds so that short invocations share a reading. */
export class MemoryGauge {
  readonly #sandbox: Sandbox;
  readonly #clock: Clock;
  #peakBytes = 0;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(sandbox: Sandbox, clock: Clock) {
    this.#sandbox = sandbox;
    this.#clock = clock;
  }

  /** Whole MiB, rounded up; never falls. */
  async peakMiB(): Promise<number> {
    if (this.#clock.monotonicMs() - this.#readAt >= environmentLimits.memoryFreshMs) await this.refresh();
    return this.knownMiB;
  }

  /** As of the last reading. */
  get knownMiB(): number {
    return Math.ceil(this.#peakBytes / MIB);
  }

  async refresh(): Promise<void> {
    try {
      this.#peakBytes = Math.max(this.#peakBytes, await this.#sandbox.peakMemoryBytes());
      this.#readAt = this.#clock.monotonicMs();
    } catch {
      // A sandbox that is being destroyed has nothing to read; the last reading stands.
    }
  }
}
