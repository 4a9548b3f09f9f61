import { closeSync, openSync, readSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { StorageError } from "./errors.ts";

const HEADER = "SQLite format 3\0";

/** Says which file is damaged and what to do; once, however often it is passed on. */
export function damaged(file: string, cause: Error): StorageError {
  if (cause.message.startsWith(file)) return cause as StorageError;
  return new StorageError(
    "corrupt",
    `${file} is damaged (${cause.message.replace(/^[*\s]*in database main[*\s]*/, "").replace(/\s+/g, " ")}): restore a backup into an empty data directory (lambkin restore), ` +
      "or give up what is stored and start anew (lambkin reset)",
    { cause },
  );
}

/** Databases of a data directory and of the folders in it. */
export async function databaseFiles(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      for (const name of await readdir(path)) if (isDatabase(name)) found.push(join(path, name));
    } else if (isDatabase(entry.name)) found.push(path);
  }
  return found.sort();
}

export function isDatabase(name: string): boolean {
  return name.endsWith(".db") || name.endsWith(".sqlite");
}

/** Refuses databases that are none, those too that will be opened only when they are needed. */
export async function refuseDamaged(directory: string): Promise<void> {
  for (const file of await databaseFiles(directory)) {
    const descriptor = openSync(file, "r");
    try {
      const header = Buffer.alloc(HEADER.length);
      const read = readSync(descriptor, header, 0, header.length, 0);
      // A store that was never written to is empty.
      if (read > 0 && header.toString("latin1") !== HEADER)
        throw damaged(file, new Error("it is not a database"));
    } finally {
      closeSync(descriptor);
    }
  }
}
