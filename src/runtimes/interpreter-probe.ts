import { execFile } from "node:child_process";
import { access, constants, open, readdir, realpath, stat } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { ProbeMemory } from "./probe-memory.ts";

const run = promisify(execFile);

/** A program that doesn't tell its version within this time is no usable interpreter. */
const PROBE_MS = 10_000;

/** What a sandbox shows of the host anyway. */
const SYSTEM_DIRECTORIES = ["/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin"];

/**
 * The output of a program, or undefined if it fails. The variables are the server's own without its Node options. What a
 * script answers may depend on them, so only programs' answers are remembered.
 */
export async function ask(
  memory: ProbeMemory | undefined,
  program: string,
  ...options: readonly string[]
): Promise<string | undefined> {
  if (memory === undefined || (await isScript(program))) return outputOf(program, options);
  return memory.recall(program, options.join(" "), () => outputOf(program, options));
}

export async function outputOf(program: string, options: readonly string[]): Promise<string | undefined> {
  const { NODE_OPTIONS: _options, ...env } = process.env;
  try {
    const { stdout } = await run(program, [...options], { timeout: PROBE_MS, env });
    return stdout;
  } catch {
    return undefined;
  }
}

export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether a program is run by another one that its first line names. */
export async function isScript(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.toString("latin1") === "#!";
  } finally {
    await file.close();
  }
}

/** Names in a directory, none if it can't be read. */
export async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch {
    return [];
  }
}

export function searchPath(): readonly string[] {
  return (process.env.PATH ?? "").split(delimiter).filter((directory) => directory.startsWith("/"));
}

export async function realpathOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch {
    return undefined;
  }
}

/**
 * Directories of the shared libraries that a program loads, other than the system's and its own prefix. The dynamic
 * linker lists them itself; a static program ignores the variable and only prints its version.
 */
export async function libraryDirectoriesOf(
  memory: ProbeMemory | undefined,
  program: string,
  prefix: string,
): Promise<readonly string[]> {
  if (process.platform !== "linux" || isWithin(program, SYSTEM_DIRECTORIES)) return [];
  const list = async () => {
    const directories = directoriesIn(await loadedBy(program), prefix);
    return directories === undefined ? undefined : directories.join(delimiter);
  };
  const inPlace = async (answer: string) =>
    (await Promise.all(split(answer).map(isDirectory))).every(Boolean);
  const answer = await (memory?.recall(program, "libraries", list, inPlace) ?? list());
  return split(answer ?? "");
}

function split(directories: string): readonly string[] {
  return directories.split(delimiter).filter((directory) => directory !== "");
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function loadedBy(program: string): Promise<string | undefined> {
  try {
    const env = { LD_TRACE_LOADED_OBJECTS: "1" };
    return (await run(program, ["--version"], { timeout: PROBE_MS, env })).stdout;
  } catch {
    return undefined;
  }
}

function directoriesIn(listing: string | undefined, prefix: string): readonly string[] | undefined {
  if (listing === undefined) return undefined;
  const found = new Set<string>();
  for (const [path] of listing.matchAll(/\/\S+(?= \(0x)/g)) {
    const directory = dirname(join(path));
    if (!isWithin(directory, [...SYSTEM_DIRECTORIES, prefix])) found.add(directory);
  }
  return [...found];
}

/** Whether a sandbox shows a directory of the host anyway. */
export function isOfTheSystem(directory: string): boolean {
  return isWithin(directory, SYSTEM_DIRECTORIES);
}

function isWithin(path: string, directories: readonly string[]): boolean {
  return directories.some((directory) => path === directory || path.startsWith(`${directory}/`));
}
