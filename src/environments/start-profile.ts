import type { Clock, Log } from "../base/index.ts";

/**
 * What an environment reaches on the way to its first answer, in this order: its sandbox was chosen; the sandbox has
 * its limits, code and layers; what is to run in it is known; the runtime was told or started; it asked for its first
 * event; it was given one; its result arrived; the answer went on to the caller.
 */
export type StartStage =
  | "taken"
  | "opened"
  | "prepared"
  | "begun"
  | "ready"
  | "dispatched"
  | "posted"
  | "answered";

export type StartedFrom = "interpreter" | "cell" | "new";

/** Where the time of a start goes. It is one line of the server's log, at `debug`. */
export class StartProfile {
  readonly #clock: Clock;
  readonly #begunAt: number;
  readonly #stagesMs: Partial<Record<StartStage, number>> = {};
  #from: StartedFrom = "new";
  #told = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#begunAt = clock.monotonicMs();
  }

  from(what: StartedFrom): void {
    this.#from = what;
  }

  /** Only the first time counts. `atMs` is on the monotonic clock; now, if it isn't said. */
  reach(stage: StartStage, atMs?: number): void {
    if (this.#told || this.#stagesMs[stage] !== undefined) return;
    this.#stagesMs[stage] = Math.round(((atMs ?? this.#clock.monotonicMs()) - this.#begunAt) * 1_000) / 1_000;
  }

  /** The first invocation is over; `postedAt` is when its result arrived, if one did. */
  tell(log: Log, postedAt: number | undefined): void {
    if (this.#told) return;
    if (postedAt !== undefined) this.reach("posted", postedAt);
    this.#told = true;
    log.debug("environment started", { from: this.#from, stagesMs: this.#stagesMs });
  }
}
