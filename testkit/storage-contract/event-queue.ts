import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Delivery, Storage } from "../../src/storage/index.ts";
import { quiet, type StorageDriver, storageFor } from "./driver.ts";
import { until } from "./until.ts";

const REDELIVERY_MS = 30_000;
const WINDOW_MS = 120_000;

/** Consumes every partition and keeps what comes. */
export function consumeAll(
  storage: Storage,
  max = 1_000,
): { readonly deliveries: Delivery[]; readonly stop: () => void } {
  const deliveries: Delivery[] = [];
  const stops = Array.from({ length: storage.queue.partitions }, (_, partition) =>
    storage.queue.consume(partition, { max }, (delivery) => deliveries.push(delivery)),
  );
  return { deliveries, stop: () => stops.forEach((stop) => stop()) };
}

const ids = (deliveries: readonly Delivery[]): string[] => deliveries.map(({ id }) => id);

export function eventQueueContract(driver: StorageDriver): void {
  describe("EventQueue", () => {
    it("hands over an event as it was enqueued, and not again once acknowledged", async (test) => {
      const storage = await storageFor(driver, test);
      const enqueuedAt = storage.clock.now();
      const deadline = enqueuedAt + 3_600_000;
      const event = { payload: "ä\u{1f600}", nested: [1, null] };
      await storage.now().queue.enqueue("key", event, { id: "1", deadline });
      const { deliveries } = consumeAll(storage.now());
      await until("the event comes", () => deliveries.length === 1);
      const [delivery] = deliveries;
      assert.ok(delivery);
      const known = Object.fromEntries(
        Object.entries(delivery).filter(([, value]) => typeof value !== "function"),
      );
      assert.deepEqual(known, { id: "1", partitionKey: "key", event, attempt: 1, enqueuedAt, deadline });
      await delivery.ack();
      await delivery.ack();
      await storage.clock.advance(10 * REDELIVERY_MS);
      const after = consumeAll(await storage.reopen());
      await quiet(storage.now());
      assert.deepEqual([deliveries.length, after.deliveries.length], [1, 0]);
      assert.deepEqual(await storage.now().queue.depth(), {});
    });

    it("hands over at once what is enqueued while somebody waits", async (test) => {
      const { clock, now } = await storageFor(driver, test);
      const { deliveries } = consumeAll(now());
      await quiet(now());
      await now().queue.enqueue("key", 1, { id: "1", deadline: clock.now() });
      await until("the event comes though no time passes", () => deliveries.length === 1);
    });

    it("maps a key to one partition and spreads keys over all", async (test) => {
      const { clock, now } = await storageFor(driver, test);
      const { queue } = now();
      const partitionsOf = new Map<string, Set<number>>();
      let count = 0;
      for (let partition = 0; partition < queue.partitions; partition += 1) {
        queue.consume(partition, { max: 1_000 }, ({ partitionKey }) => {
          count += 1;
          partitionsOf.set(partitionKey, (partitionsOf.get(partitionKey) ?? new Set()).add(partition));
        });
      }
      const keys = Array.from({ length: 200 }, (_, index) => `000000000000/eu-west-1/function-${index}`);
      await Promise.all(
        keys.flatMap((key) =>
          [1, 2].map((n) => queue.enqueue(key, n, { id: `${key}#${n}`, deadline: clock.now() })),
        ),
      );
      await until("all events come", () => count === 400);
      assert.ok([...partitionsOf.values()].every((partitions) => partitions.size === 1));
      const used = new Set([...partitionsOf.values()].flatMap((partitions) => [...partitions]));
      assert.equal(used.size, queue.partitions);
    });

    it("lets keys take turns, so that a long queue of one does not stand before the others", async (test) => {
      const { clock, now } = await storageFor(driver, test);
      const { queue } = now();
      const enqueue = (key: string, id: string) =>
        queue.enqueue(key, "x".repeat(500), { id, deadline: clock.now() });
      await Promise.all(Array.from({ length: 400 }, (_, n) => enqueue("hog", `hog-${n}`)));
      await clock.advance(1_000);
      const others = Array.from({ length: 60 }, (_, n) => `other-${n}`);
      await Promise.all(others.map((key) => enqueue(key, key)));
      const came: string[] = [];
      for (let partition = 0; partition < queue.partitions; partition += 1) {
        const shares = { max: 120, openToAll: 60, leastPerKey: 1 };
        queue.consume(partition, shares, ({ id }) => came.push(id));
      }
      await until("everybody's first event comes", () => others.every((id) => came.includes(id)));
      await quiet(now());
      const ofHog = came.filter((id) => id.startsWith("hog-"));
      assert.ok(ofHog.length >= 1 && ofHog.length <= 60, `${ofHog.length}`);
      assert.deepEqual(
        ofHog,
        ofHog.map((_, n) => `hog-${n}`),
      );
    });

    it("drops a second event of the same id for two minutes, also over a restart", async (test) => {
      const storage = await storageFor(driver, test);
      const enqueue = (value: string): Promise<void> =>
        storage.now().queue.enqueue("key", value, { id: "same", deadline: storage.clock.now() });
      const before = consumeAll(storage.now()).deliveries;
      await Promise.all([enqueue("first"), enqueue("second")]);
      await until("one comes", () => before.length === 1);
      await before[0]?.ack();
      await storage.clock.advance(WINDOW_MS - 1_000);
      await enqueue("third");
      const { deliveries } = consumeAll(await storage.reopen());
      await enqueue("fourth");
      await quiet(storage.now());
      assert.equal(deliveries.length, 0);
      await storage.clock.advance(1_001);
      await enqueue("fifth");
      await until("another comes when the window is over", () => deliveries.length === 1);
      assert.equal(deliveries[0]?.event, "fifth");
    });

    it("hands over events in the order of the times at which they are due", async (test) => {
      const { clock, now } = await storageFor(driver, test);
      const start = clock.now();
      const enqueue = (id: string, delayMs: number): Promise<void> =>
        now().queue.enqueue("key", id, { id, notBefore: start + delayMs, deadline: start });
      await enqueue("d", 14_000);
      await enqueue("b", 12_000);
      await enqueue("c", 12_000);
      await enqueue("a", 10_000);
      const { deliveries } = consumeAll(now(), 2);
      await clock.advance(9_999);
      await quiet(now());
      assert.equal(deliveries.length, 0);
      await clock.advance(1_001);
      await until("the first is due", () => deliveries.length === 1);
      await clock.advance(5_000);
      await until("two are in hand", () => deliveries.length >= 2);
      for (let index = 0; index < 4; index += 1) {
        await until("the next comes", () => deliveries.length > index);
        await deliveries[index]?.ack();
      }
      assert.deepEqual(ids(deliveries).slice(0, 4), ["a", "b", "c", "d"]);
    });

    it("has at most so many events in hand", async (test) => {
      const { clock, now } = await storageFor(driver, test);
      const enqueueing = Array.from({ length: 30 }, (_, index) =>
        now().queue.enqueue("key", index, { id: `${index}`, deadline: clock.now() }),
      );
      const { deliveries } = consumeAll(now(), 4);
      await Promise.all(enqueueing);
      for (let settled = 0; settled < 30; settled += 1) {
        await quiet(now());
        assert.equal(deliveries.length, Math.min(settled + 4, 30));
        await deliveries[settled]?.ack();
      }
      assert.equal(new Set(ids(deliveries)).size, 30);
    });

    it("hands over again at the time that was asked for, as the attempt that was named", async (test) => {
      const storage = await storageFor(driver, test);
      await storage.now().queue.enqueue("key", 1, { id: "1", deadline: storage.clock.now() });
      let { deliveries } = consumeAll(storage.now());
      await until("the event comes", () => deliveries.length === 1);
      await deliveries[0]?.retryAt(storage.clock.now() + 60_000, 2);
      await storage.clock.advance(59_999);
      await quiet(storage.now());
      assert.equal(deliveries.length, 1, "neither early nor when the first hand-over would have run out");
      await storage.clock.advance(1_000);
      await until("it comes again", () => deliveries.length === 2);
      assert.equal(deliveries[1]?.attempt, 2);
      await deliveries[1]?.retryAt(storage.clock.now() - 1, 3);
      await until("a time in the past is now", () => deliveries.length === 3);
      await deliveries[2]?.retryAt(storage.clock.now() + 60_000, 4);
      ({ deliveries } = consumeAll(await storage.reopen()));
      await storage.clock.advance(59_000);
      await quiet(storage.now());
      assert.equal(deliveries.length, 0);
      await storage.clock.advance(2_000);
      await until("it comes after the restart", () => deliveries.length === 1);
      assert.equal(deliveries[0]?.attempt, 4);
    });

    it("hands over again what nobody settles, and not what is extended", async (test) => {
      const { clock, now } = await storageFor(driver, test);
      const { deliveries } = consumeAll(now());
      for (const id of ["lost", "extended"]) {
        await now().queue.enqueue("key", id, { id, deadline: clock.now() });
      }
      await until("both come", () => deliveries.length === 2);
      const extended = deliveries.find(({ id }) => id === "extended");
      await clock.advance(REDELIVERY_MS - 1_000);
      await extended?.extend();
      await quiet(now());
      assert.equal(deliveries.length, 2);
      await clock.advance(1_001);
      await until("the lost one comes again", () => deliveries.length === 3);
      assert.deepEqual([deliveries[2]?.id, deliveries[2]?.attempt], ["lost", 1]);
      await deliveries[2]?.ack();
      await extended?.extend(5 * REDELIVERY_MS);
      await clock.advance(5 * REDELIVERY_MS - 1_000);
      await quiet(now());
      assert.equal(deliveries.length, 3);
      await clock.advance(1_001);
      await until("the extension ends too", () => deliveries.length === 4);
      assert.equal(deliveries[3]?.id, "extended");
      await assert.rejects(async () => extended?.extend(), "it is in other hands");
      await extended?.retryAt(clock.now() + 1_000_000, 9);
      await deliveries[3]?.ack();
      assert.deepEqual(await now().queue.depth(), {});
    });

    it("frees at a restart what the owner before had in hand", async (test) => {
      const storage = await storageFor(driver, test);
      await storage.now().queue.enqueue("key", 1, { id: "1", deadline: storage.clock.now() });
      const before = consumeAll(storage.now());
      await until("the event comes", () => before.deliveries.length === 1);
      const after = consumeAll(await storage.reopen());
      await storage.clock.advance(REDELIVERY_MS);
      await until("it comes again within the time of redelivery", () => after.deliveries.length >= 1);
      assert.equal(after.deliveries[0]?.attempt, 1);
    });

    it("gives the next consumer what the one before left, when its time is over", async (test) => {
      const { clock, now } = await storageFor(driver, test);
      await now().queue.enqueue("key", 1, { id: "1", deadline: clock.now() });
      const first = consumeAll(now(), 1);
      await until("the event comes", () => first.deliveries.length === 1);
      first.stop();
      await now().queue.enqueue("key", 2, { id: "2", deadline: clock.now() });
      await quiet(now());
      assert.equal(first.deliveries.length, 1);
      const second = consumeAll(now(), 1);
      await until("the new consumer is served", () => second.deliveries.length === 1);
      assert.equal(second.deliveries[0]?.id, "2");
      await second.deliveries[0]?.ack();
      await clock.advance(REDELIVERY_MS + 1_000);
      await until("the event left behind comes", () => second.deliveries.length === 2);
      assert.equal(second.deliveries[1]?.id, "1");
    });

    it("hands over events past their deadline as well", async (test) => {
      const { clock, now } = await storageFor(driver, test);
      const deadline = clock.now() + 1_000;
      await now().queue.enqueue("key", 1, { id: "1", deadline });
      await clock.advance(3_600_000);
      const { deliveries } = consumeAll(now());
      await until("the event comes", () => deliveries.length === 1);
      assert.equal(deliveries[0]?.deadline, deadline);
    });

    it("counts events by key and purges one key", async (test) => {
      const { clock, now } = await storageFor(driver, test);
      const { queue } = now();
      const later = clock.now() + 60_000;
      for (const id of ["a1", "a2", "a3", "b1"]) {
        const notBefore = id === "a3" ? later : clock.now();
        await queue.enqueue(id.slice(0, 1), id, { id, notBefore, deadline: later });
      }
      const { deliveries } = consumeAll(now());
      await until("the due ones come", () => deliveries.length === 3);
      assert.deepEqual(await queue.depth(), { a: 3, b: 1 });
      assert.equal(await queue.purge("a"), 3);
      assert.equal(await queue.purge("none"), 0);
      assert.deepEqual(await queue.depth(), { b: 1 });
      const purged = deliveries.find(({ id }) => id === "a1");
      await purged?.retryAt(clock.now(), 2);
      await deliveries.find(({ id }) => id === "a2")?.ack();
      await clock.advance(2 * REDELIVERY_MS);
      await until("only the other key's comes again", () => deliveries.length >= 4);
      await quiet(now());
      assert.deepEqual(new Set(ids(deliveries.slice(3))), new Set(["b1"]));
    });
  });
}
