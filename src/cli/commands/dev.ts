import { statSync, watchFile } from "node:fs";
import path from "node:path";
import {
  type Command,
  CommandFailure,
  numberOption,
  type OptionValues,
  textOption,
  UsageError,
} from "../command.ts";
import { CONNECTION_HELP, CONNECTION_OPTIONS, locate, nobodyOn, runningServer } from "../connection.ts";
import { defaultDataDirectory } from "../data-home.ts";
import { deploy } from "../development/deploy.ts";
import type { Development, DevelopmentFunction } from "../development/development-function.ts";
import { handlerFolders } from "../development/handler-folders.ts";
import { findTemplate, readTemplate } from "../development/sam-template.ts";
import { type ServerEvent, serverEvents } from "../development/server-events.ts";
import { LogLines, wantsColours } from "../log-tail/log-lines.ts";
import { LogTail } from "../log-tail/log-tail.ts";
import { LogSelection } from "../log-tail/selection.ts";
import { complain, print } from "../output.ts";

const ACCOUNT = "000000000000";
const TEMPLATE_POLL_MS = 300;
const DRAIN_MS = 1_000;

export const dev: Command = {
  name: "dev",
  synopsis: "[DIR] [--debug FUNCTION[:PORT][,...]] [--port N] [OPTION ...]",
  summary: "Serve the functions of a directory, follow its changes and show their logs.",
  options: {
    ...CONNECTION_OPTIONS,
    debug: { type: "string" },
    port: { type: "string" },
    "no-logs": { type: "boolean" },
  },
  help: {
    DIR: "a SAM template, a handler, or directories with a handler each (.)",
    "--debug FUNCTION[:PORT]":
      "let a debugger attach to a function, or to several by commas; time-outs wait for it",
    "--port N": "port of the server that is started if none runs (4566); 0 picks a free one",
    "--no-logs": "do not show what the functions log",
    ...CONNECTION_HELP,
  },
  async run({ options, positionals }) {
    const [directory = ".", ...rest] = positionals;
    if (rest.length > 0) throw new UsageError("it takes one directory");
    const root = path.resolve(directory);
    if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new UsageError(`${directory} is no directory`);
    }
    const port = numberOption(options, "port", { least: 0, most: 65_535 });
    const stop = new AbortController();
    const stopped = new Promise<void>((resolve) => stop.signal.addEventListener("abort", () => resolve()));
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());

    const development = await find(root, options);
    if (development.functions.length === 0) {
      for (const note of development.notes) complain(note);
      throw new CommandFailure(`there is no function in ${root}`);
    }
    const server = await reach(options, root, port);
    try {
      const debug = debugged(options, development.functions);
      const told = new Set<string>();
      const selection = new LogSelection(development.functions.map(({ name }) => name));
      const deploying = async (found: Development) => {
        await deployAll(server.options, found);
        for (const { name } of found.functions) told.add(name);
        selection.add([...told]);
      };
      await deploying(development);
      const running = [follow(server.options, debug, told, stop)];
      const template = findTemplate(root);
      if (template !== undefined)
        watchFile(template, { interval: TEMPLATE_POLL_MS, persistent: false }, () =>
          redeploy(root, server.options, deploying),
        );
      if (options["no-logs"] !== true) running.push(showLogs(server.options, selection, stop.signal));
      await Promise.race([stopped, Promise.all(running)]);
    } finally {
      stop.abort();
      await server.close();
    }
    return 0;
  },
};

async function find(root: string, options: OptionValues): Promise<Development> {
  const template = findTemplate(root);
  const region = textOption(options, "region") ?? process.env["AWS_REGION"] ?? "us-east-1";
  return template === undefined ? handlerFolders(root) : readTemplate(template, { region, account: ACCOUNT });
}

/** The server that runs, or one in this process that ends with it. */
async function reach(
  options: OptionValues,
  project: string,
  port: number | undefined,
): Promise<{ readonly options: OptionValues; close(): Promise<void> }> {
  if (port === undefined && (await runningServer(options)) !== undefined) {
    print(`using the server on ${locate(options)}`);
    return { options, close: () => Promise.resolve() };
  }
  if (textOption(options, "endpoint") !== undefined) throw new CommandFailure(nobodyOn(options));
  const { startServer } = await import("../../server/index.ts");
  const server = await startServer({
    host: "127.0.0.1",
    port: port ?? 4566,
    dataDirectory: textOption(options, "data") ?? defaultDataDirectory(),
    region: textOption(options, "region") ?? "us-east-1",
    account: ACCOUNT,
    secure: false,
    hotReload: { project },
    // Whoever stops it does not want to wait for what is under way.
    drainMs: DRAIN_MS,
    logLevel: "warn",
    logFormat: "text",
  }).catch((error: unknown) => {
    throw new CommandFailure(error instanceof Error ? error.message : String(error));
  });
  for (const line of server.notices) complain(line);
  print(`lambkin ready on ${server.endpoint}`);
  return { options: { ...options, endpoint: server.endpoint }, close: () => server.close() };
}

async function deployAll(options: OptionValues, { functions, notes }: Development): Promise<void> {
  for (const fn of functions) {
    await deploy(options, fn, ACCOUNT);
    print(`${fn.name}: ${fn.runtime}, ${fn.handler}, from ${fn.code}`);
  }
  for (const note of notes) complain(`note: ${note}`);
}

/** What the template says now, where it can be read. */
function redeploy(
  root: string,
  options: OptionValues,
  deploying: (development: Development) => Promise<void>,
): void {
  if (findTemplate(root) === undefined) return;
  find(root, options)
    .then(deploying)
    .catch((error: unknown) => complain(error instanceof Error ? error.message : String(error)));
}

/** `FUNCTION:PORT` of those that are to be debugged. */
function debugged(options: OptionValues, functions: readonly DevelopmentFunction[]): readonly string[] {
  const debug = (textOption(options, "debug") ?? "").split(",").filter((named) => named !== "");
  const names = new Set(functions.map(({ name }) => name));
  for (const named of debug) {
    if (!/^[^:]+(:\d{1,5})?$/.test(named)) throw new UsageError("--debug takes FUNCTION or FUNCTION:PORT");
    const [name = ""] = named.split(":");
    if (!names.has(name))
      throw new UsageError(`--debug names ${name}, which is not among ${[...names].join(", ")}`);
  }
  return debug.map((named) => (named.includes(":") ? named : `${named}:${defaultPort(named, functions)}`));
}

async function follow(
  options: OptionValues,
  debug: readonly string[],
  names: ReadonlySet<string>,
  stop: AbortController,
): Promise<void> {
  await serverEvents(options, debug, (event) => tell(event, names), stop.signal);
  if (!stop.signal.aborted) throw new CommandFailure("the server ended");
}

/** The port that debuggers of the language try first. */
function defaultPort(name: string, functions: readonly DevelopmentFunction[]): number {
  const runtime = functions.find((fn) => fn.name === name)?.runtime ?? "";
  if (runtime.startsWith("python")) return 5678;
  return runtime.startsWith("java") ? 5005 : 9229;
}

function tell(event: ServerEvent, names: ReadonlySet<string>): void {
  if (event.event === "reload" && names.has(event.function)) {
    const [first = "", ...more] = event.paths;
    print(`reloaded ${event.function}: ${first}${more.length === 0 ? "" : ` and ${more.length} more`}`);
  }
  if (event.event === "debugging") {
    print(`${event.function} waits for a debugger on 127.0.0.1:${event.port}`);
  }
  if (event.event === "failed") complain(`${event.function} is not debugged: ${event.message}`);
}

async function showLogs(options: OptionValues, selection: LogSelection, signal: AbortSignal): Promise<void> {
  const lines = new LogLines({
    colours: wantsColours(process.stdout, process.env),
    named: () => !selection.single,
  });
  const tail = new LogTail({
    connection: options,
    selection,
    since: Date.now(),
    filter: undefined,
    onEvent: (event) => print(lines.line(event)),
  });
  await tail.follow(signal);
}
