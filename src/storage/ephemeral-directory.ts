import { lstat, mkdir, readdir } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { type Randomness, removeTree, storageLimits } from "../base/index.ts";
import { StorageError } from "./errors.ts";
import { type ExclusiveLock, takeLock } from "./exclusive-lock.ts";

const PREFIX = "ephemeral-";
const GUARD_FILE = "ephemeral.lock";

/**
 * Makes a directory that is locked from the moment others can see it, and removes those whose owners died: theirs
 * are not locked. Both under one guard, so that no start takes another's fresh directory for a dead one.
 */
export async function makeEphemeralDirectory(
  parent: string | undefined,
  lockFile: string,
  randomness: Randomness,
): Promise<{ readonly path: string; readonly lock: ExclusiveLock }> {
  const home = parent === undefined ? await privateTemporary() : resolve(parent);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const guard = takeLock(join(home, GUARD_FILE), storageLimits.fileBusyMs);
  if (guard === undefined) {
    throw new StorageError("busy", `${join(home, GUARD_FILE)} is held by a start that does not end`);
  }
  try {
    for (const name of await readdir(home)) {
      if (name.startsWith(PREFIX) && name !== GUARD_FILE) await removeIfDead(join(home, name), lockFile);
    }
    const path = join(home, `${PREFIX}${randomness.hex(16)}`);
    await mkdir(path, { mode: 0o700 });
    const lock = takeLock(join(path, lockFile), 0);
    if (lock === undefined) throw new StorageError("busy", `${path} is in use`);
    return { path, lock };
  } finally {
    guard.release();
  }
}

async function removeIfDead(path: string, lockFile: string): Promise<void> {
  let lock: ExclusiveLock | undefined;
  try {
    if (!(await lstat(path)).isDirectory()) return;
    lock = takeLock(join(path, lockFile), 0);
    if (lock !== undefined) await removeTree(path);
  } catch {
    // Something in it may still be mounted or go away right now; a later start tries again.
  } finally {
    lock?.release();
  }
}

/** Anybody may make names in the system's temporary directory, so ours must really be ours. */
async function privateTemporary(): Promise<string> {
  const { uid } = userInfo();
  const path = join(tmpdir(), `lambkin-${uid}`);
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o022) !== 0) {
    throw new Error(`${path} is not a directory that only this user may write to: remove it, or set TMPDIR`);
  }
  return path;
}
