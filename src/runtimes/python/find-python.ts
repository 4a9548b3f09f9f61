import { join } from "node:path";
import type { Interpreter } from "../interfaces.ts";
import {
  ask,
  isExecutable,
  libraryDirectoriesOf,
  namesIn,
  realpathOf,
  searchPath,
} from "../interpreter-probe.ts";

/** Oldest line that the bootstrap runs on. */
const OLDEST_LINE = 9;

const PROGRAM = /^python3\.\d+$/;
const QUESTION = "import sys; print(sys.version.split()[0], sys.base_prefix, sep='\\n')";

/**
 * CPython 3 on this machine: `python3` and `python3.x` on the PATH. A pyenv shim is a script that picks a version by
 * directory and can't run in a sandbox; the versions behind it are taken instead. A virtual environment counts as the
 * installation that it was made from.
 */
export async function findPythons(): Promise<readonly Interpreter[]> {
  const programs = new Map<string, string>();
  for (const directory of searchPath()) {
    if (directory.endsWith("/shims")) {
      for (const program of await pyenvPrograms(directory)) note(programs, program, "pyenv");
      continue;
    }
    for (const name of await namesIn(directory)) {
      if (name === "python3" || PROGRAM.test(name))
        note(programs, await realpathOf(join(directory, name)), "PATH");
    }
  }
  const asked = await Promise.all([...programs].map(([program, from]) => describe(program, from)));
  const found = asked.filter((python) => python !== undefined);
  return found.filter(
    (python, index) => found.findIndex((other) => other.program === python.program) === index,
  );
}

function note(programs: Map<string, string>, program: string | undefined, from: string): void {
  if (program !== undefined && !programs.has(program)) programs.set(program, from);
}

async function pyenvPrograms(shims: string): Promise<readonly string[]> {
  const versions = join(shims, "..", "versions");
  const programs: string[] = [];
  for (const version of await namesIn(versions)) {
    const bin = join(versions, version, "bin");
    const name = (await namesIn(bin)).find((entry) => PROGRAM.test(entry));
    const program = name === undefined ? undefined : await realpathOf(join(bin, name));
    if (program !== undefined) programs.push(program);
  }
  return programs;
}

async function describe(path: string, from: string): Promise<Interpreter | undefined> {
  // Without its site packages and the caller's variables, which is faster and can't run anybody's code.
  const [version, prefix] = (await ask(path, "-I", "-S", "-c", QUESTION))?.trim().split("\n") ?? [];
  if (version === undefined || prefix === undefined) return undefined;
  const line = Number(/^3\.(\d+)/.exec(version)?.[1]);
  const program = await realpathOf(join(prefix, "bin", `python3.${line}`));
  if (!(line >= OLDEST_LINE) || program === undefined || !(await isExecutable(program))) return undefined;
  const libraryDirectories = await libraryDirectoriesOf(program, prefix);
  return {
    family: "python",
    version,
    line,
    program,
    prefix,
    foundAs: `${path} (${from})`,
    libraryDirectories,
  };
}
