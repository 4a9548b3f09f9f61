import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog, systemRandomness } from "../../src/base/index.ts";
import { openSqliteStorage } from "../../src/storage/index.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";
import { storageContract } from "../../testkit/storage-contract.ts";

storageContract({
  name: "SQLite",
  async create() {
    const directory = await mkdtemp(join(tmpdir(), "lambkin-storage-"));
    const clock = new SimulatedClock();
    return {
      clock,
      open: () =>
        openSqliteStorage({ directory, clock, randomness: systemRandomness, log: silentLog, partitions: 4 }),
      remove: () => rm(directory, { recursive: true }),
    };
  },
});
