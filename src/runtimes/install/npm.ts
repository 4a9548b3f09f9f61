import { execFile } from "node:child_process";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { isExecutable, searchPath } from "../interpreter-probe.ts";
import { installationHome } from "./installed.ts";

const run = promisify(execFile);

/**
 * Brings a line of Node.js from the npm registry, by the caller's npm: its configuration decides on registry, proxy and
 * credentials, and it compares what it gets with the registry's checksums. Scripts of packages are not run.
 * @returns the version.
 * @throws with npm's own words if it can't be had.
 */
export async function installNode(line: number): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const home = installationHome();
  const place = join(home, `nodejs${line}`);
  const made = join(home, `.nodejs${line}-${process.pid}`);
  await mkdir(made, { recursive: true, mode: 0o755 });
  try {
    await npm(["install", "--prefix", made, ...QUIET, `${name}@${line}`]);
    const program = join(made, "node_modules", name, "bin", "node");
    const { stdout } = await run(program, ["--version"], { env: {} });
    if (!stdout.startsWith(`v${line}.`)) throw new Error(`npm brought Node.js ${stdout.trim()}`);
    await rm(place, { recursive: true, force: true });
    await rename(join(made, "node_modules", name), place);
    return stdout.trim().slice(1);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

export const QUIET = [
  "--ignore-scripts",
  "--no-audit",
  "--no-fund",
  "--no-package-lock",
  "--loglevel",
  "error",
];

/** Runs the npm that lies beside this Node.js, else the one on the PATH. */
export async function npm(options: readonly string[]): Promise<void> {
  const program = await findNpm();
  try {
    await run(program, [...options]);
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    throw new Error(stderr.trim() || String(error), { cause: error });
  }
}

async function findNpm(): Promise<string> {
  for (const directory of [...searchPath(), dirname(process.execPath)]) {
    const program = join(directory, "npm");
    if (await isExecutable(program)) return program;
  }
  throw new Error("this needs npm, which is not on the PATH");
}
