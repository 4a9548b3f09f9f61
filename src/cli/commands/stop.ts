import { hostname, networkInterfaces } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { type Command, CommandFailure, numberOption } from "../command.ts";
import { CONNECTION_HELP, CONNECTION_OPTIONS, locate, nobodyOn, runningServer } from "../connection.ts";
import { print, printJson } from "../output.ts";

const POLL_MS = 50;

export const stop: Command = {
  name: "stop",
  synopsis: "[--data DIR | --endpoint URL] [--timeout SECONDS] [--force] [--json]",
  summary: "Stop the server after what runs has finished.",
  options: {
    ...CONNECTION_OPTIONS,
    timeout: { type: "string" },
    force: { type: "boolean" },
    json: { type: "boolean" },
  },
  help: {
    ...CONNECTION_HELP,
    "--timeout SECONDS": "give up waiting after this long (900)",
    "--force": "kill it at once; what was acknowledged is kept",
    "--json": "answer in JSON",
  },
  async run({ options }) {
    const timeoutSeconds = numberOption(options, "timeout", { least: 0, most: 86_400 }) ?? 900;
    const endpoint = locate(options);
    if (!isHere(endpoint))
      throw new CommandFailure(`${endpoint} is another machine's: stop its server there`);
    const running = await runningServer(options);
    if (running === undefined) throw new CommandFailure(nobodyOn(options));
    process.kill(running.pid, options["force"] === true ? "SIGKILL" : "SIGTERM");
    const deadline = Date.now() + timeoutSeconds * 1000;
    while (alive(running.pid)) {
      if (Date.now() >= deadline) {
        throw new CommandFailure(
          `process ${running.pid} still runs after ${timeoutSeconds} s; \`lambkin stop --force\` kills it`,
        );
      }
      await delay(POLL_MS);
    }
    if (options["json"] === true) printJson({ stopped: true, endpoint, pid: running.pid });
    else print(`lambkin on ${endpoint} has stopped`);
    return 0;
  },
};

/** A process is known by its number, which means nothing on another machine. */
function isHere(endpoint: string): boolean {
  const host = new URL(endpoint).hostname.replace(/^\[(.*)\]$/, "$1");
  if (["localhost", "0.0.0.0", "::", hostname()].includes(host)) return true;
  if (host.endsWith(".localhost") || host.startsWith("127.")) return true;
  return Object.values(networkInterfaces())
    .flat()
    .some((one) => one?.address === host);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
