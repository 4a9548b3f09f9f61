import { execFile } from "node:child_process";
import { access, constants, open, readdir, realpath } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A program that doesn't tell its version within this time is no usable interpreter. */
const PROBE_MS = 10_000;

/** What a sandbox shows of the host anyway. */
const SYSTEM_DIRECTORIES = ["/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin"];

/** The output of a program, or undefined if it fails. The variables are the server's own without its Node options. */
export async function ask(program: string, ...options: readonly string[]): Promise<string | undefined> {
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
export async function libraryDirectoriesOf(program: string, prefix: string): Promise<readonly string[]> {
  if (process.platform !== "linux" || isWithin(program, SYSTEM_DIRECTORIES)) return [];
  let listing: string;
  try {
    const env = { LD_TRACE_LOADED_OBJECTS: "1" };
    listing = (await run(program, ["--version"], { timeout: PROBE_MS, env })).stdout;
  } catch {
    return [];
  }
  const found = new Set<string>();
  for (const [path] of listing.matchAll(/\/\S+(?= \(0x)/g)) {
    const directory = dirname(join(path));
    if (!isWithin(directory, [...SYSTEM_DIRECTORIES, prefix])) found.add(directory);
  }
  return [...found];
}

function isWithin(path: string, directories: readonly string[]): boolean {
  return directories.some((directory) => path === directory || path.startsWith(`${directory}/`));
}
