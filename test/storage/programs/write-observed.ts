/**
 * Makes one durable write after the other and says on standard output what the observer had counted when each was
 * acknowledged: `{ what, writes, syncs, dirty }`, the first two since the one before. Arguments: directory, counters.
 */
import { openSync, readSync } from "node:fs";
import { join } from "node:path";
import { silentLog, systemClock, systemRandomness } from "../../../src/base/index.ts";
import {
  type Delivery,
  openDataDirectory,
  openSqliteStorage,
  openStore,
} from "../../../src/storage/index.ts";
import type { store as orders } from "../stores/orders.ts";

const ROUNDS = 12;
const [directory = "", countersFile = ""] = process.argv.slice(2);
const counters = openSync(countersFile, "r");
let before = { writes: 0, syncs: 0 };

function say(what: string): void {
  const numbers = new BigUint64Array(3);
  readSync(counters, numbers, 0, numbers.byteLength, 0);
  const [writes = 0, syncs = 0, dirty = 0] = Array.from(numbers, Number);
  console.log(JSON.stringify({ what, writes: writes - before.writes, syncs: syncs - before.syncs, dirty }));
  before = { writes, syncs };
}

const data = await openDataDirectory({ path: join(directory, "data"), ephemeral: false, version: 1 });
say("data directory");
const storage = await openSqliteStorage({
  directory: join(data.path, "storage"),
  clock: systemClock,
  randomness: systemRandomness,
  log: silentLog,
});
const orderStore = await openStore<typeof orders>({
  module: new URL("../stores/orders.ts", import.meta.url),
  file: join(data.path, "orders.db"),
});
await storage.queue.depth();
say("open");

for (let round = 0; round < ROUNDS; round += 1) {
  const id = `${round}`;
  await storage.state.put("key", round);
  say("put");
  await storage.timers.arm("t/key", systemClock.now() + 3_600_000, round);
  say("arm");
  const lease = await storage.leases.acquire("lease");
  say("acquire");
  await lease?.release();
  await storage.blobs.put(Buffer.alloc(1_000 + round, "x"));
  say("blob");
  await orderStore.write("order", { name: id, topic: "t" });
  say("write with outbox");
  await storage.queue.enqueue("key", round, { id, deadline: systemClock.now() });
  say("enqueue");
  const { promise: delivered, resolve } = Promise.withResolvers<Delivery>();
  const stops = Array.from({ length: storage.queue.partitions }, (_, partition) =>
    storage.queue.consume(partition, { max: 1 }, resolve),
  );
  const delivery = await delivered;
  for (const stop of stops) stop();
  await delivery.retryAt(systemClock.now() + 3_600_000, 2);
  say("retry");
  await delivery.ack();
  say("acknowledge");
  await Promise.all(Array.from({ length: 100 }, (_, index) => storage.state.put(`many/${index}`, round)));
  say("a hundred puts at once");
  await storage.state.delete("key");
  say("delete");
}
await storage.close();
await orderStore.close();
await data.close();
