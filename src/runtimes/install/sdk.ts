import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type { Interpreter } from "../interfaces.ts";
import { isExecutable, outputOf, searchPath } from "../interpreter-probe.ts";
import { installedSdks, MANIFEST, sdkHome } from "../sdks/installed.ts";
import type { PinnedSdk } from "../sdks/pinned.ts";
import { npm, QUIET } from "./npm.ts";

const run = promisify(execFile);

/** A directory that nobody completed in this time was left by a process that died. */
const ABANDONED_AFTER_MS = 3_600_000;

/**
 * Brings an SDK by the caller's npm or pip, whose configuration decides on registry and credentials and which compare
 * what they get with the registry's checksums. It takes the place of an earlier one by a rename of a link, so that there is
 * always a whole one; running environments keep theirs.
 * @param wanted packages as npm or pip take them, with their versions.
 * @returns the versions of the packages.
 * @throws with npm's or pip's own words.
 */
export async function installSdk(
  sdk: PinnedSdk,
  wanted: readonly string[],
  python: Interpreter | undefined,
): Promise<Readonly<Record<string, string>>> {
  const home = sdkHome();
  await mkdir(home, { recursive: true, mode: 0o755 });
  const before = (await installedSdks()).get(sdk.name);
  const directory = join(home, `.${sdk.name}-${randomUUID()}`);
  await mkdir(directory, { mode: 0o755 });
  try {
    const packages =
      sdk.installer === "npm"
        ? await byNpm(directory, wanted)
        : await byPip(directory, wanted, sdk.pythonLine, python);
    await writeFile(join(directory, MANIFEST), `${JSON.stringify(packages)}\n`, { mode: 0o644 });
    await makeReadable(directory);
    const fresh = `${directory}.link`;
    await symlink(basename(directory), fresh);
    await rename(fresh, join(home, sdk.name));
    if (before !== undefined) await rm(before.directory, { recursive: true, force: true });
    return packages;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  } finally {
    await removeAbandoned(home);
  }
}

async function byNpm(directory: string, wanted: readonly string[]): Promise<Record<string, string>> {
  await npm(["install", "--prefix", directory, ...QUIET, ...wanted]);
  const versions: Record<string, string> = {};
  for (const text of wanted) {
    const name = text.replace(/(?<=.)@.*$/, "");
    const document = await readFile(join(directory, "node_modules", name, "package.json"), "utf8");
    versions[name] = (JSON.parse(document) as { version: string }).version;
  }
  return versions;
}

async function byPip(
  directory: string,
  wanted: readonly string[],
  line: number | undefined,
  python: Interpreter | undefined,
): Promise<Record<string, string>> {
  const version = `3.${line}`;
  const options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-compile"];
  const forLine = ["--python-version", version, "--only-binary", ":all:", "--target", directory];
  await pip(python, ["install", ...options, ...forLine, ...wanted]);
  // Scripts name the interpreter that they were made with.
  await rm(join(directory, "bin"), { recursive: true, force: true });
  if (python !== undefined) {
    // Nothing can be compiled where it is used, which is read-only, and tracebacks name that place.
    const compiled = ["-m", "compileall", "-q", "-s", directory, "-p", "/var/runtime", directory];
    await run(python.program, compiled).catch(() => undefined);
  }
  const names = await readdir(directory);
  const versions: Record<string, string> = {};
  for (const text of wanted) {
    const name = text.replace(/==.*$/, "");
    const normal = name.toLowerCase().replace(/[-_.]+/g, "_");
    const [, found = ""] =
      names
        .map((entry) => /^(.+)-(.+)\.dist-info$/.exec(entry) ?? [])
        .map(
          ([, distribution = "", at = ""]) =>
            [distribution.toLowerCase().replace(/[-_.]+/g, "_"), at] as const,
        )
        .find(([distribution]) => distribution === normal) ?? [];
    versions[name] = found;
  }
  return versions;
}

/** Runs the pip of the interpreter, else one of the machine's: what it brings is for the line that it is told. */
async function pip(python: Interpreter | undefined, options: readonly string[]): Promise<void> {
  for (const [program, ...first] of pips(python)) {
    if (program === undefined || !(await isExecutable(program))) continue;
    if ((await outputOf(program, [...first, "--version"])) === undefined) continue;
    try {
      await run(program, [...first, ...options]);
      return;
    } catch (error) {
      const { stderr = "" } = error as { stderr?: string };
      throw new Error(stderr.trim() || String(error), { cause: error });
    }
  }
  throw new Error("this needs pip, which neither this Python nor the PATH has");
}

function pips(python: Interpreter | undefined): readonly (readonly string[])[] {
  const own = python === undefined ? [] : [[python.program, "-m", "pip"]];
  const onPath = searchPath().flatMap((at) => [
    [join(at, "pip3")],
    [join(at, "pip")],
    [join(at, "python3"), "-m", "pip"],
  ]);
  return [...own, ...onPath];
}

/** Functions run as another user, and the caller's umask may be strict. */
async function makeReadable(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await makeReadable(path);
    else if (entry.isFile()) await chmod(path, 0o644);
  }
}

/** Removes what processes left that died in the middle. */
async function removeAbandoned(home: string): Promise<void> {
  const current = new Set([...(await installedSdks()).values()].map((sdk) => basename(sdk.directory)));
  for (const name of await readdir(home)) {
    if (!name.startsWith(".") || current.has(name)) continue;
    const found = await lstat(join(home, name)).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS) {
      await rm(join(home, name), { recursive: true, force: true });
    }
  }
}
