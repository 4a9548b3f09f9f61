import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { EARLY_FILES, LOCK_FILE, lockDirectory, makeDirectory } from "../data-directory.ts";
import { DATA_FORMAT, FORMAT_FILE, refuseNewer } from "../data-format.ts";
import { syncDirectory } from "../durable-files.ts";
import { StorageError } from "../errors.ts";
import { copyFile } from "./copy-file.ts";
import { type BackupFile, CONTENT_FOLDER, type Manifest, readManifest } from "./manifest.ts";
import type { BackupReport } from "./write-backup.ts";

/**
 * Puts a backup into an empty data directory that no server runs on. Every file is compared with what was backed up;
 * unless all are right nothing stays. Until it is whole the directory has no format, so that no server starts on it.
 */
export async function restoreBackup(options: {
  readonly backup: string;
  readonly dataDirectory: string;
}): Promise<BackupReport & Pick<Manifest, "createdAt">> {
  const target = resolve(options.dataDirectory);
  const backup = resolve(options.backup);
  const manifest = await readManifest(backup);
  refuseNewer(backup, manifest.format, DATA_FORMAT);
  await makeDirectory(target);
  await refuseUsed(target);
  await chmod(target, 0o700);
  const lock = await lockDirectory(target);
  try {
    await refuseUsed(target);
    await putAll(join(backup, CONTENT_FOLDER), target, manifest.files);
  } finally {
    lock.release();
  }
  const bytes = manifest.files.reduce((sum, { size }) => sum + size, 0);
  return { target, files: manifest.files.length, bytes, createdAt: manifest.createdAt };
}

async function refuseUsed(target: string): Promise<void> {
  const used = (await readdir(target)).find((name) => name === FORMAT_FILE || !EARLY_FILES.has(name));
  if (used === undefined) return;
  throw new Error(
    `${target} is not empty: it holds ${JSON.stringify(used)}. Restore into another directory (--data), ` +
      "or give up what is in this one (lambkin reset)",
  );
}

async function putAll(from: string, to: string, files: readonly BackupFile[]): Promise<void> {
  const format = files.find(({ path }) => path === FORMAT_FILE);
  if (format === undefined) throw new StorageError("corrupt", `the backup lacks ${FORMAT_FILE}`);
  try {
    for (const file of files) if (file !== format) await putOne(from, to, file);
    for (const folder of new Set(files.map(({ path }) => dirname(join(to, path)))))
      await syncDirectory(folder);
    await putOne(from, to, format);
    await syncDirectory(to);
  } catch (error) {
    for (const name of await readdir(to)) {
      if (name !== LOCK_FILE) await rm(join(to, name), { recursive: true, force: true });
    }
    throw error;
  }
}

async function putOne(from: string, to: string, { path, size, sha256 }: BackupFile): Promise<void> {
  const copy = join(to, path);
  await mkdir(dirname(copy), { recursive: true, mode: 0o700 });
  const copied = await copyFile(join(from, path), copy).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new StorageError("corrupt", `the backup lacks ${path}`);
  });
  if (copied.size !== size || copied.sha256 !== sha256)
    throw new StorageError("corrupt", `${path} of the backup is not what was backed up`);
}
