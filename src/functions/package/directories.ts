import { lstat, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

export async function isDirectory(place: string): Promise<boolean> {
  try {
    return (await stat(place)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** Makes the names in a directory durable. */
export async function synchronizeDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What the files and links below a directory add up to. */
export async function bytesBelow(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const place = join(directory, entry.name);
    bytes += entry.isDirectory() ? await bytesBelow(place) : (await lstat(place)).size;
  }
  return bytes;
}
