import os from "node:os";
import path from "node:path";

/** Where things lie that survive the server and can be made anew (XDG Base Directory Specification). */
export function cacheDirectory(): string {
  const home = process.env["XDG_CACHE_HOME"];
  // By the specification an empty one is none, and one that is relative is to be ignored.
  const base = home !== undefined && path.isAbsolute(home) ? home : path.join(os.homedir(), ".cache");
  return path.join(base, "lambkin");
}
