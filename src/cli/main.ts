import { parseArgs } from "node:util";
import { type Command, CommandFailure, type CommandInput, UsageError } from "./command.ts";
import { COMMANDS } from "./commands/index.ts";
import { complain, print, table } from "./output.ts";

const HELP_OPTION = { help: { type: "boolean", short: "h" } } as const;

async function main(argv: readonly string[]): Promise<number> {
  const [word, ...rest] = argv;
  if (word === undefined || word === "help" || word === "--help" || word === "-h") {
    print(overview());
    return word === undefined ? 2 : 0;
  }
  const command = COMMANDS.find(({ name }) => name === word);
  if (command === undefined) {
    complain(`lambkin: there is no command ${JSON.stringify(word)}; \`lambkin help\` lists them`);
    return 2;
  }
  try {
    const input = parse(command, rest);
    if (input.options["help"] === true) {
      print(usageOf(command));
      return 0;
    }
    return await command.run(input);
  } catch (error) {
    if (error instanceof UsageError) {
      complain(`lambkin ${command.name}: ${error.message}\n${usageLine(command)}`);
      return 2;
    }
    if (error instanceof CommandFailure) {
      complain(`lambkin ${command.name}: ${error.message}`);
      return 1;
    }
    throw error;
  }
}

function parse(command: Command, argv: readonly string[]): CommandInput {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { ...command.options, ...HELP_OPTION },
      allowPositionals: true,
      strict: true,
    });
    return { options: values, positionals };
  } catch (error) {
    throw new UsageError((error as Error).message.split("\n")[0] ?? "the options are wrong");
  }
}

function usageLine(command: Command): string {
  return `usage: lambkin ${command.name} ${command.synopsis}`.trimEnd();
}

function usageOf(command: Command): string {
  const rows = Object.entries(command.help).map(([option, text]) => [`  ${option}`, text]);
  return [usageLine(command), "", command.summary, ...(rows.length === 0 ? [] : ["", table(rows)])].join(
    "\n",
  );
}

function overview(): string {
  return [
    "lambkin: AWS Lambda on your own machines",
    "",
    "usage: lambkin COMMAND [OPTION ...]",
    "",
    table(COMMANDS.map((command) => [`  ${command.name}`, command.summary])),
    "",
    "`lambkin COMMAND --help` tells the options. Exit codes: 0 it worked, 1 it did not, 2 wrong use.",
  ].join("\n");
}

// A reader such as `head` may leave early; what it did not want is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});
process.exitCode = await main(process.argv.slice(2));
