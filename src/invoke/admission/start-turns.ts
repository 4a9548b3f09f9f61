import { type Clock, environmentLimits, type Timer } from "../../base/index.ts";
import type { StartBudget, StartKind } from "../../environments/index.ts";
import type { FunctionShare } from "./concurrency-groups.ts";
import type { Pool } from "./pool.ts";

/** Whose turn it is to get an environment, of pools that want one. */
export class StartTurns {
  /** In the order in which they came. */
  readonly wanting = new Set<Pool>();
  readonly #budget: Pick<StartBudget, "freeFor" | "defers">;
  readonly #clock: Clock;
  readonly #onRetry: () => void;
  #retrying: Timer | undefined;

  /** `onRetry` is called when those that wait for CPU may be tried again. */
  constructor(
    { budget, clock }: { readonly budget: Pick<StartBudget, "freeFor" | "defers">; readonly clock: Clock },
    onRetry: () => void,
  ) {
    this.#budget = budget;
    this.#clock = clock;
    this.#onRetry = onRetry;
  }

  /**
   * Those of functions that have no environment yet, then the others, those that callers wait for first, as far as there
   * may be further starts.
   */
  *inTurn(): Generator<Pool> {
    const further: Pool[] = [];
    const deferrable: Pool[] = [];
    for (const pool of this.wanting) {
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
      this.#onRetry();
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
