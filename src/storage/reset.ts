import { readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { LOCK_FILE, lockDirectory } from "./data-directory.ts";
import { DATA_FORMAT, FORMAT_FILE, readFormat, writeFormat } from "./data-format.ts";
import { syncDirectory } from "./durable-files.ts";

/**
 * Empties a data directory that no server runs on. False if there was nothing. A directory that is not Lambkin's is
 * refused. If it is interrupted no server starts on the rest; a second call finishes it.
 */
export async function resetDataDirectory(directory: string): Promise<boolean> {
  const path = resolve(directory);
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return [] as string[];
  });
  if (names.every((name) => name === LOCK_FILE)) return false;
  if (!names.includes(FORMAT_FILE))
    throw new Error(`${path} is not a Lambkin data directory: it has no ${FORMAT_FILE}`);
  const lock = await lockDirectory(path);
  try {
    // A format that can't be read must not keep anybody from starting anew.
    const found = await readFormat(path).catch(() => undefined);
    await writeFormat(path, { version: found?.version ?? DATA_FORMAT, emptying: true });
    for (const name of await readdir(path)) {
      if (name !== LOCK_FILE && name !== FORMAT_FILE)
        await rm(join(path, name), { recursive: true, force: true });
    }
    await syncDirectory(path);
    await rm(join(path, FORMAT_FILE));
    await syncDirectory(path);
    return true;
  } finally {
    lock.release();
  }
}
