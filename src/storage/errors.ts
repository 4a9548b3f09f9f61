/**
 * What can go wrong with storage itself, whatever was asked of it.
 * - `full`: no room on the disk (or in a quota); nothing of the request was kept, reads still work
 * - `io`: the disk failed; nothing of the request is promised
 * - `busy`: another process holds the file, or too many requests wait already
 * - `corrupt`: stored bytes are not what was written
 * - `newer-format`: written by a newer version of this program
 * - `older-format`: written by a version so old that this one can't read it any more
 * - `closed`: the store was closed before
 * - `lost`: the store's thread died; whether the request took effect is unknown
 */
export type StorageErrorCode =
  | "full"
  | "io"
  | "busy"
  | "corrupt"
  | "newer-format"
  | "older-format"
  | "closed"
  | "lost";

export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Result codes of SQLite without their extension, https://www.sqlite.org/rescode.html */
const SQLITE_CODES: Readonly<Record<number, StorageErrorCode>> = {
  5: "busy",
  6: "busy",
  8: "io",
  10: "io",
  11: "corrupt",
  13: "full",
  14: "io",
  26: "corrupt",
};

const FILE_CODES: Readonly<Record<string, StorageErrorCode>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EIO: "io",
  EROFS: "io",
};

/** Gives the errors of SQLite and of the file system that stand for the state of the disk their typed form. */
export function asStorageError(error: Error): Error {
  if (error instanceof StorageError) return error;
  const { code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
  let known: StorageErrorCode | undefined;
  if (code === "ERR_SQLITE_ERROR" && typeof errcode === "number") known = SQLITE_CODES[errcode & 0xff];
  else if (typeof code === "string") known = FILE_CODES[code];
  return known === undefined ? error : new StorageError(known, error.message, { cause: error });
}
