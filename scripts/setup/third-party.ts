import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { installDebianPackages, run, works } from "./run.ts";
import { digestOf } from "./runtime-clients.ts";

/**
 * Zips, once for what `source` says, two layers of libraries as published: `nodejs.zip` by its package-lock.json,
 * `python.zip` by its requirements.txt, with the pip of `clients`. Returns the folder that holds them.
 */
export function buildThirdPartyLayers(cache: string, clients: string, source: string): string {
  const built = path.join(cache, `third-party-${digestOf(source)}`);
  if (existsSync(built)) return built;
  if (!works("npm", "--version")) installDebianPackages(["npm"], "installs libraries that functions use");
  if (!works("zip", "-v")) installDebianPackages(["zip"], "packs layers");
  process.stderr.write("installing libraries that functions use for the tests\n");
  const made = `${built}.${process.pid}`;
  const nodejs = path.join(made, "nodejs");
  mkdirSync(nodejs, { recursive: true });
  for (const name of ["package.json", "package-lock.json"])
    cpSync(path.join(source, name), path.join(nodejs, name));
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: nodejs });
  const requirements = path.join(source, "requirements.txt");
  const pip = ["install", "--quiet", "--disable-pip-version-check", "--no-compile"];
  run(path.join(clients, "bin", "pip"), [...pip, "--target", path.join(made, "python"), "-r", requirements]);
  for (const layer of ["nodejs", "python"]) {
    run("zip", ["-q", "-r", `${layer}.zip`, layer], { cwd: made });
    rmSync(path.join(made, layer), { recursive: true });
  }
  renameSync(made, built);
  return built;
}
