import { type Clock, environmentLimits, invokeLimits, type Timer } from "../../base/index.ts";
import type { StartBudget, StartKind } from "../../environments/index.ts";
import type { FunctionShare } from "./concurrency-groups.ts";
import type { Pool } from "./pool.ts";
import type { Room } from "./room.ts";

export interface StartTurnsOptions {
  readonly budget: Pick<StartBudget, "freeFor" | "defers">;
  readonly clock: Clock;
}

export interface StartTurnsListener {
  /** Those that wait for CPU may be tried again. */
  onRetry(): void;
  /** What a pool's requests waited for has not come in time. */
  onHeld(pool: Pool): void;
}

/** Whose turn it is to get an environment, of pools whose requests wait for one. */
export class StartTurns {
  readonly #budget: StartTurnsOptions["budget"];
  readonly #clock: Clock;
  readonly #room: Pick<Room, "full" | "isLeft" | "make" | "missingMiB">;
  readonly #listener: StartTurnsListener;
  /** In the order in which they came. */
  readonly #wanting = new Set<Pool>();
  /** Somebody waits for an environment that there is no room for. */
  #short = false;
  #retrying: Timer | undefined;

  constructor(
    { budget, clock }: StartTurnsOptions,
    room: Pick<Room, "full" | "isLeft" | "make" | "missingMiB">,
    listener: StartTurnsListener,
  ) {
    this.#budget = budget;
    this.#clock = clock;
    this.#room = room;
    this.#listener = listener;
  }

  /** Whether the last that had its turn found no room. */
  get short(): boolean {
    return this.#short;
  }

  get anyWants(): boolean {
    return this.#wanting.size > 0;
  }

  /** Requests wait that nothing is on its way for: what is busy is about to serve them, or environments are created. */
  ask(pool: Pool): void {
    const now = this.#clock.monotonicMs();
    if (pool.wantsEnvironment(now)) {
      this.#wanting.add(pool);
      return;
    }
    pool.heldUntil.set(pool.wantsNoneForMs(now), () => this.#listener.onHeld(pool));
  }

  /** It wants none any more. */
  leave(pool: Pool): void {
    this.#wanting.delete(pool);
  }

  /**
   * The next pool whose request gets an environment, which waits no longer. Those that there is no memory for are passed
   * by, unless one has waited long without having any.
   */
  next(): Pool | undefined {
    this.#short = false;
    const nowMs = this.#clock.monotonicMs();
    for (const pool of this.#inTurn()) {
      if (!pool.wantsEnvironment(nowMs)) {
        this.#wanting.delete(pool);
        if (pool.unserved > 0) this.ask(pool);
        continue;
      }
      const missingMiB = this.#room.missingMiB(pool);
      if (missingMiB === 0) {
        this.#wanting.delete(pool);
        return pool;
      }
      if (!this.#short) this.#room.make(missingMiB);
      this.#short = true;
      if (this.#room.full || this.#starves(pool)) return undefined;
    }
    return undefined;
  }

  /** There is no room, and another function has waited long without holding a single environment. */
  starvesBeside(pool: Pool): boolean {
    if (!this.#short || this.#room.isLeft) return false;
    for (const other of this.#wanting) if (other !== pool && this.#starves(other)) return true;
    return false;
  }

  #starves(pool: Pool): boolean {
    if (pool.members.size > 0 || pool.starting > 0) return false;
    const oldest = this.#clock.monotonicMs() - invokeLimits.starvationMs;
    return (pool.waiting.peek()?.admittedAt ?? oldest) < oldest;
  }

  /**
   * Those of functions that have no environment yet, then the others, those that callers wait for first, as far as there
   * may be further starts.
   */
  *#inTurn(): Generator<Pool> {
    const further: Pool[] = [];
    const deferrable: Pool[] = [];
    for (const pool of this.#wanting) {
      const kind = startKindOf(pool);
      if (kind === "first") yield pool;
      else (kind === "further" ? further : deferrable).push(pool);
    }
    if (this.#budget.freeFor("further")) yield* further;
    if (deferrable.length === 0) return;
    if (this.#budget.freeFor("deferrable")) yield* deferrable;
    else if (this.#budget.defers) this.#retryLater();
  }

  /** What begins or ends in between tries them as well. */
  #retryLater(): void {
    this.#retrying ??= this.#clock.after(environmentLimits.saturatedOverMs, () => {
      this.#retrying = undefined;
      this.#listener.onRetry();
    });
  }

  /** Nothing is left that could want one. */
  rest(): void {
    this.#retrying?.cancel();
    this.#retrying = undefined;
  }
}

/** Events can wait where something of their own pool will run them. */
export function startKindOf(pool: Pool): StartKind {
  if (!hasAny(pool.share)) return "first";
  const served = pool.members.size > 0 || pool.starting > 0;
  return served && !pool.urgent ? "deferrable" : "further";
}

/** Whether a function has an environment, or one is on its way. */
export function hasAny({ pools }: FunctionShare): boolean {
  for (const { members, starting } of pools) if (members.size > 0 || starting > 0) return true;
  return false;
}
