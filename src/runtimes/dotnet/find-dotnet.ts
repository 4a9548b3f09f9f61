import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { Interpreter } from "../interfaces.ts";
import { isExecutable, libraryDirectoriesOf, namesIn, realpathOf, searchPath } from "../interpreter-probe.ts";
import type { ProbeMemory } from "../probe-memory.ts";

/** Oldest line that the bootstrap runs on. */
const OLDEST_LINE = 3;

/** Where packages, Microsoft's script and its installers put .NET. */
const PLACES = ["/usr/share/dotnet", "/usr/lib/dotnet", "/usr/lib64/dotnet", "/usr/local/share/dotnet"];

/** Below the directory of `dotnet`: one directory a version. */
export const FRAMEWORK = join("shared", "Microsoft.NETCore.App");

/**
 * .NET on this machine: `dotnet` on the PATH, DOTNET_ROOT and the usual places. One `dotnet` may have several versions
 * beside it; of each line the newest counts, as for `dotnet` itself. Its directories tell, so nothing is started.
 */
export async function findDotnets(memory?: ProbeMemory): Promise<readonly Interpreter[]> {
  const root = process.env["DOTNET_ROOT"];
  const candidates: readonly [program: string, foundAs: string][] = [
    ...(root?.startsWith("/") === true ? [[join(root, "dotnet"), "DOTNET_ROOT"] as [string, string]] : []),
    ...searchPath().map((directory): [string, string] => [
      join(directory, "dotnet"),
      `${join(directory, "dotnet")} on the PATH`,
    ]),
    ...[...PLACES, join(homedir(), ".dotnet")].map((place): [string, string] => [
      join(place, "dotnet"),
      place,
    ]),
  ];
  const roots = new Map<string, string>();
  for (const [candidate, foundAs] of candidates) {
    const program = await realpathOf(candidate);
    if (program === undefined || roots.has(program) || !(await isExecutable(program))) continue;
    roots.set(program, foundAs);
  }
  const found = await Promise.all(
    [...roots].map(([program, foundAs]) => versionsOf(memory, program, foundAs)),
  );
  return found.flat();
}

async function versionsOf(
  memory: ProbeMemory | undefined,
  program: string,
  foundAs: string,
): Promise<readonly Interpreter[]> {
  const prefix = dirname(program);
  const newest = new Map<number, readonly [patch: number, version: string]>();
  for (const version of await namesIn(join(prefix, FRAMEWORK))) {
    const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
    const line = Number(major);
    if (!(line >= OLDEST_LINE) || (line === OLDEST_LINE && minor === "0")) continue;
    const known = newest.get(line)?.[0] ?? -1;
    if (Number(patch) > known) newest.set(line, [Number(patch), version]);
  }
  if (newest.size === 0) return [];
  const libraryDirectories = await libraryDirectoriesOf(memory, program, prefix);
  return [...newest].map(([line, [, version]]) => ({
    family: "dotnet",
    version,
    line,
    program,
    prefix,
    foundAs,
    libraryDirectories,
  }));
}
