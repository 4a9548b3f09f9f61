import { availableParallelism } from "node:os";
import { type Clock, environmentLimits, poolLimits } from "../base/index.ts";

/** How many environments may start at once on this machine: about twice the cores, and one that is kept for firsts. */
export function startsOfThisMachine(): number {
  return 2 * availableParallelism() + 1;
}

/** Whether a function is to get its first environment, a further one that callers wait for, or one for events, which can wait. */
export type StartKind = "first" | "further" | "deferrable";

/**
 * Limits how many environments and waiting sandboxes start at the same time, so that a burst does not make all starts
 * slow. The last share is for functions that have no environment yet, however many another one asks for. What nobody
 * waits for takes only what requests leave.
 *
 * A start that takes long mostly waits (for the network, in the function's own init), so after a while it stops
 * counting. On a machine that has no CPU left it takes long because there is none: there it goes on counting, and once
 * such starts take longer than that while, half as many further ones are made at once. They also leave the CPU to first
 * ones then, except for one in a while. Where functions themselves use it up, events get further environments only once
 * in a while: more of them would do no more work, but everybody would wait behind them.
 */
export class StartBudget {
  readonly #size: number;
  readonly #clock: Clock;
  /** Whether the machine has had no CPU to spare since this was asked last. */
  readonly #saturated: () => boolean;
  /** Whether functions took it, and not something else that runs there. */
  readonly #byFunctions: () => boolean;
  #held = 0;
  #spareHeld = 0;
  #firsts = 0;
  #furtherAt = Number.NEGATIVE_INFINITY;
  #deferrableAt = Number.NEGATIVE_INFINITY;
  #slow = false;
  #onRequestDone: () => void = () => undefined;
  #onSpareDone: () => void = () => undefined;

  constructor(
    size: number,
    clock: Clock,
    saturated: () => boolean = () => false,
    byFunctions: () => boolean = saturated,
  ) {
    this.#byFunctions = byFunctions;
    this.#size = size;
    this.#clock = clock;
    this.#saturated = saturated;
  }

  get free(): boolean {
    return this.#held < this.#size;
  }

  /** Whether starts that requests wait for are under way. */
  get requested(): boolean {
    return this.#held > this.#spareHeld;
  }

  /** What nobody waits for does not stand in the way of a first one. */
  freeFor(kind: StartKind): boolean {
    if (kind === "first") return this.#held - this.#spareHeld < this.#size;
    if (kind === "deferrable" && this.defers) return false;
    const most = Math.max(1, this.#size - 1);
    if (this.#held >= most || !this.#slow) return this.#held < most;
    const { furtherAtLeastMs } = environmentLimits;
    if (this.#firsts > 0) return this.#clock.monotonicMs() - this.#furtherAt >= furtherAtLeastMs;
    return this.#held < Math.ceil(most / 2);
  }

  /** Whether further environments for events have to wait, because functions use up the CPU. */
  get defers(): boolean {
    const sinceMs = this.#clock.monotonicMs() - this.#deferrableAt;
    return sinceMs < environmentLimits.furtherAtLeastMs && this.#byFunctions();
  }

  /** Takes a share; the result gives it back, once. `onExpired` is called when the share was held too long. */
  take(onExpired: () => void, kind: StartKind = "further"): () => void {
    const begunAt = this.#clock.monotonicMs();
    if (kind === "first") this.#firsts += 1;
    else this.#furtherAt = begunAt;
    if (kind === "deferrable") this.#deferrableAt = begunAt;
    // Later it is asked of the time since now. What this start is for goes first.
    setImmediate(this.#saturated);
    return this.#hold(() => {
      if (kind === "first") this.#firsts -= 1;
      // A start that was quick shows that there is CPU again.
      if (this.#clock.monotonicMs() - begunAt < environmentLimits.startShareMs) this.#slow = false;
      this.#onRequestDone();
    }, onExpired);
  }

  /** A share for a start that no request waits for; undefined if requests need it. */
  takeSpare(): (() => void) | undefined {
    const most = this.requested ? 1 : poolLimits.startsAtOnce;
    if (!this.free || this.#spareHeld >= most) return undefined;
    this.#spareHeld += 1;
    const onDone = () => {
      this.#spareHeld -= 1;
      this.#onSpareDone();
    };
    return this.#hold(onDone, () => undefined);
  }

  #hold(onDone: () => void, onExpired: () => void): () => void {
    const { startShareMs, startShareMostMs } = environmentLimits;
    const until = this.#clock.monotonicMs() + startShareMostMs;
    this.#held += 1;
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      timer.cancel();
      this.#held -= 1;
      onDone();
    };
    const expire = (): void => {
      this.#slow = this.#saturated();
      if (this.#slow && this.#clock.monotonicMs() < until) {
        timer = this.#clock.after(startShareMs, expire);
        return;
      }
      release();
      onExpired();
    };
    let timer = this.#clock.after(startShareMs, expire);
    return release;
  }

  /** Who takes what requests leave is told when one of them has its environment, */
  onRequestDone(listener: () => void): void {
    this.#onRequestDone = listener;
  }

  /** and who makes environments for requests when there is room again that was taken by the other. */
  onSpareDone(listener: () => void): void {
    this.#onSpareDone = listener;
  }
}
