import { mkdir, realpath, rm } from "node:fs/promises";
import { type Log, systemClock } from "../base/index.ts";
import { LocalDirectories } from "../development/index.ts";
import type { ServerOptions } from "./options.ts";

/** Directories of this machine for functions to run from, where this server lets them. */
export async function openLiveDirectories(
  { secure, host, hotReload }: ServerOptions,
  places: { readonly dataDirectory: string; readonly buildDirectory: string },
  log: Log,
): Promise<LocalDirectories | undefined> {
  // What a crash left of earlier builds.
  await rm(places.buildDirectory, { recursive: true, force: true });
  if (secure || !(hotReload ?? isLoopback(host))) return undefined;
  await mkdir(places.buildDirectory, { recursive: true, mode: 0o755 });
  const chosen = typeof hotReload === "object" ? hotReload : undefined;
  // Nothing is mounted from behind a link.
  const buildDirectory = await realpath(places.buildDirectory);
  return new LocalDirectories({ ...places, buildDirectory, ...chosen, clock: systemClock, log });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
