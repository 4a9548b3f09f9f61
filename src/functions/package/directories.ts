import { statSync } from "node:fs";
import { lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Of this machine, and looked for at once: in the queue of Node.js's threads it would wait for whatever they write. */
export function isDirectory(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
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
