import type { TestContext } from "node:test";
import type { Storage } from "../../src/storage/index.ts";
import { type SimulatedClock, settle } from "../simulated-clock.ts";

/** One installation's storage, empty at first. It outlives the handles that are opened on it. */
export interface StorageWorld {
  /** Time for the storage, whichever handle. */
  readonly clock: SimulatedClock;
  /** Opens it, after the last handle was closed. */
  open(): Promise<Storage>;
  remove(): Promise<void>;
}

export interface StorageDriver {
  readonly name: string;
  create(): Promise<StorageWorld>;
}

/** Storage for one test, gone afterwards. */
export interface TestStorage {
  readonly clock: SimulatedClock;
  readonly now: () => Storage;
  reopen(): Promise<Storage>;
}

export async function storageFor(driver: StorageDriver, context: TestContext): Promise<TestStorage> {
  const world = await driver.create();
  let storage = await world.open();
  context.after(async () => {
    await storage.close();
    await world.remove();
  });
  return {
    clock: world.clock,
    now: () => storage,
    async reopen() {
      await storage.close();
      storage = await world.open();
      return storage;
    },
  };
}

/**
 * Returns when whatever the storage was about to hand over has been handed over: answers come in order, and a
 * hand-over takes at most a few questions one after the other.
 */
export async function quiet(storage: Storage): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await Promise.all([storage.queue.depth(), storage.state.get("quiet")]);
    await settle();
  }
}
