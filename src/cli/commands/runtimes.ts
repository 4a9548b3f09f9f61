import { type Command, CommandFailure, type OptionValues, textOption, UsageError } from "../command.ts";
import { CONNECTION_HELP, CONNECTION_OPTIONS, runningServer, send } from "../connection.ts";
import { complain, print, printJson, table } from "../output.ts";

interface Listed {
  readonly identifier: string;
  readonly match: "exact" | "closest" | "none";
  readonly version?: string;
  readonly sdk?: string;
  readonly detail: string;
}

const HEADINGS = ["runtime", "match", "version", "SDK", "what serves it"];

export const runtimes: Command = {
  name: "runtimes",
  synopsis: "[install RUNTIME ... [--sdk PACKAGE,...]] [--data DIR | --endpoint URL] [--json]",
  summary:
    "List what serves each of Lambda's runtimes here, or install the version that one names and the AWS SDK that Lambda includes in it. A running server takes it up at once.",
  options: { ...CONNECTION_OPTIONS, sdk: { type: "string" }, json: { type: "boolean" } },
  help: {
    ...CONNECTION_HELP,
    "--sdk PACKAGE,...":
      "of install: these packages of the SDK, with or without @VERSION or ==VERSION, in place of the usual ones; none leaves it out",
    "--json": "answer in JSON",
  },
  async run({ options, positionals: [action, ...identifiers] }) {
    const json = options["json"] === true;
    if (action === undefined) {
      const listed = await list(options, "GET");
      if (json) printJson({ runtimes: listed });
      else print(table([HEADINGS, ...listed.map(row)]));
      return 0;
    }
    if (action !== "install") throw new UsageError(`what is ${JSON.stringify(action)}?`);
    if (identifiers.length === 0) throw new UsageError("install which runtime? For instance nodejs22.x");
    const sdk = sdkOption(options);
    const outcomes = [];
    for (const identifier of identifiers) {
      outcomes.push({ identifier, ...(await install(identifier, json, sdk)) });
    }
    const listed = await list(options, "POST");
    const rows = listed.filter(({ identifier }) => identifiers.includes(identifier));
    if (json) printJson({ installations: outcomes, runtimes: rows });
    else {
      for (const { said } of outcomes) print(said);
      const served = rows.filter(({ match }) => match !== "none");
      if (served.length > 0) print(table([HEADINGS, ...served.map(row)]));
    }
    const served = rows.every(({ match }) => match === "exact");
    return served && outcomes.every(({ installed }) => installed) ? 0 : 1;
  },
};

function row({ identifier, match, version, sdk, detail }: Listed): string[] {
  return [identifier, match, version ?? "", sdk ?? "", detail];
}

function sdkOption(options: OptionValues): { readonly sdk?: readonly string[] } {
  const text = textOption(options, "sdk");
  if (text === undefined) return {};
  return { sdk: text === "none" ? [] : text.split(",").filter((name) => name !== "") };
}

async function install(identifier: string, quiet: boolean, sdk: { readonly sdk?: readonly string[] }) {
  const { installRuntime } = await import("../../server/index.ts");
  try {
    return await installRuntime(identifier, {
      asRoot: process.getuid?.() === 0,
      ...sdk,
      tell: quiet ? () => undefined : (what) => complain(`${what} ...`),
    });
  } catch (error) {
    return {
      installed: false,
      said: `${identifier}: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** As the running server sees it, which looks anew for a POST; else what a server that starts now would see. */
async function list(options: OptionValues, method: "GET" | "POST"): Promise<readonly Listed[]> {
  if ((await runningServer(options)) === undefined) {
    const { findRuntimes } = await import("../../server/index.ts");
    return (await findRuntimes()).list();
  }
  const answer = await send(options, {
    service: "lambkin",
    method,
    path: "/_lambkin/runtimes",
    query: {},
    headers: {},
    body: Buffer.alloc(0),
  });
  if (answer.status !== 200) throw new CommandFailure(answer.errorText());
  return (JSON.parse(answer.text) as { runtimes: readonly Listed[] }).runtimes;
}
