import path from "node:path";
import { type Command, CommandFailure, textOption, UsageError } from "../command.ts";
import { CONNECTION_HELP, CONNECTION_OPTIONS, runningServer, send } from "../connection.ts";
import { defaultDataDirectory } from "../data-home.ts";
import { print, printJson } from "../output.ts";

interface Report {
  readonly target: string;
  readonly files: number;
  readonly bytes: number;
}

export const backup: Command = {
  name: "backup",
  synopsis: "TARGET [--data DIR | --endpoint URL] [--json]",
  summary: "Copy all data into a new directory TARGET, while the server works or when none runs.",
  options: { ...CONNECTION_OPTIONS, json: { type: "boolean" } },
  help: { ...CONNECTION_HELP, "--json": "answer in JSON" },
  async run({ options, positionals }) {
    const [named, ...more] = positionals;
    if (named === undefined || more.length > 0)
      throw new UsageError("name the one directory to make, on the server's machine");
    const target = path.resolve(named);
    const running = await runningServer(options);
    const report =
      running === undefined && options["endpoint"] === undefined
        ? await whileStopped(textOption(options, "data") ?? defaultDataDirectory(), target)
        : await whileRunning(options, target);
    if (options["json"] === true) printJson(report);
    else {
      print(`backup made in ${report.target}: ${report.files} files, ${report.bytes} bytes`);
      print("It holds the keys of the installation: keep it as private as the data directory.");
    }
    return 0;
  },
};

async function whileRunning(options: Parameters<typeof send>[0], target: string): Promise<Report> {
  const answer = await send(options, {
    service: "lambkin",
    method: "POST",
    path: "/_lambkin/backup",
    query: { to: target },
    headers: {},
    body: new Uint8Array(),
  });
  if (answer.status !== 200) throw new CommandFailure(answer.errorText());
  const { backup: report, message } = JSON.parse(answer.text) as { backup?: Report; message?: string };
  if (report === undefined) throw new CommandFailure(message ?? "the server gave no reason");
  return report;
}

async function whileStopped(dataDirectory: string, target: string): Promise<Report> {
  const { backUpStopped } = await import("../../server/index.ts");
  return backUpStopped(dataDirectory, target).catch((error: Error) => {
    throw new CommandFailure(error.message);
  });
}
