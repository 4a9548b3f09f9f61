import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { backup as copyDatabase, DatabaseSync } from "node:sqlite";
import { toError } from "../../base/index.ts";
import { damaged, databaseFiles, isDatabase } from "../damage.ts";
import { readFormat } from "../data-format.ts";
import { syncDirectory } from "../durable-files.ts";
import { asStorageError, StorageError } from "../errors.ts";
import { copyFile, fingerprint } from "./copy-file.ts";
import { type BackupFile, CONTENT_FOLDER, encodeManifest, MANIFEST_FILE } from "./manifest.ts";
import { takeSnapshots } from "./snapshots.ts";

export interface BackupOptions {
  readonly dataDirectory: string;
  /** A directory that does not exist yet, or is empty, and is not inside the data directory. */
  readonly target: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

export interface BackupReport {
  readonly target: string;
  readonly files: number;
  readonly bytes: number;
}

/** Of a running server only: its lock and address, and what it makes again. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "lock",
  "owner.json",
  "server.json",
  "packages",
  "sandboxes",
  "builds",
  "s3/objects/incoming",
]);
const LEFT_OUT_NAMES = /(-wal|-shm|-journal|\.new)$|^unfinished-/;
/** As many pages as a database can have: all are copied in one step, under one read lock. */
const ALL_PAGES = 0x7fff_ffff;

/**
 * Copies a data directory while its server works: all databases as they are at one moment, then the files. What the
 * databases name must be kept from deletion until this resolves. The target has its name only when it is whole.
 */
export async function writeBackup(options: BackupOptions): Promise<BackupReport> {
  const dataDirectory = resolve(options.dataDirectory);
  const target = resolve(options.target);
  if (`${target}${sep}`.startsWith(`${dataDirectory}${sep}`))
    throw new Error(`${target} is inside the data directory: name another place for the backup`);
  await refuseTaken(target);
  const format = await readFormat(dataDirectory);
  if (format === undefined) throw new Error(`${dataDirectory} is not a Lambkin data directory`);
  const unfinished = `${target}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  try {
    await mkdir(join(unfinished, CONTENT_FOLDER), { recursive: true, mode: 0o700 });
    const files = await copyAll(dataDirectory, join(unfinished, CONTENT_FOLDER));
    const { version } = format;
    await writeDurably(
      join(unfinished, MANIFEST_FILE),
      encodeManifest({ format: version, createdAt: options.createdAt, files }),
    );
    await syncDirectory(unfinished);
    await rename(unfinished, target);
    await syncDirectory(dirname(target));
    return { target, files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
  } catch (thrown) {
    await rm(unfinished, { recursive: true, force: true });
    throw asStorageError(toError(thrown));
  }
}

async function refuseTaken(target: string): Promise<void> {
  try {
    if ((await readdir(target)).length > 0) throw new Error(`${target} is there already and not empty`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTDIR") throw new Error(`${target} is there already and no directory`, { cause: error });
    if (code !== "ENOENT") throw error;
  }
}

async function copyAll(from: string, to: string): Promise<BackupFile[]> {
  const files: BackupFile[] = [];
  const nameOf = (file: string) => relative(from, file).split(sep).join("/");
  const databases = (await databaseFiles(from)).sort(sourcesFirst(from));
  const snapshots = takeSnapshots(databases);
  try {
    for (const [at, file] of databases.entries()) {
      const copy = join(to, relative(from, file));
      await mkdir(dirname(copy), { recursive: true, mode: 0o700 });
      await copyDatabase(snapshots.connections[at] as DatabaseSync, copy, { rate: ALL_PAGES });
      examineCopy(file, copy);
      files.push({ path: nameOf(file), ...(await fingerprint(copy)) });
    }
  } finally {
    snapshots.close();
  }
  for await (const file of plainFiles(from, "")) {
    const copy = join(to, file);
    await mkdir(dirname(copy), { recursive: true, mode: 0o700 });
    const copied = await copyFile(join(from, file), copy).catch(unlessGone);
    if (copied !== undefined) files.push({ path: file, ...copied });
  }
  for (const folder of new Set(files.map(({ path }) => dirname(join(to, path))))) await syncDirectory(folder);
  return files;
}

/** For the case that no common moment was found: a repeated effect is harmless, a lost one is not. */
function sourcesFirst(directory: string): (a: string, b: string) => number {
  const rank = (file: string) => ["queue.db", "state.db"].indexOf(relative(directory, file));
  return (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1);
}

function examineCopy(file: string, copy: string): void {
  const copied = new DatabaseSync(copy);
  try {
    // The copy needs no files beside it then.
    copied.exec("PRAGMA journal_mode = DELETE");
    const found = copied.prepare("PRAGMA quick_check(1)").get() as { quick_check: string } | undefined;
    if (found?.quick_check !== "ok") throw damaged(file, new Error(found?.quick_check ?? "unreadable"));
  } catch (thrown) {
    const error = asStorageError(toError(thrown));
    throw error instanceof StorageError && error.code === "corrupt" ? damaged(file, error) : error;
  } finally {
    copied.close();
  }
}

async function* plainFiles(directory: string, folder: string): AsyncGenerator<string> {
  const entries = await readdir(join(directory, folder), { withFileTypes: true }).catch(unlessGone);
  for (const entry of entries ?? []) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (LEFT_OUT.has(path) || LEFT_OUT_NAMES.test(entry.name)) continue;
    if (entry.isDirectory()) yield* plainFiles(directory, path);
    else if (entry.isFile() && !isDatabase(entry.name)) yield path;
  }
}

/** What is deleted while it is to be copied belongs to nothing that the databases name. */
function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

async function writeDurably(file: string, content: string): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
