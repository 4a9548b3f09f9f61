import { spawnSync } from "node:child_process";

/** Runs a command to its end and throws with its output if it fails. */
export function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): string {
  const result = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024, ...options });
  if (result.error !== undefined) throw new Error(`${command} could not be started: ${result.error.message}`);
  if (result.status !== 0) {
    throw new Error(
      `${[command, ...args].join(" ")} failed (${result.status ?? result.signal}):\n${result.stdout}${result.stderr}`,
    );
  }
  return result.stdout;
}

/** True if the command can be started and succeeds. */
export function works(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

/** Installs Debian packages, or throws naming what is missing and why. */
export function installDebianPackages(packages: readonly string[], purpose: string): void {
  const wanted = `${packages.join(" ")} (${purpose})`;
  if (process.getuid?.() !== 0 || !works("apt-get", "--version")) {
    throw new Error(`the tests need ${wanted}: install it and start them again`);
  }
  process.stderr.write(`installing ${wanted}\n`);
  run("apt-get", ["update", "-qq"]);
  run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages]);
}
