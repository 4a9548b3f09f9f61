import type { ParseArgsConfig } from "node:util";

/** Option values as `parseArgs` gives them; every option of Lambkin takes at most one value. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

export interface CommandInput {
  readonly options: OptionValues;
  readonly positionals: readonly string[];
}

/** One word after `lambkin`. */
export interface Command {
  readonly name: string;
  /** What follows the name in the usage line. */
  readonly synopsis: string;
  readonly summary: string;
  readonly options: NonNullable<ParseArgsConfig["options"]>;
  /** One line an option, for `--help`. */
  readonly help: Readonly<Record<string, string>>;
  /** Resolves to the exit code: 0 it worked, 1 it did not. Wrong use is a UsageError and exits with 2. */
  run(input: CommandInput): Promise<number>;
}

/** The command line itself is wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Something outside is wrong; the message is all that a person needs. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
}

export function textOption(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** An option that must be a whole number in a range. */
export function numberOption(
  options: OptionValues,
  name: string,
  range: { least: number; most: number },
): number | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < range.least || value > range.most) {
    throw new UsageError(
      `--${name} takes a whole number from ${range.least} to ${range.most}, not ${JSON.stringify(text)}`,
    );
  }
  return value;
}
