import { type Command, CommandFailure, textOption, UsageError } from "../command.ts";
import { defaultDataDirectory } from "../data-home.ts";
import { print, printJson } from "../output.ts";

export const restore: Command = {
  name: "restore",
  synopsis: "BACKUP [--data DIR] [--json]",
  summary: "Put a backup into an empty data directory; a server started on it goes on from there.",
  options: { data: { type: "string" }, json: { type: "boolean" } },
  help: {
    "--data DIR": "where to put it: an empty or a new directory (the user's data home)",
    "--json": "answer in JSON",
  },
  async run({ options, positionals }) {
    const [backup, ...more] = positionals;
    if (backup === undefined || more.length > 0) throw new UsageError("name the one backup to restore");
    const dataDirectory = textOption(options, "data") ?? defaultDataDirectory();
    const { restoreBackup } = await import("../../server/index.ts");
    const report = await restoreBackup({ backup, dataDirectory }).catch((error: Error) => {
      throw new CommandFailure(error.message);
    });
    if (options["json"] === true) printJson(report);
    else {
      const { target, files, bytes, createdAt } = report;
      print(`restored what was backed up at ${createdAt} into ${target}: ${files} files, ${bytes} bytes`);
    }
    return 0;
  },
};
