import { type Clock, environmentLimits } from "../base/index.ts";
import type { Sandbox } from "./sandbox/index.ts";

const MIB = 1024 * 1024;

/** The peak memory of a sandbox, read at most every few milliseconds so that short invocations share a reading. */
export class MemoryGauge {
  readonly #sandbox: Sandbox;
  readonly #clock: Clock;
  #peakBytes = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(sandbox: Sandbox, clock: Clock) {
    this.#sandbox = sandbox;
    this.#clock = clock;
  }

  /** Begins a reading if the last one is old, so that whoever soon asks for the peak need not wait for it. */
  prepare(): void {
    if (this.#ageMs >= environmentLimits.memoryFreshMs) this.#begin();
  }

  /**
   * Begins a reading before an invocation that would find the last one old at its end, so that its caller need not wait
   * for it. Only where invocations share readings: after a pause the one at the end tells what the invocation took.
   */
  prepareAhead(): void {
    const { memoryAheadMs, memoryFreshMs } = environmentLimits;
    if (this.#ageMs >= memoryFreshMs - memoryAheadMs && this.#ageMs < 2 * memoryFreshMs) this.#begin();
  }

  get #ageMs(): number {
    return this.#clock.monotonicMs() - this.#readAt;
  }

  #begin(): void {
    this.#reading ??= this.refresh().finally(() => {
      this.#reading = undefined;
    });
  }

  /** What has to be waited for until the peak is known as it is now; undefined if the last reading is young. */
  reading(): Promise<void> | undefined {
    this.prepare();
    return this.#reading;
  }

  /** Whole MiB, rounded up, as of the last reading; never falls. */
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
