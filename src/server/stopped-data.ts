import { systemClock } from "../base/index.ts";
import { type BackupReport, backUp, lockDirectory } from "../storage/index.ts";

export { resetDataDirectory, restoreBackup } from "../storage/index.ts";

/** Backs up a data directory that no server runs on. */
export async function backUpStopped(dataDirectory: string, target: string): Promise<BackupReport> {
  const lock = await lockDirectory(dataDirectory);
  try {
    return await backUp({ dataDirectory, target, createdAt: new Date(systemClock.now()).toISOString() });
  } finally {
    lock.release();
  }
}
