import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { silentLog, storageLimits } from "../../src/base/index.ts";
import { type OutboxRow, openStore, relayOutbox, type Store } from "../../src/storage/index.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";
import { until } from "../../testkit/storage-contract/until.ts";
import type { store as orders } from "./stores/orders.ts";

type Orders = Store<typeof orders>;

async function ordersFor(context: TestContext): Promise<{ store: Orders; reopen: () => Promise<Orders> }> {
  const directory = await mkdtemp(join(tmpdir(), "lambkin-outbox-"));
  const open = (): Promise<Orders> =>
    openStore<typeof orders>({
      module: new URL("./stores/orders.ts", import.meta.url),
      file: join(directory, "orders.db"),
    });
  let store = await open();
  context.after(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });
  return {
    store,
    async reopen() {
      await store.close();
      store = await open();
      return store;
    },
  };
}

const clock = new SimulatedClock();
const log = silentLog;
const names = (rows: readonly OutboxRow[]): unknown[] =>
  rows.map(({ payload }) => (payload as { name: string }).name);

it("delivers what committed writes append, at once and once", async (test) => {
  const { store } = await ordersFor(test);
  const delivered: OutboxRow[] = [];
  const relay = relayOutbox({ store, clock, log, deliver: async (row) => void delivered.push(row) });
  test.after(() => relay.stop());
  await store.write("order", { name: "1", topic: "t" });
  await until("it is delivered though no time passes", () => delivered.length === 1);
  assert.deepEqual(delivered, [{ id: "order-1", topic: "t", payload: { name: "1" } }]);
  await assert.rejects(store.write("order", { name: "2", topic: "t", refuse: true }), /refused/);
  await assert.rejects(store.write("order", { name: "1", topic: "t" }), /UNIQUE/);
  await store.write("order", { name: "3", topic: "t" });
  await until("the outbox is empty", async () => (await store.read("waiting", undefined)) === 0);
  assert.deepEqual(names(delivered), ["1", "3"], "what was rolled back is not delivered");
});

it("keeps the order of each topic, however many rows wait", async (test) => {
  const { store } = await ordersFor(test);
  const count = 3 * storageLimits.outboxBatchRows + 5;
  const before = Array.from({ length: count }, (_, index) => `${index}`);
  await Promise.all(before.map((name, index) => store.write("order", { name, topic: `t${index % 2}` })));
  const delivered: OutboxRow[] = [];
  const relay = relayOutbox({ store, clock, log, deliver: async (row) => void delivered.push(row) });
  test.after(() => relay.stop());
  await until("the first come", () => delivered.length > 3);
  const during = Array.from({ length: count }, (_, index) => `${count + index}`);
  await Promise.all(during.map((name, index) => store.write("order", { name, topic: `t${index % 2}` })));
  await until("the outbox is empty", async () => (await store.read("waiting", undefined)) === 0);
  assert.equal(delivered.length, 2 * count);
  for (const topic of ["t0", "t1"]) {
    const numbers = names(delivered.filter((row) => row.topic === topic)).map(Number);
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    );
  }
});

it("retries with growing pauses, holds the topic back and no other", async (test) => {
  const { store } = await ordersFor(test);
  const clock = new SimulatedClock();
  const attempts: number[] = [];
  const delivered: OutboxRow[] = [];
  const relay = relayOutbox({
    store,
    clock,
    log,
    async deliver(row) {
      if (row.topic === "bad" && attempts.length < 4) {
        attempts.push(clock.now());
        throw new Error("not now");
      }
      delivered.push(row);
    },
  });
  test.after(() => relay.stop());
  for (const name of ["1", "2"]) await store.write("order", { name: `bad${name}`, topic: "bad" });
  for (const name of ["1", "2"]) await store.write("order", { name: `good${name}`, topic: "good" });
  await until("the good ones come", () => delivered.length === 2);
  await until("the bad one is tried", () => attempts.length === 1);
  for (let tries = 2; tries <= 5; tries += 1) {
    await until("the next try waits for its time", () => clock.pendingTimers === 1);
    await store.write("order", { name: `more${tries}`, topic: "bad" });
    const goal = tries === 5 ? () => delivered.length === 8 : () => attempts.length === tries;
    await until("it is tried again", async () => {
      if (clock.pendingTimers === 1 && !goal()) await clock.advance(50);
      return goal();
    });
  }
  assert.deepEqual(names(delivered), ["good1", "good2", "bad1", "bad2", "more2", "more3", "more4", "more5"]);
  const pauses = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
  const { outboxRetryFirstMs: first } = storageLimits;
  assert.deepEqual(pauses, [first, 2 * first, 4 * first]);
});

it("delivers again under the same id what was not seen delivered, also after a restart", async (test) => {
  const { store, reopen } = await ordersFor(test);
  const first: OutboxRow[] = [];
  const never = Promise.withResolvers<void>();
  const relay = relayOutbox({
    store,
    clock,
    log,
    deliver: (row) => {
      first.push(row);
      return row.id === "order-2" ? never.promise : Promise.resolve();
    },
  });
  for (const name of ["1", "2", "3"]) await store.write("order", { name, topic: "t" });
  await until("the second is under way", () => first.length === 2);
  const stopped = relay.stop();
  never.reject(new Error("cut off"));
  await stopped;
  assert.deepEqual(names(first), ["1", "2"], "nothing new begins after a stop");
  const again: OutboxRow[] = [];
  const next = relayOutbox({
    store: await reopen(),
    clock,
    log,
    deliver: async (row) => void again.push(row),
  });
  test.after(() => next.stop());
  await until("the rest is delivered", () => again.length === 2);
  assert.deepEqual(
    again.map(({ id }) => id),
    ["order-2", "order-3"],
  );
});

it("works on a limited number of topics at once", async (test) => {
  const { store } = await ordersFor(test);
  const most = storageLimits.outboxTopicsAtOnce;
  let active = 0;
  let peak = 0;
  let done = 0;
  // None ends before as many are under way as may be.
  const full = Promise.withResolvers<void>();
  const relay = relayOutbox({
    store,
    clock,
    log,
    async deliver() {
      active += 1;
      peak = Math.max(peak, active);
      if (active === most) full.resolve();
      await full.promise;
      await store.read("waiting", undefined);
      active -= 1;
      done += 1;
    },
  });
  test.after(() => relay.stop());
  const count = 3 * most;
  const writes = Array.from({ length: count }, (_, index) =>
    store.write("order", { name: `${index}`, topic: `topic-${index}` }),
  );
  await Promise.all(writes);
  await until("all are delivered", () => done === count);
  assert.equal(peak, most);
});
