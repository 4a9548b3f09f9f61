import type { Clock, Log } from "../base/index.ts";
import type { Invocation } from "./interfaces.ts";

/**
 * What is reached on the way to an environment's first answer, in this order: its request came in; it was authenticated
 * and found good, before the environment was admitted and its role and code were looked up; its sandbox was chosen; the sandbox has
 * its limits, code and layers; what is to run in it is known; the runtime was told or started; it asked for its first
 * event; it was given one; its result arrived; the answer went on to the caller.
 */
export type StartStage =
  | "received"
  | "checked"
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

  /** Less than nothing before the start, if the environment came up for this request. */
  cameFrom(moments: Invocation["moments"]): void {
    if (this.#told || moments === undefined) return;
    this.reach("received", moments.receivedAtMs);
    this.reach("checked", moments.checkedAtMs);
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
    // The answer is on its way to whoever sends it, and goes first.
    setImmediate(() => log.debug("environment started", { from: this.#from, stagesMs: this.#stagesMs }));
  }
}
