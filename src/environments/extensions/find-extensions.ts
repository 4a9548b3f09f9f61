import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** The files in the layers' `extensions` folder, in the order in which they are launched. */
export async function findExtensions(layersDirectory: string | undefined): Promise<readonly string[]> {
  if (layersDirectory === undefined) return [];
  if (await exists(join(layersDirectory, DISABLING_FILE))) return [];
  const directory = join(layersDirectory, "extensions");
  const names = await readdir(directory).catch(() => []);
  const files = await Promise.all(
    names.map(async (name) => ((await isFile(join(directory, name))) ? name : undefined)),
  );
  return files.filter((name) => name !== undefined).sort();
}

/** With this file a layer turns all extensions off. */
const DISABLING_FILE = "disable-extensions-jwigqn8j";

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => !status.isDirectory(),
    () => false,
  );
}
