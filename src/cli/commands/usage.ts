import { type Command, CommandFailure, textOption, UsageError } from "../command.ts";
import { CONNECTION_HELP, CONNECTION_OPTIONS, send } from "../connection.ts";
import { print, printJson, table } from "../output.ts";

interface UsageAnswer {
  readonly from: string;
  readonly to: string;
  readonly functions: readonly {
    readonly account: string;
    readonly region: string;
    readonly functionName: string;
    readonly version: string;
    readonly architecture: string;
    readonly requests: number;
    readonly errors: number;
    readonly billedMs: number;
    readonly gbSeconds: number;
    readonly cost: { readonly total: number };
  }[];
  readonly total: {
    readonly requests: number;
    readonly billedMs: number;
    readonly gbSeconds: number;
    readonly cost: number;
  };
}

export const usage: Command = {
  name: "usage",
  synopsis: "[--from DATE] [--to DATE] [--json]",
  summary: "Show what was used and what AWS would have charged for it.",
  options: {
    ...CONNECTION_OPTIONS,
    from: { type: "string" },
    to: { type: "string" },
    json: { type: "boolean" },
  },
  help: {
    ...CONNECTION_HELP,
    "--from DATE": "first day or moment, ISO 8601, UTC (the first of this month)",
    "--to DATE": "end, not included (now)",
    "--json": "answer in JSON",
  },
  async run({ options }) {
    const query: Record<string, string> = {};
    for (const name of ["from", "to"]) {
      const text = textOption(options, name);
      if (text === undefined) continue;
      if (Number.isNaN(Date.parse(text)))
        throw new UsageError(`--${name} takes a date such as 2026-11-01, not ${JSON.stringify(text)}`);
      query[name] = new Date(text).toISOString();
    }
    const answer = await send(options, {
      service: "lambkin",
      method: "GET",
      path: "/_lambkin/usage",
      query,
      headers: {},
      body: new Uint8Array(),
    });
    if (answer.status >= 300) throw new CommandFailure(answer.errorText());
    const report = JSON.parse(answer.text) as UsageAnswer;
    if (options["json"] === true) printJson(report);
    else print(format(report));
    return 0;
  },
};

function format(report: UsageAnswer): string {
  const rows = report.functions.map((row) => [
    row.functionName,
    row.version,
    row.architecture,
    String(row.requests),
    String(row.errors),
    String(row.billedMs),
    row.gbSeconds.toFixed(3),
    dollars(row.cost.total),
  ]);
  const head = ["function", "version", "arch", "requests", "errors", "billed ms", "GB-s", "cost"];
  const sum = [
    "total",
    "",
    "",
    String(report.total.requests),
    "",
    String(report.total.billedMs),
    report.total.gbSeconds.toFixed(3),
    dollars(report.total.cost),
  ];
  return `${report.from} to ${report.to}, AWS list prices before the free tier\n\n${table([head, ...rows, sum], [3, 4, 5, 6, 7])}`;
}

/** Small bills need more than cents. */
function dollars(amount: number): string {
  return `$${amount.toFixed(amount !== 0 && amount < 0.01 ? 10 : 2)}`;
}
