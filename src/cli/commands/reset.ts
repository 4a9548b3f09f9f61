import { type Command, CommandFailure, textOption, UsageError } from "../command.ts";
import { defaultDataDirectory } from "../data-home.ts";
import { print, printJson } from "../output.ts";

export const reset: Command = {
  name: "reset",
  synopsis: "[--data DIR] --yes [--json]",
  summary:
    "Empty the data directory of a stopped server: functions, objects, tables, keys, usage, everything.",
  options: { data: { type: "string" }, yes: { type: "boolean" }, json: { type: "boolean" } },
  help: {
    "--data DIR": "the data directory to empty (the user's data home)",
    "--yes": "really do it",
    "--json": "answer in JSON",
  },
  async run({ options, positionals }) {
    if (positionals.length > 0) throw new UsageError(`what is ${JSON.stringify(positionals[0])}?`);
    const directory = textOption(options, "data") ?? defaultDataDirectory();
    if (options["yes"] !== true)
      throw new UsageError(`everything in ${directory} will be gone for good: say --yes if you want that`);
    const { resetDataDirectory } = await import("../../server/index.ts");
    const emptied = await resetDataDirectory(directory).catch((error: Error) => {
      throw new CommandFailure(error.message);
    });
    if (options["json"] === true) printJson({ directory, emptied });
    else print(emptied ? `${directory} is empty` : `there is nothing in ${directory}`);
    return 0;
  },
};
