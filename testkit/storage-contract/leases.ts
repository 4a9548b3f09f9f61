import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type StorageDriver, storageFor } from "./driver.ts";

export function leasesContract(driver: StorageDriver): void {
  describe("Leases", () => {
    it("has one holder at a time, with an epoch that grows", async (test) => {
      const storage = await storageFor(driver, test);
      const { leases } = storage.now();
      const attempts = await Promise.all(Array.from({ length: 8 }, () => leases.acquire("one")));
      const holders = attempts.filter((lease) => lease !== undefined);
      assert.equal(holders.length, 1);
      const [first] = holders;
      assert.ok(first);
      assert.equal(first.lost.aborted, false);
      assert.ok(await leases.acquire("another"), "names are independent");
      await first.release();
      const second = await leases.acquire("one");
      assert.ok(second && second.epoch > first.epoch);
      await first.release();
      assert.equal(await leases.acquire("one"), undefined, "a second release is not the next holder's");
      const later = await (await storage.reopen()).leases.acquire("one");
      assert.ok(later && later.epoch > second.epoch, "the epoch outlives a restart");
    });

    it("tells the holder when the lease is lost with the storage", async (test) => {
      const storage = await storageFor(driver, test);
      const lease = await storage.now().leases.acquire("one");
      assert.ok(lease);
      await storage.reopen();
      assert.equal(lease.lost.aborted, true);
    });
  });
}
