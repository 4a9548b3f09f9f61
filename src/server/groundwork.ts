import { mkdir } from "node:fs/promises";
import path from "node:path";
import { cacheDirectory, type Log, systemClock, systemRandomness } from "../base/index.ts";
import { openSandboxTier } from "../environments/index.ts";
import { findRuntimes } from "../runtimes/index.ts";
import {
  beginStoreThread,
  DATA_FORMAT,
  FORMAT_STEPS,
  openDataDirectory,
  openSqliteStorage,
} from "../storage/index.ts";
import type { ServerOptions } from "./options.ts";
import type { Teardown } from "./teardown.ts";

const PROOF_PORT = 4566;

/** What a server stands on. The promises are what happens outside of this thread; each is awaited where it is needed. */
export interface Groundwork {
  readonly log: Log;
  readonly teardown: Teardown;
  readonly data: Awaited<ReturnType<typeof openDataDirectory>>;
  readonly storage: ReturnType<typeof openSqliteStorage>;
  readonly runtimes: ReturnType<typeof findRuntimes>;
  readonly tier: ReturnType<typeof openSandboxTier>;
  /** Sandboxes made from now on show the endpoint at this port. */
  setEndpointPort(port: number): void;
}

/**
 * Sets going what takes its time in threads and processes of its own, so that the rest of the server is loaded
 * meanwhile: the store's thread, the interpreters that are asked for their versions, the sandbox that proves the tier.
 */
export async function layGroundwork(
  options: ServerOptions,
  log: Log,
  teardown: Teardown,
): Promise<Groundwork> {
  const clock = systemClock;
  const randomness = systemRandomness;
  teardown.add("thread that nobody took", beginStoreThread());
  const data = await openDataDirectory({
    ...(options.dataDirectory === undefined ? {} : { path: options.dataDirectory }),
    ephemeral: options.dataDirectory === undefined,
    version: DATA_FORMAT,
    steps: FORMAT_STEPS,
    randomness,
  });
  teardown.add("data directory", () => data.close());
  const storage = openSqliteStorage({ directory: data.path, clock, randomness, log });
  // A failure is told to whoever awaits it, which may be later than it happens.
  storage.catch(() => undefined);
  teardown.add("storage", () => closeOpened(storage));
  // The sandbox that proves the tier has a network of its own, where any port will do.
  let endpointPort = PROOF_PORT;
  const tier = openTier(options, path.join(data.path, "sandboxes"), () => endpointPort, log);
  tier.catch(() => undefined);
  teardown.add("sandboxes", () => closeOpened(tier));
  const runtimes = findRuntimes({
    memoryFile: path.join(cacheDirectory(), "interpreters.json"),
    match: options.runtimeMatch ?? (options.secure ? "exact" : "closest"),
  });
  runtimes.catch(() => undefined);
  return {
    log,
    teardown,
    data,
    storage,
    runtimes,
    tier,
    setEndpointPort: (port) => {
      endpointPort = port;
    },
  };
}

async function openTier(
  options: ServerOptions,
  stateDirectory: string,
  endpointPort: () => number,
  log: Log,
): ReturnType<typeof openSandboxTier> {
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  return openSandboxTier({
    cacheDirectory: cacheDirectory(),
    stateDirectory,
    endpointPort,
    clock: systemClock,
    log,
    isolated: options.secure,
    ...(options.isolation === undefined ? {} : { prefer: options.isolation }),
    ...(options.runsc === undefined ? {} : { runsc: options.runsc }),
    ...(options.egress === undefined ? {} : { egress: options.egress }),
  });
}

/** What could not be opened has told so to whoever awaited it, and needs no closing. */
async function closeOpened(opening: Promise<{ close(): Promise<void> }>): Promise<void> {
  const opened = await opening.catch(() => undefined);
  await opened?.close();
}
