import { meteringLimits, parseArn } from "../../base/index.ts";
import { monthStart, type ReportQuery } from "../report.ts";
import { DAY_MS } from "../usage-totals.ts";

/** What somebody wants to be told of when it has been spent. */
export interface BudgetDefinition {
  /** In the currency of the price list. */
  readonly amount: number;
  /** Calendar days or months, UTC. */
  readonly period: "day" | "month";
  /** Counts this function alone, or those with this tag. */
  readonly function?: string;
  readonly tag?: { readonly key: string; readonly value: string };
  /** Percent of the amount, ascending. */
  readonly at: readonly number[];
  /** The ARN of what is invoked, or sent to, when a threshold is reached. */
  readonly notify?: string;
}

export interface BudgetDocument extends BudgetDefinition {
  readonly format: 1;
  readonly account: string;
  readonly name: string;
  /** Of this period, the last that was compared, these thresholds were told. */
  readonly alerted: { readonly period: string; readonly thresholds: readonly number[] };
}

/** The budget is none; the message says where. */
export class BudgetError extends Error {
  override readonly name = "BudgetError";
}

const NAME = /^[A-Za-z0-9_.-]{1,100}$/;
const MEMBERS = ["amount", "period", "function", "tag", "at", "notify"];
const MOST_PERCENT = 1_000;

export function checkName(name: string): string {
  if (!NAME.test(name))
    throw new BudgetError("a budget's name has 1 to 100 letters, digits, `_`, `.` or `-`");
  return name;
}

/** Throws a BudgetError for anything else than a definition. */
export function parseBudget(text: string): BudgetDefinition {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BudgetError("a budget is JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new BudgetError("a budget is a JSON object");
  const given = value as Record<string, unknown>;
  for (const name of Object.keys(given))
    if (!MEMBERS.includes(name)) throw new BudgetError(`${name}: is unknown`);
  const { amount, period = "month", function: name, tag, at = [100], notify } = given;
  if (typeof amount !== "number" || !Number.isFinite(amount) || amount <= 0)
    throw new BudgetError("amount: must be a number above 0");
  if (period !== "day" && period !== "month") throw new BudgetError("period: must be day or month");
  if (name !== undefined && (typeof name !== "string" || name === ""))
    throw new BudgetError("function: must be the name of a function");
  if (notify !== undefined && (typeof notify !== "string" || parseArn(notify) === undefined))
    throw new BudgetError("notify: must be an ARN");
  if (name !== undefined && tag !== undefined) throw new BudgetError("tag: excludes function");
  return {
    amount,
    period,
    ...(name === undefined ? {} : { function: name }),
    ...(tag === undefined ? {} : { tag: parseTag(tag) }),
    at: parseThresholds(at),
    ...(notify === undefined ? {} : { notify }),
  };
}

function parseTag(value: unknown): { readonly key: string; readonly value: string } {
  const { key, value: text } = (value ?? {}) as { readonly key?: unknown; readonly value?: unknown };
  if (typeof key !== "string" || key === "" || typeof text !== "string")
    throw new BudgetError("tag: must have a key and a value");
  return { key, value: text };
}

function parseThresholds(value: unknown): readonly number[] {
  const most = meteringLimits.budgetThresholds;
  if (!Array.isArray(value) || value.length === 0 || value.length > most)
    throw new BudgetError(`at: must be a list of 1 to ${most} percentages`);
  const percentages = value.map((percent: unknown) => {
    if (typeof percent !== "number" || !(percent > 0 && percent <= MOST_PERCENT))
      throw new BudgetError(`at: a percentage is above 0 and at most ${MOST_PERCENT}`);
    return percent;
  });
  return [...new Set(percentages)].toSorted((a, b) => a - b);
}

/** A day or month, named as ISO 8601 writes it. */
export interface Period {
  readonly name: string;
  /** Epoch milliseconds, [from, to). */
  readonly from: number;
  readonly to: number;
}

/** The period that holds `now`. */
export function periodOf({ period }: Pick<BudgetDefinition, "period">, now: number): Period {
  const day = new Date(now).toISOString().slice(0, 10);
  if (period === "day") {
    const from = now - (now % DAY_MS);
    return { name: day, from, to: from + DAY_MS };
  }
  const from = monthStart(now);
  const date = new Date(from);
  return { name: day.slice(0, 7), from, to: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) };
}

/** What counts towards it. */
export function queryOf(budget: BudgetDocument, now: number): ReportQuery {
  return {
    account: budget.account,
    from: periodOf(budget, now).from,
    to: now + 1,
    by: [],
    ...(budget.function === undefined ? {} : { function: budget.function }),
    ...(budget.tag === undefined ? {} : { tag: budget.tag }),
    freeTier: true,
  };
}
