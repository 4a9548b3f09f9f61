import type { IncomingMessage, ServerResponse } from "node:http";
import { type CallerIdentity, type Clock, meteringLimits, utcTime } from "../base/index.ts";
import {
  DIMENSIONS,
  type Dimension,
  monthStart,
  type PriceList,
  PriceListError,
  parsePriceList,
  type ReportQuery,
  reportCsv,
  type UsageLedger,
  usageReport,
} from "../metering/index.ts";
import type { DoorRoute } from "../wire/index.ts";

export interface UsageRouteParts {
  readonly ledger: Pick<UsageLedger, "usage">;
  readonly prices: PriceList;
  /** Its root alone may see what all accounts used. Absent: any root. */
  readonly account: string | undefined;
  readonly clock: Clock;
}

const DEFAULT_DIMENSIONS = "account,region,function,version,architecture";
const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;

/**
 * `GET /_lambkin/usage`: what the caller's account used and what it costs. `POST` takes a price list as its body and
 * prices with that. Parameters: `from`, `to` (ISO 8601; this month up to now unless given) or `month` (`YYYY-MM`), `by`
 * (dimensions with commas), `function`, `tag` (`KEY=VALUE`), `accounts=all`, `freeTier=off`, `format=csv`.
 */
export function usageRoutes(parts: UsageRouteParts): DoorRoute[] {
  const path = "/_lambkin/usage";
  const handle = async (
    request: IncomingMessage,
    response: ServerResponse,
    caller: CallerIdentity | undefined,
    body: Uint8Array,
  ): Promise<void> => {
    try {
      const { searchParams } = new URL(request.url ?? "", "http://localhost");
      const query = queryOf(searchParams, caller, parts);
      const prices = body.length === 0 ? parts.prices : parsePriceList(Buffer.from(body).toString("utf8"));
      const report = await usageReport(parts.ledger, query, prices);
      if (searchParams.get("format") === "csv")
        answer(response, 200, "text/csv; charset=utf-8", reportCsv(report));
      else answer(response, 200, "application/json", JSON.stringify(report));
    } catch (error) {
      if (!(error instanceof BadQuery || error instanceof PriceListError)) throw error;
      const status = error instanceof BadQuery ? error.status : 400;
      answer(response, status, "application/json", JSON.stringify({ message: error.message }));
    }
  };
  return [
    { method: "GET", path, access: "signed", handle },
    { method: "POST", path, access: "signed", mostBodyBytes: meteringLimits.requestBodyBytes, handle },
  ];
}

class BadQuery extends Error {
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

const PARAMETERS = ["from", "to", "month", "by", "function", "tag", "accounts", "freeTier", "format"];

function queryOf(
  parameters: URLSearchParams,
  caller: CallerIdentity | undefined,
  { account, clock }: UsageRouteParts,
): ReportQuery {
  if (caller === undefined) throw new BadQuery("The request is not signed.", 403);
  for (const name of parameters.keys())
    if (!PARAMETERS.includes(name)) throw new BadQuery(`\`${name}\` is unknown.`);
  const all = choice(parameters, "accounts", ["own", "all"]) === "all";
  if (all && (caller.kind !== "root" || caller.account !== (account ?? caller.account)))
    throw new BadQuery("Only the root of the server's own account sees all accounts.", 403);
  choice(parameters, "format", ["json", "csv"]);
  const [, tagKey, tagValue] = /^([^=]+)=(.*)$/s.exec(parameters.get("tag") ?? "") ?? [];
  if (parameters.has("tag") && tagKey === undefined) throw new BadQuery("`tag` takes KEY=VALUE.");
  const name = parameters.get("function");
  return {
    ...(all ? {} : { account: caller.account }),
    ...rangeOf(parameters, clock),
    by: (parameters.get("by") ?? DEFAULT_DIMENSIONS).split(",").map(dimension),
    ...(name === null ? {} : { function: name }),
    ...(tagKey === undefined ? {} : { tag: { key: tagKey, value: tagValue ?? "" } }),
    freeTier: choice(parameters, "freeTier", ["on", "off"]) !== "off",
  };
}

function rangeOf(parameters: URLSearchParams, clock: Clock): { from: number; to: number } {
  const month = parameters.get("month");
  if (month !== null) {
    if (parameters.has("from") || parameters.has("to")) throw new BadQuery("`month` stands alone.");
    const [, year, number] = MONTH.exec(month) ?? [];
    if (year === undefined) throw new BadQuery("`month` takes a month such as 2026-11.");
    return { from: Date.UTC(Number(year), Number(number) - 1), to: Date.UTC(Number(year), Number(number)) };
  }
  const to = time(parameters, "to") ?? clock.now() + 1;
  const from = time(parameters, "from") ?? monthStart(clock.now());
  if (from > to) throw new BadQuery("`from` is after `to`.");
  return { from, to };
}

function time(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === null) return undefined;
  const value = utcTime(text);
  if (value === undefined) throw new BadQuery(`\`${name}\` takes a date such as 2026-11-01, UTC.`);
  return value;
}

function dimension(name: string): Dimension {
  const known = DIMENSIONS.find((one) => one === name);
  if (known !== undefined) return known;
  if (/^tag:./s.test(name)) return name as `tag:${string}`;
  throw new BadQuery(`\`by\` takes ${DIMENSIONS.join(", ")} and tag:KEY, not ${JSON.stringify(name)}.`);
}

function choice(parameters: URLSearchParams, name: string, values: readonly string[]): string | undefined {
  const value = parameters.get(name) ?? undefined;
  if (value !== undefined && !values.includes(value))
    throw new BadQuery(`\`${name}\` takes ${values.join(" or ")}.`);
  return value;
}

function answer(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) }).end(text);
}
