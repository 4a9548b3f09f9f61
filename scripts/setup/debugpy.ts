import { existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { run } from "./run.ts";

/** The debugger of Python, pinned so that a run can be repeated. */
const DEBUGPY = "debugpy==1.8.17";

/** Puts it into a folder under `cache`, once, with the pip of `clients`. */
export async function installDebugpy(cache: string, clients: string): Promise<string> {
  const folder = path.join(cache, `python-${DEBUGPY.replaceAll(/[^\w.-]+/g, "-")}`);
  const done = path.join(folder, "complete");
  if (existsSync(done)) return folder;
  rmSync(folder, { recursive: true, force: true });
  process.stderr.write(`installing ${DEBUGPY} for the tests\n`);
  const options = ["install", "--quiet", "--disable-pip-version-check", "--target", folder];
  await run(path.join(clients, "bin", "pip"), [...options, DEBUGPY]);
  writeFileSync(done, `${DEBUGPY}\n`);
  return folder;
}
