import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, invokeLimits, type Log, type Randomness } from "../../base/index.ts";
import { FileBlobStore } from "../blob-store.ts";
import type { Storage } from "../interfaces.ts";
import { SqliteEventQueue } from "./event-queue.ts";
import { SqliteLeases } from "./leases.ts";
import { openStore } from "./open-store.ts";
import type { store as queueDefinition } from "./queue-definition.ts";
import type { store as stateDefinition } from "./state-definition.ts";
import { SqliteStateStore } from "./state-store.ts";
import { SqliteTimers } from "./timers.ts";

export interface SqliteStorage extends Storage {
  /** Keeps the files of all blobs, deleted ones too, until what it returns is called. */
  holdBlobs(): () => Promise<void>;
  /** Opens what an earlier run has left work in, and rejects if that is damaged. */
  resume(): Promise<void>;
}

export interface SqliteStorageOptions {
  /** Belongs to this process alone; made if it is missing. */
  readonly directory: string;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** Partitions of the event queue; a queue written with another number is rearranged when it is opened. */
  readonly partitions?: number;
}

/**
 * The embedded storage of a single node. `state.db` is opened now, with its thread; `queue.db` and its thread
 * when the queue is first used; blobs are files under `blobs/`.
 */
export async function openSqliteStorage(options: SqliteStorageOptions): Promise<SqliteStorage> {
  const { directory, clock, randomness, log } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const blobs = await FileBlobStore.open(join(directory, "blobs"), randomness);
  const stateFile = await openStore<typeof stateDefinition>({
    module: new URL("./state-definition.ts", import.meta.url),
    file: join(directory, "state.db"),
  });
  const queueFile = join(directory, "queue.db");
  const timers = new SqliteTimers(stateFile, clock, log);
  const leases = new SqliteLeases(stateFile);
  const queue = new SqliteEventQueue({
    open: () =>
      openStore<typeof queueDefinition>({
        module: new URL("./queue-definition.ts", import.meta.url),
        file: queueFile,
      }),
    exists: () => existsSync(queueFile),
    partitions: options.partitions ?? invokeLimits.asyncPartitions,
    clock,
    log,
  });
  return {
    state: new SqliteStateStore(stateFile, log),
    blobs,
    queue,
    leases,
    timers,
    holdBlobs: () => blobs.hold(),
    async resume() {
      if (existsSync(queueFile)) await queue.open();
    },
    async close() {
      leases.close();
      await Promise.all([timers.close(), queue.close()]);
      await stateFile.close();
    },
  };
}
