import path from "node:path";
import { serverLimits, sleep, systemClock } from "../../base/index.ts";
import {
  type Command,
  CommandFailure,
  numberOption,
  type OptionValues,
  textOption,
  UsageError,
} from "../command.ts";
import { defaultDataDirectory } from "../data-home.ts";
import { compileEarly } from "../early-compilation.ts";
import { complain, print, printJson } from "../output.ts";

const POOL = { on: true, strict: "strict", off: false } as const;

export const start: Command = {
  name: "start",
  synopsis:
    "[--port N] [--host ADDRESS] [--data DIR | --ephemeral] [--region R] [--account A] [--secure] [OPTION ...]",
  summary: "Start the server; it runs until it is stopped.",
  options: {
    port: { type: "string" },
    host: { type: "string" },
    data: { type: "string" },
    ephemeral: { type: "boolean" },
    region: { type: "string" },
    account: { type: "string" },
    secure: { type: "boolean" },
    tls: { type: "boolean" },
    "tls-cert": { type: "string" },
    "tls-key": { type: "string" },
    isolation: { type: "string" },
    runsc: { type: "string" },
    egress: { type: "string" },
    pool: { type: "string" },
    "max-environments": { type: "string" },
    "memory-reserve": { type: "string" },
    "runtime-match": { type: "string" },
    "hot-reload": { type: "string" },
    init: { type: "string" },
    prices: { type: "string" },
    "no-audit": { type: "boolean" },
    "drain-delay": { type: "string" },
    "drain-timeout": { type: "string" },
    "log-level": { type: "string" },
    "log-format": { type: "string" },
    json: { type: "boolean" },
  },
  help: {
    "--port N": "port to listen on (4566); 0 picks a free one",
    "--host ADDRESS": "address to listen on (127.0.0.1)",
    "--data DIR": "where everything is kept (the user's data home)",
    "--ephemeral": "keep nothing: a temporary directory that goes with the server",
    "--region R": "region of requests that name none (us-east-1)",
    "--account A": "account of callers that name none (000000000000)",
    "--secure": "verify every signature; root credentials are made at the first start",
    "--tls": "speak TLS as well, on the same port; `lambkin env` tells clients whom to trust",
    "--tls-cert FILE": "with --tls-key: one's own certificate chain, as PEM, instead of a generated one",
    "--tls-key FILE": "its key",
    "--isolation TIER": "namespaces or process (the best that works here), or gvisor",
    "--runsc FILE": "the program of gVisor (runsc in PATH)",
    "--pool on|strict|off":
      "keep sandboxes ready for functions that come (on), forking no interpreter (strict), or make each when asked for",
    "--max-environments N": "environments at most (as many as the memory bears)",
    "--memory-reserve MIB": "memory that environments leave available (8 % of it, at most 1024)",
    "--runtime-match closest|exact":
      "whether another version of a language may stand in (closest; with --secure exact)",
    "--egress on|off": "whether functions reach the network (on); this server they always reach",
    "--hot-reload on|off|DIR":
      "whether functions may run from directories of this machine, or from those in one (on if only loopback can ask)",
    "--init DIR": "run the scripts of this folder, each once, before the server is ready",
    "--prices FILE": "a price list in place of AWS's public prices (docs/OPERATIONS.md describes it)",
    "--no-audit": "keep no log of control-plane calls",
    "--drain-delay SECONDS": "after the word to stop, be not ready but serve on for this long (0)",
    "--drain-timeout SECONDS": "what runs may then take this long to finish (900)",
    "--log-level LEVEL": "debug, info, warn or error (warn)",
    "--log-format FORMAT": "text or json (text; json with --json)",
    "--json": "one JSON object a line, for programs",
  },
  async run({ options, positionals }) {
    if (positionals.length > 0) throw new UsageError(`what is ${JSON.stringify(positionals[0])}?`);
    if (options["ephemeral"] === true && options["data"] !== undefined) {
      throw new UsageError("--ephemeral keeps nothing, so it can't go with --data");
    }
    if (options["runsc"] !== undefined && options["isolation"] !== "gvisor")
      throw new UsageError("--runsc goes with --isolation gvisor");
    const json = options["json"] === true;
    const drainDelayMs = seconds(options, "drain-delay") ?? 0;
    const drainMs = seconds(options, "drain-timeout") ?? DRAIN_MS;
    const settings = {
      host: textOption(options, "host") ?? "127.0.0.1",
      port: numberOption(options, "port", { least: 0, most: 65_535 }) ?? 4566,
      dataDirectory:
        options["ephemeral"] === true ? undefined : (textOption(options, "data") ?? defaultDataDirectory()),
      region:
        matching(options["region"], /^[a-z]{2}(-[a-z]+)+-\d$/, "--region takes a region such as eu-west-1") ??
        "us-east-1",
      account: matching(options["account"], /^\d{12}$/, "--account takes 12 digits") ?? "000000000000",
      secure: options["secure"] === true,
      tls: tlsOptions(options),
      isolation: oneOf(options["isolation"], ["gvisor", "namespaces", "process"], "--isolation"),
      runsc: textOption(options, "runsc"),
      egress: (oneOf(options["egress"], ["on", "off"], "--egress") ?? "on") === "on",
      runtimeMatch: oneOf(options["runtime-match"], ["closest", "exact"], "--runtime-match"),
      pool: POOL[oneOf(options["pool"], ["on", "strict", "off"], "--pool") ?? "on"],
      maxEnvironments: numberOption(options, "max-environments", { least: 1, most: MOST_ENVIRONMENTS }),
      memoryReserveMiB: numberOption(options, "memory-reserve", { least: 0, most: MOST_RESERVE_MIB }),
      hotReload: hotReload(options),
      initFolder: textOption(options, "init"),
      prices: textOption(options, "prices"),
      audit: options["no-audit"] !== true,
      drainDelayMs,
      drainMs,
      logLevel: oneOf(options["log-level"], ["debug", "info", "warn", "error"], "--log-level") ?? "warn",
      logFormat: oneOf(options["log-format"], ["text", "json"], "--log-format") ?? (json ? "json" : "text"),
    } as const;

    compileEarly();
    const { startServer } = await import("../../server/index.ts");
    const server = await startServer(settings).catch((error: unknown) => {
      throw new CommandFailure(error instanceof Error ? error.message : String(error));
    });

    // Whoever reads that it is ready may stop it at once.
    const stop = stopRequests();
    if (json) printJson({ event: "ready", endpoint: server.endpoint, pid: process.pid });
    else {
      for (const line of server.notices) complain(line);
      print(`lambkin ready on ${server.endpoint}`);
    }
    await stop.first;
    const hurry = new AbortController();
    const forced = Promise.race([
      stop.second.then(() => "a second signal came"),
      sleep(systemClock, drainDelayMs + drainMs + serverLimits.closeMs, hurry.signal).then(
        () => "what runs did not finish in time",
      ),
    ]);
    const why = await Promise.race([server.close(), forced]);
    hurry.abort();
    if (typeof why === "string") {
      complain(`lambkin start: ended at once, because ${why}; what was acknowledged is kept`);
      // Nobody waits for what still runs any more: sandboxes end with this process.
      process.exit(1);
    }
    if (json) printJson({ event: "stopped" });
    return 0;
  },
};

function tlsOptions(options: OptionValues) {
  const certFile = textOption(options, "tls-cert");
  const keyFile = textOption(options, "tls-key");
  if (certFile === undefined && keyFile === undefined) {
    return options["tls"] === true ? ("generated" as const) : undefined;
  }
  if (certFile === undefined || keyFile === undefined) {
    throw new UsageError("--tls-cert and --tls-key go together");
  }
  return { certFile, keyFile };
}

function hotReload(options: OptionValues) {
  const told = textOption(options, "hot-reload");
  if (told === undefined) return undefined;
  if (options["secure"] === true && told !== "off") {
    throw new UsageError("--hot-reload lets callers read this machine's files, so it can't go with --secure");
  }
  return told === "on" || told === "off" ? told === "on" : { within: path.resolve(told) };
}

const DRAIN_MS = serverLimits.drainMs;
const MOST_DRAIN_SECONDS = 86_400;
const MOST_ENVIRONMENTS = 1_000_000;
const MOST_RESERVE_MIB = 1_024 * 1_024;

function seconds(options: OptionValues, name: string): number | undefined {
  const value = numberOption(options, name, { least: 0, most: MOST_DRAIN_SECONDS });
  return value === undefined ? undefined : value * 1_000;
}

function matching(
  value: string | boolean | undefined,
  pattern: RegExp,
  otherwise: string,
): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string" || !pattern.test(value)) throw new UsageError(otherwise);
  return value;
}

function oneOf<T extends string>(
  value: string | boolean | undefined,
  choices: readonly T[],
  option: string,
): T | undefined {
  if (value === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined)
    throw new UsageError(`${option} takes ${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`);
  return choice;
}

/** The first SIGINT or SIGTERM, and the next one that somebody sent anew. */
function stopRequests(): { readonly first: Promise<void>; readonly second: Promise<void> } {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  let firstAt: number | undefined;
  const stop = () => {
    const now = systemClock.monotonicMs();
    firstAt ??= now;
    first.resolve();
    if (now - firstAt > serverLimits.sameSignalMs) second.resolve();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  if (process.env["LAMBKIN_LAUNCHER"] !== undefined && process.channel !== undefined) {
    // A launcher that was killed can't ask for an orderly end: its terminal and pipes are gone as well.
    process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
    process.channel?.unref();
  }
  return { first: first.promise, second: second.promise };
}
