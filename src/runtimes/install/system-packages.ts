import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What the package manager would install, and the command that does it. */
export interface PackagePlan {
  readonly packages: readonly string[];
  readonly command: readonly [string, ...string[]];
}

/**
 * The first of some groups of Debian packages that this system's sources have whole.
 * @returns undefined if none is to be had, or the system has no apt.
 */
export async function planPackages(groups: readonly (readonly string[])[]): Promise<PackagePlan | undefined> {
  for (const packages of groups) {
    if (await areOffered(packages)) {
      return { packages, command: ["apt-get", "install", "-y", "--no-install-recommends", ...packages] };
    }
  }
  return undefined;
}

/** Runs the command of a plan, whose output goes to this process's standard error. Only root can. */
export async function carryOut({ command: [program, ...options] }: PackagePlan): Promise<void> {
  const child = spawn(program, options, {
    stdio: ["ignore", 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once("error", reject);
  child.once("exit", (code) => {
    if (code === 0) resolve();
    else reject(new Error(`${[program, ...options].join(" ")} ended with ${code}`));
  });
  await promise;
}

async function areOffered(packages: readonly string[]): Promise<boolean> {
  try {
    const { stdout } = await run("apt-cache", ["policy", ...packages], {
      env: { ...process.env, LC_ALL: "C" },
    });
    const candidates = [...stdout.matchAll(/^ {2}Candidate: (.*)$/gm)].map(([, version]) => version);
    return candidates.length === packages.length && candidates.every((version) => version !== "(none)");
  } catch {
    return false;
  }
}
