import { type Command, CommandFailure, textOption } from "../command.ts";
import { CONNECTION_HELP, CONNECTION_OPTIONS, regionTold, send } from "../connection.ts";
import { print, printJson, table } from "../output.ts";

interface QueueAnswer {
  readonly functions: readonly { readonly functionArn: string; readonly events: number }[];
}

interface PurgeAnswer {
  readonly functionArn: string;
  readonly dropped: number;
}

export const queue: Command = {
  name: "queue",
  synopsis: "[--purge FUNCTION] [--json]",
  summary: "Show the asynchronous events that wait, or drop those of a function.",
  options: { ...CONNECTION_OPTIONS, purge: { type: "string" }, json: { type: "boolean" } },
  help: {
    ...CONNECTION_HELP,
    "--purge FUNCTION": "drop the events of this function, by name or ARN; those that run are finished",
    "--json": "answer in JSON",
  },
  async run({ options }) {
    const purge = textOption(options, "purge");
    const region = regionTold(options);
    const answer = await send(options, {
      service: "lambkin",
      method: purge === undefined ? "GET" : "DELETE",
      path: "/_lambkin/queue",
      query: purge === undefined ? {} : { function: purge, ...(region === undefined ? {} : { region }) },
      headers: {},
      body: new Uint8Array(),
    });
    if (answer.status >= 300) throw new CommandFailure(answer.errorText());
    const told: unknown = JSON.parse(answer.text);
    if (options["json"] === true) printJson(told);
    else if (purge === undefined) print(shown(told as QueueAnswer));
    else {
      const { functionArn, dropped } = told as PurgeAnswer;
      print(`${dropped} events of ${functionArn} dropped`);
    }
    return 0;
  },
};

function shown({ functions }: QueueAnswer): string {
  if (functions.length === 0) return "no asynchronous events wait";
  const rows = functions.map(({ functionArn, events }) => [functionArn, String(events)]);
  return table([["function", "events"], ...rows], [1]);
}
