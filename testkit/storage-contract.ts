/** What every storage driver must do. A driver's test file calls this once with a way to make empty storage. */
import { describe } from "node:test";
import { blobStoreContract } from "./storage-contract/blob-store.ts";
import type { StorageDriver } from "./storage-contract/driver.ts";
import { eventQueueContract } from "./storage-contract/event-queue.ts";
import { eventQueueModel } from "./storage-contract/event-queue-model.ts";
import { leasesContract } from "./storage-contract/leases.ts";
import { stateStoreContract } from "./storage-contract/state-store.ts";
import { stateStoreModel } from "./storage-contract/state-store-model.ts";
import { timersContract } from "./storage-contract/timers.ts";

export function storageContract(driver: StorageDriver): void {
  describe(`storage contract: ${driver.name}`, () => {
    stateStoreContract(driver);
    stateStoreModel(driver);
    eventQueueContract(driver);
    eventQueueModel(driver);
    timersContract(driver);
    leasesContract(driver);
    blobStoreContract(driver);
  });
}
