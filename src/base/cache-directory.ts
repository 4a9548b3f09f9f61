import os from "node:os";
import path from "node:path";

/** Where things lie that survive the server and can be made anew (XDG Base Directory Specification). */
export function cacheDirectory(): string {
  return path.join(process.env["XDG_CACHE_HOME"] ?? path.join(os.homedir(), ".cache"), "lambkin");
}
