/**
 * Writes to every kind of storage at once, and says on standard output what has been acknowledged, one JSON array a
 * line, after the promise has resolved and before anything else. Arguments: directory, name of this run, seed.
 */

import { join } from "node:path";
import { silentLog, systemClock, systemRandomness } from "../../../src/base/index.ts";
import { type Delivery, openSqliteStorage, openStore } from "../../../src/storage/index.ts";
import { acknowledge } from "../../../testkit/acknowledge.ts";
import { seededRandomness } from "../../../testkit/seeded-randomness.ts";
import type { store as orders } from "../stores/orders.ts";

const WRITERS = 24;
const [directory = "", run = "", seed = "0"] = process.argv.slice(2);
const random = seededRandomness(Number(seed));

const storage = await openSqliteStorage({
  directory,
  clock: systemClock,
  randomness: systemRandomness,
  log: silentLog,
  partitions: 4,
});
const orderStore = await openStore<typeof orders>({
  module: new URL("../stores/orders.ts", import.meta.url),
  file: join(directory, "orders.db"),
});

function say(...what: unknown[]): void {
  acknowledge(JSON.stringify(what));
}

const deliveries: Delivery[] = [];
for (let partition = 0; partition < 4; partition += 1) {
  storage.queue.consume(partition, { max: 50 }, (delivery) => deliveries.push(delivery));
}

async function write(writer: number, step: number): Promise<void> {
  const id = `${run}-${writer}-${step}`;
  const kind = random.below(20);
  if (kind < 6) {
    await storage.state.put(`${run}/${writer}`, step);
    say("put", `${run}/${writer}`, step);
  } else if (kind < 12) {
    await storage.queue.enqueue(`key-${writer}`, { id }, { id, deadline: systemClock.now() });
    say("enqueued", id);
  } else if (kind < 15) {
    const delivery = deliveries.pop();
    if (delivery === undefined) return;
    say("acking", delivery.id);
    await delivery.ack();
    say("acked", delivery.id);
  } else if (kind < 17) {
    await orderStore.write("order", { name: id, topic: `topic-${writer % 3}` });
    say("ordered", id);
  } else if (kind < 18) {
    const { sha256 } = await storage.blobs.put(random.bytes(1 + random.below(5_000)));
    say("stored", sha256);
  } else if (kind < 19) {
    await storage.timers.arm(`t/${id}`, systemClock.now(), id);
    say("armed", `t/${id}`);
  } else {
    const lease = await storage.leases.acquire(`lease-${writer}`);
    if (lease === undefined) return;
    say("leased", `lease-${writer}`, lease.epoch);
    await lease.release();
  }
}

async function writeForever(writer: number): Promise<void> {
  for (let step = 0; ; step += 1) await write(writer, step);
}

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => writeForever(writer)));
