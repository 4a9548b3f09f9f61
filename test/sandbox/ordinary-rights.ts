import { statSync } from "node:fs";
import { dirname } from "node:path";

/** A user that owns nothing. */
export const NOBODY = 65534;

/** Whether a user without any group may pass every directory down to `path` and read it. */
export function readableByAll(path: string): boolean {
  for (let at = path; at !== dirname(at); at = dirname(at))
    if ((statSync(at).mode & 0o005) === 0) return false;
  return true;
}
