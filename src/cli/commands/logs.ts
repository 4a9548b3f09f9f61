import { type Command, textOption, UsageError } from "../command.ts";
import { CONNECTION_HELP, CONNECTION_OPTIONS } from "../connection.ts";
import type { LogEvent } from "../log-tail/log-events.ts";
import { LogLines, wantsColours } from "../log-tail/log-lines.ts";
import { LogTail } from "../log-tail/log-tail.ts";
import { RequestLines } from "../log-tail/request-lines.ts";
import { LogSelection } from "../log-tail/selection.ts";
import { sinceOption } from "../log-tail/since.ts";
import { complain, print, printJson } from "../output.ts";

export const logs: Command = {
  name: "logs",
  synopsis: "[FUNCTION ...] [--tail] [--since TIME] [--filter PATTERN] [--request-id ID] [--json]",
  summary: "Show what functions logged; --tail goes on showing.",
  options: {
    ...CONNECTION_OPTIONS,
    tail: { type: "boolean" },
    since: { type: "string" },
    filter: { type: "string" },
    "request-id": { type: "string" },
    group: { type: "string" },
    json: { type: "boolean" },
  },
  help: {
    ...CONNECTION_HELP,
    FUNCTION: "names; * and ? stand for characters; all functions if none is named",
    "--tail": "go on with new lines, also of functions that come, until interrupted",
    "--since TIME": "how far to look back: 90s, 5m, 2h, 1d, minutes, or an ISO 8601 time (10m)",
    "--filter PATTERN": "a CloudWatch Logs filter pattern",
    "--request-id ID": "the lines of one invocation",
    "--group NAME": "a log group by its own name",
    "--json": "one JSON object a line",
  },
  async run({ options, positionals }) {
    const group = textOption(options, "group");
    const requestId = textOption(options, "request-id");
    const filter = textOption(options, "filter");
    if (requestId !== undefined && filter !== undefined) {
      throw new UsageError("--request-id shows a whole invocation, so it can't go with --filter");
    }
    const selection = new LogSelection(positionals, group === undefined ? [] : [group]);
    const lines = new LogLines({
      colours: wantsColours(process.stdout, process.env),
      named: () => !selection.single,
    });
    const request = requestId === undefined ? undefined : new RequestLines(requestId);
    const tail = new LogTail({
      connection: options,
      selection,
      since: sinceOption(textOption(options, "since") ?? "10m", Date.now()),
      filter,
      onEvent: (event: LogEvent) => {
        if (request?.has(event) === false) return;
        if (options["json"] === true) printJson(event);
        else print(lines.line(event));
      },
      onConnection: (reached) =>
        complain(reached ? "lambkin logs: the server is back" : "lambkin logs: waiting for the server"),
    });
    await tail.once();
    if (options["tail"] === true) await tail.follow();
    return 0;
  },
};
