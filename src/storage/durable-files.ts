import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes the entries of a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/**
 * Replaces a file as a whole: after a crash there is the old content or the new, readable by the owner only. What no
 * crash needs to be survived by may do without `durable`, and without the waiting for the disk.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  { durable }: { readonly durable: boolean } = { durable: true },
): Promise<void> {
  const temporary = `${path}.new`;
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, "w", 0o600);
    await file.writeFile(content);
    if (durable) await file.sync();
  } finally {
    await file?.close();
  }
  await rename(temporary, path);
  if (durable) await syncDirectory(dirname(path));
}
