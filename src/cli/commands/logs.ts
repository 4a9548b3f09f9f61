import { setTimeout as delay } from "node:timers/promises";
import { type Command, CommandFailure, textOption, UsageError } from "../command.ts";
import { CONNECTION_HELP, CONNECTION_OPTIONS, sendJson } from "../connection.ts";
import { print, printJson } from "../output.ts";

const TAIL_POLL_MS = 500;

interface FilteredEvent {
  readonly eventId: string;
  readonly timestamp: number;
  readonly message: string;
  readonly logStreamName: string;
}

export const logs: Command = {
  name: "logs",
  synopsis: "FUNCTION [--tail] [--since MINUTES] [--filter PATTERN] [--json]",
  summary: "Show what a function logged; --tail goes on showing.",
  options: {
    ...CONNECTION_OPTIONS,
    tail: { type: "boolean" },
    since: { type: "string" },
    filter: { type: "string" },
    group: { type: "string" },
    json: { type: "boolean" },
  },
  help: {
    ...CONNECTION_HELP,
    "--tail": "go on with new lines until interrupted",
    "--since MINUTES": "how far to look back (10)",
    "--filter PATTERN": "a CloudWatch Logs filter pattern",
    "--group NAME": "the log group (/aws/lambda/FUNCTION)",
    "--json": "one JSON object a line",
  },
  async run({ options, positionals }) {
    const [name, ...rest] = positionals;
    const group = textOption(options, "group") ?? (name === undefined ? undefined : `/aws/lambda/${name}`);
    if (group === undefined || rest.length > 0)
      throw new UsageError("it takes one function's name, or --group");
    const minutes = Number(textOption(options, "since") ?? "10");
    if (!Number.isFinite(minutes) || minutes < 0) throw new UsageError("--since takes a number of minutes");
    const filter = textOption(options, "filter");
    let from = Date.now() - minutes * 60_000;
    let seen = new Set<string>();
    for (;;) {
      const shown = new Set<string>();
      for (const event of await eventsSince(options, group, from, filter)) {
        if (event.timestamp >= from) shown.add(event.eventId);
        if (seen.has(event.eventId)) continue;
        show(event, options["json"] === true);
        if (event.timestamp > from) from = event.timestamp;
      }
      if (options["tail"] !== true) return 0;
      seen = shown.size === 0 ? seen : shown;
      await delay(TAIL_POLL_MS);
    }
  },
};

async function eventsSince(
  options: Parameters<typeof sendJson>[0],
  group: string,
  startTime: number,
  filterPattern: string | undefined,
): Promise<FilteredEvent[]> {
  const events: FilteredEvent[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await sendJson(options, "logs", "Logs_20140328.FilterLogEvents", {
      logGroupName: group,
      startTime: Math.floor(startTime),
      ...(filterPattern === undefined ? {} : { filterPattern }),
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    if (answer.status === 400 && answer.text.includes("ResourceNotFoundException")) return [];
    if (answer.status >= 300) throw new CommandFailure(answer.errorText());
    const page = JSON.parse(answer.text) as { events?: FilteredEvent[]; nextToken?: string };
    events.push(...(page.events ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return events;
}

function show(event: FilteredEvent, json: boolean): void {
  if (json) printJson(event);
  else print(`${new Date(event.timestamp).toISOString()}  ${event.message.trimEnd()}`);
}
