import { join } from "node:path";
import { cacheDirectory } from "../../base/index.ts";
import { namesIn } from "../interpreter-probe.ts";

/** Where `lambkin runtimes install` puts what is not installed for the whole system: a directory for each. */
export function installationHome(): string {
  return join(cacheDirectory(), "runtimes");
}

/** The directories of what is installed completely. */
export async function installedDirectories(): Promise<readonly string[]> {
  const home = installationHome();
  return (await namesIn(home)).filter((name) => !name.startsWith(".")).map((name) => join(home, name));
}
