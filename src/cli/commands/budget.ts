import { type Command, CommandFailure, type OptionValues, textOption, UsageError } from "../command.ts";
import { CONNECTION_HELP, CONNECTION_OPTIONS, send } from "../connection.ts";
import { money, print, printJson, table } from "../output.ts";

interface BudgetAnswer {
  readonly name: string;
  readonly amount: number;
  readonly currency: string;
  readonly period: string;
  readonly function?: string;
  readonly tag?: { readonly key: string; readonly value: string };
  readonly at: readonly number[];
  readonly notify?: string;
  readonly spent: number;
  readonly alerted: readonly number[];
}

export const budget: Command = {
  name: "budget",
  synopsis: "set NAME --amount N [--period P] [--at LIST] [--notify ARN] | list | delete NAME",
  summary: "Set what may be spent, and who is told when a part of it is.",
  options: {
    ...CONNECTION_OPTIONS,
    amount: { type: "string" },
    period: { type: "string" },
    function: { type: "string" },
    tag: { type: "string" },
    at: { type: "string" },
    notify: { type: "string" },
    json: { type: "boolean" },
  },
  help: {
    ...CONNECTION_HELP,
    "--amount N": "what may be spent in a period, in the currency of the price list",
    "--period P": "day or month, UTC (month)",
    "--function NAME": "count this function alone",
    "--tag KEY=VALUE": "count functions with this tag alone",
    "--at LIST": "percentages of the amount, with commas (100)",
    "--notify ARN":
      "a function that is invoked at each of them, once a period; its policy has to let budgets.amazonaws.com",
    "--json": "answer in JSON",
  },
  async run({ options, positionals }) {
    const [action = "list", name, ...more] = positionals;
    const wantsName = action !== "list";
    if (!["set", "list", "delete"].includes(action))
      throw new UsageError(`lambkin budget takes set, list or delete, not ${JSON.stringify(action)}`);
    if (more.length > 0 || (name === undefined) === wantsName)
      throw new UsageError(
        wantsName ? `lambkin budget ${action} takes one name` : "lambkin budget list takes no name",
      );
    const method = action === "set" ? "PUT" : action === "delete" ? "DELETE" : "GET";
    const answer = await send(options, {
      service: "lambkin",
      method,
      path: "/_lambkin/budgets",
      query: name === undefined ? {} : { name },
      headers: {},
      body: action === "set" ? Buffer.from(JSON.stringify(definition(options))) : new Uint8Array(),
    });
    if (answer.status >= 300) throw new CommandFailure(answer.errorText());
    const told: unknown = JSON.parse(answer.text);
    if (options["json"] === true) printJson(told);
    else if (action === "delete") print(`budget ${name} deleted`);
    else
      print(shown(action === "set" ? [told as BudgetAnswer] : (told as { budgets: BudgetAnswer[] }).budgets));
    return 0;
  },
};

function definition(options: OptionValues) {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(textOption(options, "tag") ?? "") ?? [];
  if (options["tag"] !== undefined && key === undefined) throw new UsageError("--tag takes KEY=VALUE");
  const at = textOption(options, "at");
  return {
    amount: number(textOption(options, "amount") ?? "", "--amount"),
    period: textOption(options, "period"),
    function: textOption(options, "function"),
    tag: key === undefined ? undefined : { key, value },
    at: at?.split(",").map((percent) => number(percent, "--at")),
    notify: textOption(options, "notify"),
  };
}

function number(text: string, option: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0)) throw new UsageError(`${option} takes numbers above 0`);
  return value;
}

function shown(budgets: readonly BudgetAnswer[]): string {
  if (budgets.length === 0) return "there are no budgets";
  const rows = budgets.map((one) => [
    one.name,
    one.period,
    one.function ?? (one.tag === undefined ? "everything" : `${one.tag.key}=${one.tag.value}`),
    money(one.amount, one.currency),
    money(one.spent, one.currency),
    `${((one.spent / one.amount) * 100).toFixed(1)} %`,
    one.at.map((percent) => `${percent}${one.alerted.includes(percent) ? "!" : ""}`).join(","),
    one.notify ?? "",
  ]);
  return table(
    [["budget", "period", "of", "amount", "spent", "share", "at %", "notify"], ...rows],
    [3, 4, 5],
  );
}
