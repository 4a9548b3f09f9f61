import { run, works } from "./run.ts";

type Command = readonly [string, ...string[]];

/** Resolves when nobody installs: apt-get works for one at a time. */
let turn: Promise<void> = Promise.resolve();

let listsAreNew = false;

/**
 * Installs the Debian packages that bring a command, unless it works already; `purpose` says what for. Throws with what
 * to install where this process can't.
 */
export async function provide(command: Command, packages: readonly string[], purpose: string): Promise<void> {
  if (await works(...command)) return;
  await installDebianPackages(packages, purpose, () => works(...command));
}

/** Installs Debian packages when it is their turn, unless by then `isThere`, or throws with what to install. */
export function installDebianPackages(
  packages: readonly string[],
  purpose: string,
  isThere: () => boolean | Promise<boolean> = () => false,
): Promise<void> {
  const installed = turn.then(async () => {
    if (!(await isThere())) await install(packages, purpose);
  });
  turn = installed.catch(() => undefined);
  return installed;
}

async function install(packages: readonly string[], purpose: string): Promise<void> {
  const wanted = `${packages.join(" ")} (${purpose})`;
  if (process.getuid?.() !== 0 || !(await works("apt-get", "--version")))
    throw new Error(`this needs ${wanted}: install it and start again`);
  process.stderr.write(`installing ${wanted}\n`);
  if (!listsAreNew) await run("apt-get", ["update", "-qq"]);
  listsAreNew = true;
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages]);
}
