import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type {
  Clock,
  EventTargets,
  InvocationDestination,
  Log,
  ObjectReader,
  Randomness,
} from "../../base/index.ts";
import { openStore, relayOutbox } from "../../storage/index.ts";
import { bindOperations, type Service } from "../../wire/index.ts";
import { BodyStore } from "./bodies/body-store.ts";
import { loadMasterKey } from "./bodies/cipher.ts";
import { createInvocationRecords } from "./invocation-records.ts";
import { createDeliverer } from "./notifications/delivery.ts";
import { operations } from "./operations/index.ts";
import { createReader } from "./reader.ts";
import type { S3 } from "./s3.ts";
import type { store as definition } from "./store.ts";

export interface S3Options {
  /** A folder of its own; it is made if it does not exist. */
  readonly directory: string;
  /** Where buckets send their events. */
  readonly targets: EventTargets;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

export interface S3Service {
  readonly service: Service;
  readonly reader: ObjectReader;
  /** Buckets as destinations of asynchronous invocations. */
  readonly invocationRecords: InvocationDestination;
  /** Keeps the files of all objects, deleted ones too, until what it returns is called. */
  holdBodies(): () => void;
  /** Settles what was accepted; notifications that are not delivered by then are after the next start. */
  close(): Promise<void>;
}

export async function createS3(options: S3Options): Promise<S3Service> {
  const { directory, targets, clock, randomness, log } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, "metadata.sqlite");
  const masterKey = loadMasterKey(directory, !existsSync(file), randomness);
  const store = await openStore<typeof definition>({ module: new URL("./store.ts", import.meta.url), file });
  const bodies = new BodyStore({ directory: join(directory, "objects"), masterKey, randomness, log });
  const sweep = bodies
    .sweep((files) => store.read("unreferencedFiles", files))
    .catch((error: unknown) => log.warn("s3.sweep-failed", { error }));
  const relay = relayOutbox({ store, deliver: createDeliverer(targets), clock, log });
  const s3: S3 = { store, bodies, targets, clock, randomness, log, said: new Set() };
  return {
    service: { name: "s3", operations: bindOperations(s3, operations) },
    reader: createReader(s3),
    invocationRecords: createInvocationRecords(s3),
    holdBodies() {
      const hold = bodies.hold();
      return () => hold.release();
    },
    async close() {
      await relay.stop();
      await sweep;
      await bodies.close();
      await store.close();
    },
  };
}
