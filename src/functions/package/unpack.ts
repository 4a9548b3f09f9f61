import { chmod, lutimes, mkdir, open, symlink } from "node:fs/promises";
import { join } from "node:path";
import { functionLimits } from "../../base/index.ts";
import type { PackageFile } from "./archive.ts";
import { readArchive } from "./archive.ts";
import { BadPackage, demand } from "./bad-package.ts";
import { contentsOf } from "./contents.ts";
import { synchronizeDirectory } from "./directories.ts";
import type { ZipSource } from "./zip-source.ts";

const SYMLINK_TEXT = new TextDecoder("utf-8", { fatal: true });

/**
 * Unpacks an archive into `directory`, which exists and is empty: regular files first, links last, so that nothing is
 * ever written through a link; then everything read-only and on disk. Rejects with BadPackage for a bad archive;
 * whoever calls removes the directory then.
 */
export async function unpack(source: ZipSource, directory: string): Promise<void> {
  const archive = await readArchive(source);
  const targets = await readLinks(source, archive.links);
  for (const { path, target } of targets) archive.tree.addLink(path, target);
  for (const { path } of targets) archive.tree.checkLink(path);

  const directories = [...archive.tree.directories()];
  for (const { path } of directories.slice(1)) {
    await mkdir(join(directory, ...path), { mode: 0o700 }).catch(taken);
  }
  await forEach(archive.files, (file) => write(source, file, join(directory, ...file.path)));
  for (const { path, target, modified } of targets) {
    const place = join(directory, ...path);
    await symlink(target, place).catch(taken);
    await lutimes(place, modified, modified);
  }
  for (const { path, mode } of directories.toReversed()) {
    const place = join(directory, ...path);
    await synchronizeDirectory(place);
    await chmod(place, mode);
  }
}

interface Link {
  readonly path: readonly string[];
  readonly target: string;
  readonly modified: Date;
}

async function readLinks(source: ZipSource, links: readonly PackageFile[]): Promise<Link[]> {
  const result: Link[] = [];
  for (const link of links) {
    const pieces: Uint8Array[] = [];
    for await (const piece of contentsOf(source, link)) pieces.push(piece);
    const target = decode(Buffer.concat(pieces));
    demand(!target.startsWith("/") && !target.includes("\0"), "a link leads out of the package");
    result.push({ path: link.path, target, modified: link.modified });
  }
  return result;
}

function decode(bytes: Uint8Array): string {
  try {
    return SYMLINK_TEXT.decode(bytes);
  } catch {
    throw new BadPackage("broken", "a link's target is not UTF-8");
  }
}

async function write(source: ZipSource, file: PackageFile, place: string): Promise<void> {
  const handle = await open(place, "wx", 0o600).catch(taken);
  try {
    for await (const piece of contentsOf(source, file)) await handle.writeFile(piece);
    await handle.chmod(file.mode);
    await handle.utimes(file.modified, file.modified);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Nothing that is there is ever used: on a file system that folds case, or accents, two names can be one. */
function taken(error: NodeJS.ErrnoException): never {
  demand(error.code !== "EEXIST", "two entries have one name on this file system");
  throw error;
}

/** A few at a time: enough to share the disk's flushes and the decompression threads. */
async function forEach<Item>(items: readonly Item[], action: (item: Item) => Promise<void>): Promise<void> {
  const iterator = items.values();
  let failed = false;
  const worker = async () => {
    for (const item of iterator) {
      if (failed) return;
      try {
        await action(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: functionLimits.unpackFilesAtOnce }, worker));
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}
