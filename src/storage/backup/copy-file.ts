import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

const CHUNK_BYTES = 1024 * 1024;

/**
 * Copies a plain file as it is long now, never through a link, and puts the copy on disk.
 * Rejects with Node.js's ENOENT if it is gone.
 */
export async function copyFile(from: string, to: string): Promise<{ size: number; sha256: string }> {
  const source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const target = await open(to, "wx", 0o600);
    try {
      const copied = await copyBytes(source, target);
      await target.sync();
      return copied;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** The size and hash of a file. */
export async function fingerprint(path: string): Promise<{ size: number; sha256: string }> {
  const source = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await copyBytes(source, undefined);
  } finally {
    await source.close();
  }
}

async function copyBytes(
  source: FileHandle,
  target: FileHandle | undefined,
): Promise<{ size: number; sha256: string }> {
  const length = (await source.stat()).size;
  const hash = createHash("sha256");
  const chunk = Buffer.allocUnsafe(Math.max(1, Math.min(length, CHUNK_BYTES)));
  let size = 0;
  while (size < length) {
    const { bytesRead } = await source.read(chunk, 0, Math.min(chunk.length, length - size));
    if (bytesRead === 0) break;
    const bytes = chunk.subarray(0, bytesRead);
    hash.update(bytes);
    if (target !== undefined) await writeAll(target, bytes);
    size += bytesRead;
  }
  return { size, sha256: hash.digest("hex") };
}

async function writeAll(target: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; )
    written += (await target.write(bytes, written)).bytesWritten;
}
