import type { Command } from "../command.ts";
import {
  CONNECTION_HELP,
  CONNECTION_OPTIONS,
  type Health,
  locate,
  nobodyOn,
  published,
  runningServer,
} from "../connection.ts";
import { print, printJson, table } from "../output.ts";

export const status: Command = {
  name: "status",
  synopsis: "[--data DIR | --endpoint URL] [--json]",
  summary: "Tell whether a server runs, and what it is doing. Exits with 1 if none does.",
  options: { ...CONNECTION_OPTIONS, json: { type: "boolean" } },
  help: { ...CONNECTION_HELP, "--json": "answer in JSON" },
  async run({ options }) {
    const running = await runningServer(options);
    if (options["json"] === true)
      printJson(running ?? { status: "stopped", endpoint: published(options).endpoint });
    else if (running === undefined) print(nobodyOn(options));
    else {
      print(
        table([
          ["endpoint", locate(options)],
          ["version", running.version],
          ["pid", String(running.pid)],
          ["up", `${running.uptimeSeconds} s`],
          ["isolation", running.isolation],
          ["environments", `${running.environments.total} (${running.environments.idle} idle)`],
          ["pool", `${running.pool.waiting} wait for functions`],
          ["kept alive", keptAlive(running.keepAlive)],
          [
            "services",
            Object.entries(running.services)
              .map(([name, state]) => `${name}: ${state}`)
              .join(", "),
          ],
        ]),
      );
    }
    return running === undefined ? 1 : 0;
  },
};

function keptAlive({ idleEnded, idleEvicted, warmedAhead, warmedAheadUsed }: Health["keepAlive"]): string {
  return `${idleEnded} ended idle, ${idleEvicted} made room, ${warmedAheadUsed} of ${warmedAhead} made ahead were used`;
}
