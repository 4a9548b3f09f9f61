import { readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** Where Lambkin keeps its data unless told otherwise: the user's data home, per the XDG base directory specification. */
export function defaultDataDirectory(): string {
  const home = process.env["XDG_DATA_HOME"];
  if (home !== undefined && path.isAbsolute(home)) return path.join(home, "lambkin");
  if (process.platform === "darwin")
    return path.join(os.homedir(), "Library", "Application Support", "lambkin");
  return path.join(os.homedir(), ".local", "share", "lambkin");
}

/** What a running server leaves in its data directory for the other commands. */
export interface RunningServerFile {
  readonly pid: number;
  readonly endpoint: string;
  /** Certificates that clients of the endpoint have to trust, as PEM. */
  readonly caBundle?: string;
}

export function readServerFile(directory: string): RunningServerFile | undefined {
  try {
    return JSON.parse(readFileSync(path.join(directory, "server.json"), "utf8")) as RunningServerFile;
  } catch {
    return undefined;
  }
}
