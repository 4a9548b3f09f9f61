import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { provide } from "./debian.ts";
import { run } from "./run.ts";
import { digestOf } from "./runtime-clients.ts";

/**
 * Zips, once for what `source` says, two layers of libraries as published: `nodejs.zip` by its package-lock.json,
 * `python.zip` by its requirements.txt, with the pip of `clients`. Returns the folder that holds them.
 */
export async function buildThirdPartyLayers(cache: string, clients: string, source: string): Promise<string> {
  const built = path.join(cache, `third-party-${digestOf(source)}`);
  if (existsSync(built)) return built;
  await provide(["npm", "--version"], ["npm"], "installs libraries that functions use");
  await provide(["zip", "-v"], ["zip"], "packs layers");
  process.stderr.write("installing libraries that functions use for the tests\n");
  const made = `${built}.${process.pid}`;
  const nodejs = path.join(made, "nodejs");
  mkdirSync(nodejs, { recursive: true });
  for (const name of ["package.json", "package-lock.json"])
    cpSync(path.join(source, name), path.join(nodejs, name));
  const requirements = path.join(source, "requirements.txt");
  const pip = ["install", "--quiet", "--disable-pip-version-check", "--no-compile"];
  const pack = async (layer: string): Promise<void> => {
    await run("zip", ["-q", "-r", `${layer}.zip`, layer], { cwd: made });
    rmSync(path.join(made, layer), { recursive: true });
  };
  await Promise.all([
    run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: nodejs }).then(() =>
      pack("nodejs"),
    ),
    run(path.join(clients, "bin", "pip"), [
      ...pip,
      "--target",
      path.join(made, "python"),
      "-r",
      requirements,
    ]).then(() => pack("python")),
  ]);
  renameSync(made, built);
  return built;
}
