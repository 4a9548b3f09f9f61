import { readFileSync } from "node:fs";
import { utcTime } from "../../base/index.ts";
import { type Command, CommandFailure, type OptionValues, textOption, UsageError } from "../command.ts";
import { CONNECTION_HELP, CONNECTION_OPTIONS, send } from "../connection.ts";
import { money, print, printJson, table } from "../output.ts";

interface Quantities {
  readonly requests: number;
  readonly errors: number;
  readonly gbSeconds: number;
  readonly ephemeralStorageGbSeconds: number;
  readonly billedStreamedBytes: number;
  readonly provisionedGbSeconds: number;
  readonly durableOperations: number;
  readonly cost: { readonly total: number };
}

interface UsageAnswer {
  readonly from: string;
  readonly to: string;
  readonly by: readonly string[];
  readonly currency: string;
  readonly prices: { readonly date: string; readonly source: string };
  readonly freeTier: boolean;
  readonly rows: readonly (Quantities & { readonly group: Readonly<Record<string, string>> })[];
  readonly total: Quantities;
}

export const usage: Command = {
  name: "usage",
  synopsis: "[--month MONTH | --from DATE] [--to DATE] [--by LIST] [--csv | --json]",
  summary: "Show what was used and what it costs at AWS's prices, or at one's own.",
  options: {
    ...CONNECTION_OPTIONS,
    from: { type: "string" },
    to: { type: "string" },
    month: { type: "string" },
    by: { type: "string" },
    function: { type: "string" },
    tag: { type: "string" },
    "all-accounts": { type: "boolean" },
    "no-free-tier": { type: "boolean" },
    prices: { type: "string" },
    csv: { type: "boolean" },
    json: { type: "boolean" },
  },
  help: {
    ...CONNECTION_HELP,
    "--month MONTH": "a calendar month, such as 2026-11, UTC",
    "--from DATE": "first day or moment, ISO 8601, UTC (the first of this month)",
    "--to DATE": "end, not included (now)",
    "--by LIST":
      "of account, region, function, version, alias, architecture, day, month, tag:KEY, with commas (function,version,architecture)",
    "--function NAME": "of this function alone",
    "--tag KEY=VALUE": "of functions that had this tag when they were invoked",
    "--all-accounts": "of all accounts, for the server's root",
    "--no-free-tier": "charge everything from the first request on",
    "--prices FILE": "a price list of one's own (docs/OPERATIONS.md describes it)",
    "--csv": "answer in CSV",
    "--json": "answer in JSON",
  },
  async run({ options }) {
    const csv = options["csv"] === true;
    if (csv && options["json"] === true) throw new UsageError("--csv and --json exclude each other");
    const prices = priceList(textOption(options, "prices"));
    const answer = await send(options, {
      service: "lambkin",
      method: prices.length === 0 ? "GET" : "POST",
      path: "/_lambkin/usage",
      query: queryOf(options, csv),
      headers: {},
      body: prices,
    });
    if (answer.status >= 300) throw new CommandFailure(answer.errorText());
    if (csv) {
      process.stdout.write(answer.text);
      return 0;
    }
    const report = JSON.parse(answer.text) as UsageAnswer;
    if (options["json"] === true) printJson(report);
    else print(format(report));
    return 0;
  },
};

function priceList(file: string | undefined): Uint8Array {
  if (file === undefined) return new Uint8Array(0);
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandFailure(`the price list cannot be read: ${(error as Error).message}`);
  }
}

function queryOf(options: OptionValues, csv: boolean): Record<string, string> {
  const query: Record<string, string> = {
    by: textOption(options, "by") ?? "function,version,architecture",
    format: csv ? "csv" : "json",
  };
  for (const name of ["from", "to"]) {
    const text = textOption(options, name);
    if (text === undefined) continue;
    const time = utcTime(text);
    if (time === undefined)
      throw new UsageError(`--${name} takes a date such as 2026-11-01, not ${JSON.stringify(text)}`);
    query[name] = new Date(time).toISOString();
  }
  for (const name of ["month", "function", "tag"]) {
    const text = textOption(options, name);
    if (text !== undefined) query[name] = text;
  }
  if (options["all-accounts"] === true) query["accounts"] = "all";
  if (options["no-free-tier"] === true) query["freeTier"] = "off";
  return query;
}

const HEAD = [
  "requests",
  "errors",
  "GB-s",
  "storage GB-s",
  "streamed GB",
  "provisioned GB-s",
  "durable operations",
  "cost",
];
const BYTES_OF_GB = 1_024 ** 3;

function format(report: UsageAnswer): string {
  const { by, rows, total, currency, prices, freeTier } = report;
  const cells = (of: Quantities): string[] => [
    String(of.requests),
    String(of.errors),
    of.gbSeconds.toFixed(3),
    of.ephemeralStorageGbSeconds.toFixed(3),
    (of.billedStreamedBytes / BYTES_OF_GB).toFixed(3),
    of.provisionedGbSeconds.toFixed(3),
    String(of.durableOperations),
    money(of.cost.total, currency),
  ];
  const body = rows.map((row) => [...by.map((name) => row.group[name] ?? ""), ...cells(row)]);
  const sum = [...by.map((_, at) => (at === 0 ? "total" : "")), ...cells(total)];
  const right = HEAD.map((_, at) => by.length + at);
  const tier = freeTier ? "after the free tier" : "without the free tier";
  return [
    `${report.from} to ${report.to}, prices of ${prices.date} ${tier}`,
    prices.source,
    "",
    table([[...by, ...HEAD], ...body, sum], right),
  ].join("\n");
}
