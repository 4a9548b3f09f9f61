import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Removes a directory with everything in it, also where its own directories are read-only. Absence is fine. */
export async function removeTree(directory: string): Promise<void> {
  await makeWritable(directory);
  await rm(directory, { recursive: true, force: true });
}

async function makeWritable(directory: string): Promise<void> {
  try {
    await chmod(directory, 0o700);
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (entry.isDirectory()) await makeWritable(join(directory, entry.name));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
