import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { silentLog, systemClock, systemRandomness } from "../../src/base/index.ts";
import { openSqliteStorage, openStore, type Storage } from "../../src/storage/index.ts";
import { runUntilKilled } from "../../testkit/crashing-program.ts";
import { effort } from "../../testkit/effort.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";
import { until } from "../../testkit/storage-contract/until.ts";
import type { store as orders } from "./stores/orders.ts";

const ROUNDS = effort(5);
const ACKNOWLEDGED_LEAST = 200;

/** What processes have said that storage has acknowledged, over all rounds. */
class Acknowledged {
  readonly documents = new Map<string, number>();
  readonly events = new Set<string>();
  /** Acknowledgements that began: whether such an event is still there is unknown until they end. */
  readonly acking = new Set<string>();
  readonly acked = new Set<string>();
  readonly orders = new Set<string>();
  readonly blobs = new Set<string>();
  readonly timers = new Set<string>();
  readonly epochs = new Map<string, number>();
  count = 0;

  hear(line: string): void {
    const [what, name, number] = JSON.parse(line) as [string, string, number];
    this.count += 1;
    if (what === "put") this.documents.set(name, number);
    else if (what === "enqueued") this.events.add(name);
    else if (what === "acking") this.acking.add(name);
    else if (what === "acked") this.acked.add(name);
    else if (what === "ordered") this.orders.add(name);
    else if (what === "stored") this.blobs.add(name);
    else if (what === "armed") this.timers.add(name);
    else if (what === "leased") this.epochs.set(name, number);
    else throw new Error(`not understood: ${line}`);
  }
}

it("finds everything acknowledged after a process was killed under load, again and again", async (test) => {
  const seed = seedOfRun();
  test.diagnostic(`LAMBKIN_SEED=${seed}`);
  const random = seededRandomness(seed);
  const directory = await mkdtemp(join(tmpdir(), "lambkin-crash-"));
  test.after(() => rm(directory, { recursive: true }));
  const told = new Acknowledged();
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = told.count;
    await writeUntilKilled(directory, round, random, told);
    assert.ok(told.count - before >= ACKNOWLEDGED_LEAST, "the load was real");
    await checkStorage(directory, told);
    await checkOrders(directory, told);
  }
  test.diagnostic(`${told.count} acknowledgements over ${ROUNDS} kills`);
});

async function writeUntilKilled(
  directory: string,
  round: number,
  random: SeededRandomness,
  told: Acknowledged,
): Promise<void> {
  const program = new URL("programs/write-load.ts", import.meta.url);
  const args = [directory, `run${round}`, `${random.below(2 ** 31)}`];
  const lines = await runUntilKilled(program, args, async (told) => {
    if (told.length < ACKNOWLEDGED_LEAST) return false;
    await delay(random.below(150));
    return true;
  });
  for (const line of lines) told.hear(line);
}

async function checkStorage(directory: string, told: Acknowledged): Promise<void> {
  const storage = await openSqliteStorage({
    directory,
    clock: systemClock,
    randomness: systemRandomness,
    log: silentLog,
    partitions: 4,
  });
  try {
    for (const [key, step] of told.documents) {
      const value = (await storage.state.get(key))?.value;
      assert.ok(typeof value === "number" && value >= step, `${key} went back behind ${step}`);
    }
    await checkEvents(storage, told);
    for (const sha256 of told.blobs) await storage.blobs.ensureLocal(sha256);
    const unheard = new Set(told.timers);
    const stop = storage.timers.listen("t/", async (key) => void unheard.delete(key));
    await until("every timer fires", () => unheard.size === 0);
    stop();
    told.timers.clear();
    for (const [name, epoch] of told.epochs) {
      const lease = await storage.leases.acquire(name);
      assert.ok(lease !== undefined && lease.epoch > epoch, `the epoch of ${name} went back`);
      told.epochs.set(name, lease.epoch);
    }
  } finally {
    await storage.close();
  }
}

async function checkEvents(storage: Storage, told: Acknowledged): Promise<void> {
  const depth = Object.values(await storage.queue.depth()).reduce((sum, events) => sum + events, 0);
  const found = new Set<string>();
  const stops = [0, 1, 2, 3].map((partition) =>
    storage.queue.consume(partition, { max: 1_000_000 }, ({ id }) => found.add(id)),
  );
  await until("every event comes at once", () => found.size === depth);
  for (const stop of stops) stop();
  for (const id of told.events) {
    if (!told.acking.has(id)) assert.ok(found.has(id), `the event ${id} was acknowledged and is gone`);
  }
  for (const id of told.acked)
    assert.ok(!found.has(id), `the event ${id} came back after its acknowledgement`);
}

/** An order and its effect in the outbox are there together or not at all. */
async function checkOrders(directory: string, told: Acknowledged): Promise<void> {
  const store = await openStore<typeof orders>({
    module: new URL("./stores/orders.ts", import.meta.url),
    file: join(directory, "orders.db"),
  });
  try {
    const effects = new Set<string>();
    for (const topic of await store.read("outboxTopics", { after: undefined, limit: 10 })) {
      const rows = await store.read("outboxRows", { topic, limit: 1_000_000 });
      for (const { id } of rows) effects.add(id.replace("order-", ""));
    }
    const lines = new Set(await store.read("lines", undefined));
    assert.deepEqual(effects, lines);
    for (const name of told.orders)
      assert.ok(lines.has(name), `the order ${name} was acknowledged and is gone`);
  } finally {
    await store.close();
  }
}
