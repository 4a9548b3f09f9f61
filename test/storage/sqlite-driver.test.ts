import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { silentLog, storageLimits, systemRandomness } from "../../src/base/index.ts";
import { openSqliteStorage, type StateChange, type Storage, StorageError } from "../../src/storage/index.ts";
import { SqliteStateStore } from "../../src/storage/sqlite/state-store.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";
import { quiet } from "../../testkit/storage-contract/driver.ts";
import { until } from "../../testkit/storage-contract/until.ts";

async function opener(
  context: TestContext,
): Promise<{ clock: SimulatedClock; open: (partitions: number) => Promise<Storage> }> {
  const directory = await mkdtemp(join(tmpdir(), "lambkin-driver-"));
  context.after(() => rm(directory, { recursive: true }));
  const clock = new SimulatedClock();
  const open = (partitions: number): Promise<Storage> =>
    openSqliteStorage({ directory, clock, randomness: systemRandomness, log: silentLog, partitions });
  return { clock, open };
}

it("finds every event in its partition after the number of partitions has changed", async (test) => {
  const { clock, open } = await opener(test);
  const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`);
  const first = await open(16);
  await Promise.all(keys.map((key) => first.queue.enqueue(key, key, { id: key, deadline: clock.now() })));
  await first.close();
  for (const partitions of [5, 1, 16]) {
    const storage = await open(partitions);
    const where = new Map<string, number>();
    for (let partition = 0; partition < partitions; partition += 1) {
      storage.queue.consume(partition, { max: 100 }, ({ partitionKey }) =>
        where.set(partitionKey, partition),
      );
    }
    await until("every event comes", () => where.size === keys.length);
    await Promise.all(
      keys.map((key) => storage.queue.enqueue(key, "probe", { id: `${key}-${partitions}`, deadline: 0 })),
    );
    assert.equal(new Set(where.values()).size, partitions);
    for (const key of keys)
      assert.ok((await storage.queue.purge(key)) >= 2, "new and old events share a partition");
    await Promise.all(
      keys.map((key) => storage.queue.enqueue(key, key, { id: `${key}+${partitions}`, deadline: 0 })),
    );
    await storage.close();
  }
});

it("opens the queue's file when it is first used, not before", async (test) => {
  const { open } = await opener(test);
  const storage = await open(2);
  await storage.close();
  await assert.rejects(
    storage.queue.depth(),
    (error) => error instanceof StorageError && error.code === "closed",
  );
});

it("notices when the wall clock jumps forward, as it does when a machine wakes up", async (test) => {
  const { clock, open } = await opener(test);
  const storage = await open(2);
  const fired: string[] = [];
  storage.timers.listen("t/", async (key) => void fired.push(key));
  await storage.timers.arm("t/1", clock.now() + 8 * 3_600_000, null);
  await quiet(storage);
  // Timers of the process do not see the jump: only what was due within a second is called.
  const asleep = clock.now.bind(clock);
  clock.now = () => asleep() + 8 * 3_600_000;
  await clock.advance(1_000);
  await until("the timer fires within a second", () => fired.length === 1);
  await storage.close();
});

it("closes though a timer's callback never returns, and calls it again after the next start", async (test) => {
  const { clock, open } = await opener(test);
  const storage = await open(2);
  let called = 0;
  storage.timers.listen("t/", () => {
    called += 1;
    return new Promise(() => undefined);
  });
  await storage.timers.arm("t/1", clock.now(), null);
  await clock.advance(0);
  await until("the callback runs", () => called === 1);
  const closed = storage.close();
  await clock.advance(storageLimits.timerCallbacksCloseMs);
  await closed;
  const again = await open(2);
  const fired: string[] = [];
  again.timers.listen("t/", async (key) => void fired.push(key));
  await until("the timer fires again", () => fired.length === 1);
  await again.close();
});

it("lets a page of large documents end early", async (test) => {
  const { open } = await opener(test);
  const storage = await open(2);
  const value = "x".repeat(900_000);
  for (let index = 0; index < 12; index += 1) await storage.state.put(`p/${index}`, value);
  const first = await storage.state.list("p/");
  assert.ok(first.entries.length < 12 && first.cursor !== undefined);
  const second = await storage.state.list("p/", { cursor: first.cursor });
  assert.equal(first.entries.length + second.entries.length, 12);
  await storage.close();
});

it("refuses keys and documents that it could not give back", async (test) => {
  const { open } = await opener(test);
  const storage = await open(2);
  const { state } = storage;
  for (const key of ["", "\ud800", "a\0b", "x".repeat(5_000)]) await assert.rejects(state.put(key, 1));
  await assert.rejects(state.put("k", "x".repeat(2_000_000)));
  await storage.close();
});

it("tells watchers to look again when a write may or may not have happened", async () => {
  const failing = {
    read: () => Promise.reject(new Error("not asked")),
    write: () => Promise.reject(new StorageError("io", "the disk failed")),
  };
  const state = new SqliteStateStore(failing, silentLog);
  const seen: StateChange[] = [];
  state.watch("a/", (change) => seen.push(change));
  state.watch("b/", () => assert.fail("another prefix"));
  await assert.rejects(state.put("a/1", 1), StorageError);
  await assert.rejects(state.delete("a/1"), StorageError);
  assert.deepEqual(seen, [
    { kind: "reset", key: "a/" },
    { kind: "reset", key: "a/" },
  ]);
});

it("goes on telling watchers when one of them throws", async (test) => {
  const { open } = await opener(test);
  const storage = await open(2);
  const { state } = storage;
  const seen: string[] = [];
  state.watch("", () => {
    throw new Error("a careless watcher");
  });
  state.watch("", ({ key }) => seen.push(key));
  await state.put("a", 1);
  assert.deepEqual(seen, ["a"]);
  await storage.close();
});
