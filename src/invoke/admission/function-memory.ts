import { headroomLimits } from "../../base/index.ts";
import { PeakEstimate } from "./peak-estimate.ts";

/** What environments of a function version were seen to use, over all its generations. */
export class FunctionMemory {
  readonly #peaks = new PeakEstimate();
  /** The highest of invocations that have not ended. */
  #soFarMiB = 0;
  #generation: string | undefined;
  #proven = false;

  /** What a changed function uses has to be seen anew. */
  runsAs(generation: string): void {
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#proven = false;
    this.#soFarMiB = 0;
  }

  /** An invocation ended that used so much. */
  ended(peakMiB: number): void {
    this.#proven = true;
    if (peakMiB > 0) this.#peaks.sample(peakMiB);
  }

  /** An invocation uses so much after it has run for `forMs` at least, and goes on. */
  worksWith(peakMiB: number, forMs: number): void {
    if (forMs >= headroomLimits.provenMs) this.#proven = true;
    if (this.#peaks.samples === 0) this.#soFarMiB = Math.max(this.#soFarMiB, peakMiB);
    else if (peakMiB > this.#peaks.expectedMiB) this.#peaks.sample(peakMiB);
  }

  /** Whether it has shown what it uses: by an invocation that ended, or one that goes on for long. */
  get proven(): boolean {
    return this.#proven;
  }

  /** MiB; 0 if nothing was seen of it. */
  get expectedMiB(): number {
    return this.#peaks.samples > 0 ? this.#peaks.expectedMiB : this.#soFarMiB;
  }
}
