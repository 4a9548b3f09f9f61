import { DatabaseSync } from "node:sqlite";
import { toError } from "../base/index.ts";
import { asStorageError, StorageError } from "./errors.ts";

/** Held until it is released or the process is gone, however it goes: the kernel frees it. */
export interface ExclusiveLock {
  release(): void;
}

/**
 * Locks a file by the only lock that Node.js reaches without native code: SQLite's. The file stays empty. Undefined
 * if somebody else holds it after `waitMs`, during which the whole process waits.
 */
export function takeLock(file: string, waitMs: number): ExclusiveLock | undefined {
  let connection: DatabaseSync | undefined;
  try {
    connection = new DatabaseSync(file, { timeout: waitMs });
    // Nothing is ever written, and a journal on the disk would outlive a kill.
    connection.exec("PRAGMA journal_mode = MEMORY");
    connection.exec("BEGIN EXCLUSIVE");
    const held = connection;
    return { release: () => held.close() };
  } catch (thrown) {
    connection?.close();
    const error = asStorageError(toError(thrown));
    if (error instanceof StorageError && error.code === "busy") return undefined;
    throw error;
  }
}
