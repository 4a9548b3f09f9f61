import { type Clock, headroomLimits } from "../../base/index.ts";
import { PeakEstimate } from "./peak-estimate.ts";

/** What environments of a function version were seen to use, over all its generations. */
export class FunctionMemory {
  readonly #peaks = new PeakEstimate();
  /** The highest of invocations that have not ended. */
  #soFarMiB = 0;
  #generation: string | undefined;
  #proven = false;
  #firstWorkAt: number | undefined;

  /** What a changed function uses has to be seen anew. */
  runsAs(generation: string): void {
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#proven = false;
    this.#soFarMiB = 0;
    this.#firstWorkAt = undefined;
  }

  began(clock: Pick<Clock, "monotonicMs">): void {
    this.#firstWorkAt ??= clock.monotonicMs();
  }

  ended(peakMiB: number): void {
    this.#proven = true;
    if (peakMiB > 0) this.#peaks.sample(peakMiB);
  }

  /** What an invocation uses that goes on. */
  worksWith(peakMiB: number): void {
    if (this.#peaks.samples === 0) this.#soFarMiB = Math.max(this.#soFarMiB, peakMiB);
    else if (peakMiB > this.#peaks.expectedMiB) this.#peaks.sample(peakMiB);
  }

  /** MiB; 0 if nothing was seen of it. */
  get expectedMiB(): number {
    return this.#peaks.samples > 0 ? this.#peaks.expectedMiB : this.#soFarMiB;
  }

  /** Whether it has shown what it uses: by an invocation that ended, or one that goes on for long. */
  proven(nowMs: number): boolean {
    const { provenMs } = headroomLimits;
    return this.#proven || (this.#firstWorkAt !== undefined && nowMs - this.#firstWorkAt >= provenMs);
  }
}
