import {
  type Clock,
  type EventOrigin,
  type EventTargets,
  type Log,
  meteringLimits,
  parseArn,
  type Timer,
  toError,
} from "../../base/index.ts";
import { Conflict, type StateEntry, type StateStore } from "../../storage/index.ts";
import type { UsageLedger } from "../interfaces.ts";
import type { PriceList } from "../price-list.ts";
import { usageReport } from "../report.ts";
import {
  type BudgetDefinition,
  type BudgetDocument,
  BudgetError,
  checkName,
  type Period,
  periodOf,
  queryOf,
} from "./budget.ts";

export interface BudgetsOptions {
  readonly state: Pick<StateStore, "get" | "put" | "delete" | "list">;
  readonly ledger: Pick<UsageLedger, "usage">;
  readonly prices: PriceList;
  /** What is told of a threshold. */
  readonly targets: EventTargets;
  readonly clock: Clock;
  readonly log: Log;
}

/** A budget and how much of it is spent. */
export interface BudgetState extends BudgetDefinition {
  readonly name: string;
  readonly currency: string;
  readonly periodStart: string;
  readonly periodEnd: string;
  readonly spent: number;
  readonly alerted: readonly number[];
}

export interface BudgetCounts {
  /** At the last comparison. */
  readonly budgets: number;
  readonly exceeded: number;
  /** Since the start. */
  readonly alerts: number;
}

/** They count what all regions used, so that they belong to none. */
const ALL = "-/-/budgets/";

/**
 * Compares what was spent with budgets, and tells once a threshold and period: in the log, in the metrics, and by an
 * event to the function or topic that the budget names. What was told is kept after the event is, so that a crash
 * between tells it again rather than never; the event's id, which does not change, lets the queue drop it within minutes.
 */
export class Budgets {
  readonly #options: BudgetsOptions;
  #counts: BudgetCounts = { budgets: 0, exceeded: 0, alerts: 0 };
  #timer: Timer | undefined;
  #checking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: BudgetsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#arm();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#checking;
  }

  counts(): BudgetCounts {
    return this.#counts;
  }

  /** Throws a BudgetError if it can't be. What was told of a budget of this name before is forgotten. */
  async set(account: string, name: string, definition: BudgetDefinition): Promise<BudgetState> {
    const key = keyOf(account, checkName(name));
    if (definition.notify !== undefined) await this.#checkTarget(account, name, definition.notify);
    const { state, clock } = this.#options;
    if ((await state.get(key)) === undefined) {
      const { entries } = await state.list(keyOf(account, ""), { limit: meteringLimits.budgetsOfAccount });
      if (entries.length >= meteringLimits.budgetsOfAccount)
        throw new BudgetError(`an account has at most ${meteringLimits.budgetsOfAccount} budgets`);
    }
    const alerted = { period: periodOf(definition, clock.now()).name, thresholds: [] };
    const budget: BudgetDocument = { format: 1, account, name, ...definition, alerted };
    await state.put(key, { ...budget });
    await this.check();
    const kept = await state.get(key);
    return this.#stateOf(kept === undefined ? budget : documentOf(kept));
  }

  async list(account: string): Promise<readonly BudgetState[]> {
    const entries = await this.#entries(keyOf(account, ""));
    return Promise.all(entries.map((entry) => this.#stateOf(documentOf(entry))));
  }

  /** False if there is none. */
  delete(account: string, name: string): Promise<boolean> {
    return this.#options.state.delete(keyOf(account, checkName(name)));
  }

  /** Compares all budgets now; one comparison at a time. */
  check(): Promise<void> {
    this.#checking = this.#checking.then(() => this.#checkAll());
    return this.#checking;
  }

  #arm(): void {
    if (this.#closed) return;
    this.#timer = this.#options.clock.after(meteringLimits.budgetCheckMs, () => {
      void this.check().then(() => this.#arm());
    });
  }

  async #checkAll(): Promise<void> {
    try {
      const entries = await this.#entries(ALL);
      let exceeded = 0;
      for (const entry of entries) if (await this.#checkOne(entry)) exceeded += 1;
      this.#counts = { ...this.#counts, budgets: entries.length, exceeded };
    } catch (thrown) {
      this.#options.log.error("budgets could not be compared", { error: toError(thrown) });
    }
  }

  /** Whether all of it is spent. */
  async #checkOne(entry: StateEntry): Promise<boolean> {
    const { clock, log } = this.#options;
    const budget = documentOf(entry);
    const now = clock.now();
    const period = periodOf(budget, now);
    const spent = await this.#spent(budget, now);
    try {
      // What came after its last comparison is told of a period that is over by now.
      const last = periodOf(budget, Date.parse(budget.alerted.period));
      const begun =
        last.to <= now
          ? await this.#tellReached(entry, last, await this.#spent(budget, last.to - 1), period)
          : entry;
      await this.#tellReached(begun, period, spent);
    } catch (thrown) {
      // Somebody set or deleted it meanwhile.
      if (!(thrown instanceof Conflict))
        log.error("budget threshold could not be told", { budget: budget.name, error: toError(thrown) });
    }
    return spent >= budget.amount;
  }

  /** Tells what was reached in a period and not told, then keeps that it was, or that `next` goes on after it. */
  async #tellReached(entry: StateEntry, period: Period, spent: number, next = period): Promise<StateEntry> {
    const { log, state } = this.#options;
    const budget = documentOf(entry);
    const told = budget.alerted.period === period.name ? budget.alerted.thresholds : [];
    const reached = budget.at.filter(
      (percent) => !told.includes(percent) && spent >= (budget.amount * percent) / 100,
    );
    if (reached.length === 0 && next === period) return entry;
    for (const threshold of reached) await this.#tell(budget, { threshold, spent, period });
    const thresholds = next === period ? [...told, ...reached] : [];
    const value = { ...budget, alerted: { period: next.name, thresholds } };
    const rev = await state.put(entry.key, value, { ifRev: entry.rev });
    for (const threshold of reached) {
      const { name, account, amount } = budget;
      log.warn("budget threshold reached", { budget: name, account, threshold, amount, spent });
    }
    this.#counts = { ...this.#counts, alerts: this.#counts.alerts + reached.length };
    return { ...entry, value, rev };
  }

  async #tell(
    budget: BudgetDocument,
    reached: {
      readonly threshold: number;
      readonly spent: number;
      readonly period: Period;
    },
  ): Promise<void> {
    if (budget.notify === undefined) return;
    const { threshold, spent, period } = reached;
    const { account, name, amount } = budget;
    await this.#options.targets.deliver({
      targetArn: budget.notify,
      origin: originOf(account, name),
      payload: Buffer.from(
        JSON.stringify({
          source: "lambkin.budgets",
          account,
          budget: name,
          threshold,
          amount,
          spent,
          currency: this.#options.prices.currency,
          ...(budget.function === undefined ? {} : { function: budget.function }),
          ...(budget.tag === undefined ? {} : { tag: budget.tag }),
          periodStart: new Date(period.from).toISOString(),
          periodEnd: new Date(period.to).toISOString(),
        }),
      ),
      id: `budget ${account} ${name} ${period.name} ${threshold}`,
    });
  }

  async #checkTarget(account: string, name: string, target: string): Promise<void> {
    if (parseArn(target)?.account !== account) throw new BudgetError("notify: is of another account");
    const { principal, sourceArn } = originOf(account, name);
    const verdict = await this.#options.targets.check(target, originOf(account, name));
    if (verdict === "missing") throw new BudgetError(`notify: there is no ${target}`);
    if (verdict === "unsupported") throw new BudgetError(`notify: nothing here takes events for ${target}`);
    if (verdict === "forbidden") {
      throw new BudgetError(
        `notify: the resource policy of ${target} does not let ${principal} (source ARN ${sourceArn}) invoke it; AddPermission does`,
      );
    }
  }

  async #spent(budget: BudgetDocument, now: number): Promise<number> {
    const { ledger, prices } = this.#options;
    return (await usageReport(ledger, queryOf(budget, now), prices)).total.cost.total;
  }

  async #stateOf(budget: BudgetDocument): Promise<BudgetState> {
    const { clock, prices } = this.#options;
    const now = clock.now();
    const period = periodOf(budget, now);
    const { format: _, account: __, alerted, ...shown } = budget;
    return {
      ...shown,
      currency: prices.currency,
      periodStart: new Date(period.from).toISOString(),
      periodEnd: new Date(period.to).toISOString(),
      spent: await this.#spent(budget, now),
      alerted: alerted.period === period.name ? alerted.thresholds : [],
    };
  }

  async #entries(prefix: string): Promise<readonly StateEntry[]> {
    const found: StateEntry[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#options.state.list(prefix, cursor === undefined ? {} : { cursor });
      found.push(...page.entries);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found;
  }
}

function keyOf(account: string, name: string): string {
  return `${ALL}${account}/${name}`;
}

function documentOf(entry: StateEntry): BudgetDocument {
  return entry.value as unknown as BudgetDocument;
}

/** As AWS Budgets calls itself and its budgets. */
function originOf(account: string, name: string): EventOrigin {
  return {
    principal: "budgets.amazonaws.com",
    sourceArn: `arn:aws:budgets::${account}:budget/${name}`,
    sourceAccount: account,
  };
}
