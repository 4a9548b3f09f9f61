import { chmod, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Randomness, removeTree, storageLimits, systemRandomness } from "../base/index.ts";
import { refuseDamaged } from "./damage.ts";
import { bringUpToDate, FORMAT_FILE, type FormatStep } from "./data-format.ts";
import { replaceFile, syncDirectory } from "./durable-files.ts";
import { makeEphemeralDirectory } from "./ephemeral-directory.ts";
import { StorageError } from "./errors.ts";
import { type ExclusiveLock, takeLock } from "./exclusive-lock.ts";

export interface DataDirectoryOptions {
  /** Absent only with `ephemeral`; then it is where the temporary directory is made. */
  readonly path?: string;
  /** A directory of this process only, removed when it closes, or by a later start if it could not. */
  readonly ephemeral: boolean;
  /** The format that this program writes. */
  readonly version: number;
  /** What brings earlier formats up to date. */
  readonly steps?: readonly FormatStep[];
  readonly randomness?: Randomness;
}

export interface DataDirectory {
  readonly path: string;
  /** 32 bytes, made at the first start. */
  readonly masterKey: Uint8Array;
  readonly close: () => Promise<void>;
}

export const LOCK_FILE = "lock";
const OWNER_FILE = "owner.json";
const KEY_FILE = "master.key";
/** What an interrupted first start may have left; anything else without a format file is somebody else's. */
export const EARLY_FILES: ReadonlySet<string> = new Set(
  [LOCK_FILE, OWNER_FILE, FORMAT_FILE].flatMap((name) => [name, `${name}.new`]),
);
const MASTER_KEY_BYTES = 32;

/** Makes or opens the directory of an installation and keeps every other process out of it. */
export async function openDataDirectory(options: DataDirectoryOptions): Promise<DataDirectory> {
  const randomness = options.randomness ?? systemRandomness;
  if (options.ephemeral) {
    const made = await makeEphemeralDirectory(options.path, LOCK_FILE, randomness);
    return prepare(made.path, made.lock, options, randomness, () => removeTree(made.path));
  }
  if (options.path === undefined) throw new Error("a data directory has a path");
  const path = resolve(options.path);
  await makeDirectory(path);
  await adopt(path);
  const lock = await lockDirectory(path);
  return prepare(path, lock, options, randomness, () => rm(join(path, OWNER_FILE), { force: true }));
}

/** Keeps every other process out of a directory. Rejects with a StorageError that says who is in it. */
export async function lockDirectory(path: string): Promise<ExclusiveLock> {
  const lock = takeLock(join(path, LOCK_FILE), storageLimits.directoryBusyMs);
  if (lock === undefined) throw await alreadyRunning(path);
  return lock;
}

async function prepare(
  path: string,
  lock: ExclusiveLock,
  { version, steps, ephemeral }: DataDirectoryOptions,
  randomness: Randomness,
  cleanUp: () => Promise<void>,
): Promise<DataDirectory> {
  try {
    const kept = { durable: !ephemeral };
    await replaceFile(join(path, OWNER_FILE), `${JSON.stringify({ pid: process.pid })}\n`, kept);
    await bringUpToDate(path, version, steps ?? [], kept);
    await refuseDamaged(path);
    const masterKey = await readMasterKey(path, randomness, kept);
    const close = async (): Promise<void> => {
      await cleanUp();
      lock.release();
    };
    return { path, masterKey, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Durably, with what is missing above it. */
export async function makeDirectory(path: string): Promise<void> {
  const firstMade = await mkdir(path, { recursive: true, mode: 0o700 });
  if (firstMade === undefined) return;
  for (let made = path; ; made = dirname(made)) {
    await syncDirectory(dirname(made));
    if (made === firstMade || made === dirname(made)) return;
  }
}

/** A directory that is not one of ours yet becomes ours, and private, only if it is empty. */
async function adopt(path: string): Promise<void> {
  const names = await readdir(path);
  if (names.includes(FORMAT_FILE)) return;
  const foreign = names.find((name) => !EARLY_FILES.has(name));
  if (foreign !== undefined) {
    throw new Error(
      `${path} is not a Lambkin data directory: it has no ${FORMAT_FILE} but holds ${JSON.stringify(foreign)}; ` +
        "name an empty or a new directory",
    );
  }
  await chmod(path, 0o700);
}

async function readMasterKey(
  path: string,
  randomness: Randomness,
  kept: { readonly durable: boolean },
): Promise<Uint8Array> {
  const file = join(path, KEY_FILE);
  const present = await readIfPresent(file);
  if (present === undefined) {
    const made = new Uint8Array(randomness.bytes(MASTER_KEY_BYTES));
    await replaceFile(file, made, kept);
    return made;
  }
  if (present.byteLength !== MASTER_KEY_BYTES) {
    throw new StorageError(
      "corrupt",
      `${file} is damaged: it has ${present.byteLength} bytes instead of ${MASTER_KEY_BYTES}; ` +
        "take it from a backup, or start anew (lambkin reset)",
    );
  }
  if (((await stat(file)).mode & 0o077) !== 0) await chmod(file, 0o600);
  return new Uint8Array(present);
}

/** The lock says that somebody runs; who it is says a file that a killed predecessor may have left. */
async function alreadyRunning(path: string): Promise<StorageError> {
  const text = (await readIfPresent(join(path, OWNER_FILE)))?.toString("utf8") ?? "";
  const pid = Number(/"pid":(\d+)/.exec(text)?.[1] ?? 0);
  const who = isAlive(pid) ? `the process with pid ${pid}` : "another process";
  return new StorageError(
    "busy",
    `${path} is in use by ${who}: stop it (lambkin stop), or give this one a data directory of its own (--data)`,
  );
}

function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Alive, but somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function readIfPresent(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
