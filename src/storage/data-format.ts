import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "./durable-files.ts";
import { StorageError } from "./errors.ts";

export const FORMAT_FILE = "format.json";

/** The format of the data directory as a whole. The databases in it have versions and migrations of their own. */
export const DATA_FORMAT = 1;

/** Brings a data directory from the format before `to` to `to`. */
export interface FormatStep {
  readonly to: number;
  /** Runs while nobody else uses the directory. It is run again if it was interrupted. */
  run(directory: string): Promise<void>;
}

/** One step for each format since the oldest that is still read, in order. Never edited once released. */
export const FORMAT_STEPS: readonly FormatStep[] = [];

interface FormatFile {
  readonly version: number;
  /** The directory is being emptied. */
  readonly emptying?: true;
}

/** Undefined if the directory has no format yet. */
export async function readFormat(directory: string): Promise<FormatFile | undefined> {
  const file = join(directory, FORMAT_FILE);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const found = parse(text);
  if (found === undefined) throw new StorageError("corrupt", `${file} does not say a format version`);
  return found;
}

export async function writeFormat(
  directory: string,
  format: FormatFile,
  kept?: { readonly durable: boolean },
): Promise<void> {
  await replaceFile(join(directory, FORMAT_FILE), `${JSON.stringify(format)}\n`, kept);
}

/** Gives a new directory its format, brings an older one up to date and refuses one of a newer program. */
export async function bringUpToDate(
  directory: string,
  version: number,
  steps: readonly FormatStep[],
  kept?: { readonly durable: boolean },
): Promise<void> {
  const found = await readFormat(directory);
  if (found === undefined) {
    await writeFormat(directory, { version }, kept);
    return;
  }
  if (found.emptying === true) {
    throw new StorageError("corrupt", `${directory} was being emptied: let \`lambkin reset\` finish it`);
  }
  refuseNewer(directory, found.version, version);
  for (let next = found.version + 1; next <= version; next++) {
    const step = steps.find(({ to }) => to === next);
    if (step === undefined) {
      throw new StorageError(
        "older-format",
        `${directory} has data format ${found.version}, which this version of Lambkin no longer reads: ` +
          "start an earlier version on it first, which brings it up to date",
      );
    }
    await step.run(directory);
    await writeFormat(directory, { version: next });
  }
}

export function refuseNewer(path: string, found: number, known: number): void {
  if (found <= known) return;
  throw new StorageError(
    "newer-format",
    `${path} has data format ${found} and this version of Lambkin knows formats up to ${known}: ` +
      "start the version of Lambkin that wrote it, or a later one",
  );
}

function parse(text: string): FormatFile | undefined {
  try {
    const { version, emptying } = JSON.parse(text) as {
      readonly version?: unknown;
      readonly emptying?: unknown;
    };
    if (typeof version !== "number" || !Number.isSafeInteger(version) || version < 1) return undefined;
    return emptying === true ? { version, emptying } : { version };
  } catch {
    return undefined;
  }
}
