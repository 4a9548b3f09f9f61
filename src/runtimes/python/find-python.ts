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
import type { ProbeMemory } from "../probe-memory.ts";

/** Oldest line that the bootstrap runs on. */
const OLDEST_LINE = 9;

const PROGRAM = /^python3\.(\d+)$/;
const RELEASE = /^3\.(\d+)\.(\d+)$/;
const QUESTION = "import sys; print(sys.version.split()[0], sys.base_prefix, sep='\\n')";

/**
 * CPython 3 on this machine: `python3` and `python3.x` on the PATH. A pyenv shim is a script that picks a version by
 * directory and can't run in a sandbox; the releases behind it are taken instead. A virtual environment counts as the
 * installation that it was made from.
 */
export async function findPythons(memory?: ProbeMemory): Promise<readonly Interpreter[]> {
  const looked = new Set<string>();
  const found: Promise<readonly (Interpreter | undefined)[]>[] = [];
  for (const directory of searchPath()) {
    if (directory.endsWith("/shims")) {
      found.push(pyenvReleases(memory, join(directory, "..", "versions")));
      continue;
    }
    for (const name of await namesIn(directory)) {
      if (name !== "python3" && !isRecent(PROGRAM.exec(name)?.[1])) continue;
      const program = await realpathOf(join(directory, name));
      if (program === undefined || looked.has(program)) continue;
      looked.add(program);
      found.push(installationOf(memory, program).then((python) => [python]));
    }
  }
  const pythons = (await Promise.all(found)).flat().filter((python) => python !== undefined);
  return pythons.filter(
    (python, index) => pythons.findIndex((other) => other.program === python.program) === index,
  );
}

/** pyenv names a directory by the release in it, so nothing has to be run; the newest patch comes first. */
function pyenvReleases(
  memory: ProbeMemory | undefined,
  versions: string,
): Promise<readonly (Interpreter | undefined)[]> {
  return namesIn(versions).then((names) => {
    const releases = names.filter((name) => isRecent(RELEASE.exec(name)?.[1]));
    releases.sort((a, b) => patchOf(b) - patchOf(a));
    return Promise.all(
      releases.map((release) => describe(memory, release, join(versions, release), "pyenv")),
    );
  });
}

function patchOf(release: string): number {
  return Number(RELEASE.exec(release)?.[2]);
}

function isRecent(line: string | undefined): boolean {
  return line !== undefined && Number(line) >= OLDEST_LINE;
}

/** Asks without site packages and the caller's variables, which is faster and can't run anybody's code. */
async function installationOf(
  memory: ProbeMemory | undefined,
  program: string,
): Promise<Interpreter | undefined> {
  const [version, prefix] =
    (await ask(memory, program, "-I", "-S", "-c", QUESTION))?.trim().split("\n") ?? [];
  if (version === undefined || prefix === undefined) return undefined;
  return await describe(memory, version, prefix, `${program} on the PATH`);
}

async function describe(
  memory: ProbeMemory | undefined,
  version: string,
  prefix: string,
  foundAs: string,
): Promise<Interpreter | undefined> {
  const line = /^3\.(\d+)/.exec(version)?.[1];
  const program = await realpathOf(join(prefix, "bin", `python3.${line}`));
  if (!isRecent(line) || program === undefined || !(await isExecutable(program))) return undefined;
  const libraryDirectories = await libraryDirectoriesOf(memory, program, prefix);
  return { family: "python", version, line: Number(line), program, prefix, foundAs, libraryDirectories };
}
