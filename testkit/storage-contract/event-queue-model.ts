import assert from "node:assert/strict";
import { it } from "node:test";
import type { Delivery } from "../../src/storage/index.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../seeded-randomness.ts";
import { quiet, type StorageDriver, storageFor, type TestStorage } from "./driver.ts";

const STEPS = 250;
const REDELIVERY_MS = 30_000;
const WINDOW_MS = 120_000;
/** No later than this after it is due, an event is in hand. */
const LATENESS_MS = 1_000;

interface ModelEvent {
  readonly id: string;
  readonly key: string;
  readonly enqueuedAt: number;
  dueAt: number;
  attempt: number;
  /** Who holds it, and until when. */
  held: { readonly delivery: Delivery; until: number } | undefined;
}

/**
 * Random enqueues, settlements, extensions, purges, restarts and passing time. After each step, when everything is
 * quiet: what was handed over was due, free and is known under the right attempt, and nothing that is due lies idle.
 */
export function eventQueueModel(driver: StorageDriver): void {
  it("EventQueue agrees with a model under random operations", async (test) => {
    const seed = seedOfRun();
    test.diagnostic(`LAMBKIN_SEED=${seed}`);
    const run = new ModelRun(await storageFor(driver, test), seededRandomness(seed));
    run.consume();
    for (let step = 0; step < STEPS; step += 1) await run.step();
    await run.drain();
  });
}

class ModelRun {
  readonly #storage: TestStorage;
  readonly #random: SeededRandomness;
  readonly #max: number;
  readonly #events = new Map<string, ModelEvent>();
  readonly #seen = new Map<string, number>();
  /** Until when consumers keep what was purged under their hands: nobody settles it. */
  #purgedInHand: number[] = [];
  #problems: string[] = [];
  #generation = 0;

  constructor(storage: TestStorage, random: SeededRandomness) {
    this.#storage = storage;
    this.#random = random;
    this.#max = 1 + random.below(6);
  }

  consume(): void {
    this.#generation += 1;
    const generation = this.#generation;
    const { queue } = this.#storage.now();
    for (let partition = 0; partition < queue.partitions; partition += 1) {
      queue.consume(partition, { max: this.#max }, (delivery) => this.#take(delivery, generation));
    }
  }

  async step(): Promise<void> {
    const random = this.#random;
    const held = [...this.#events.values()].filter((event) => event.held !== undefined);
    const action = random.below(100);
    if (action < 35) await this.#enqueue();
    else if (action < 55 && held.length > 0) await this.#ack(random.pick(held));
    else if (action < 70 && held.length > 0) await this.#retry(random.pick(held));
    else if (action < 78 && held.length > 0) await this.#extend(random.pick(held));
    else if (action < 81) await this.#purge();
    else if (action < 83) await this.#restart();
    else await this.#pass(random.pick([1, 500, 5_000, 31_000, 125_000]));
    await this.#check();
  }

  /** With somebody who acknowledges everything, the queue becomes empty. */
  async drain(): Promise<void> {
    for (let round = 0; this.#events.size > 0 && round < 2_000; round += 1) {
      const held = [...this.#events.values()].filter((event) => event.held !== undefined);
      for (const event of held) await this.#ack(event);
      if (held.length === 0) await this.#pass(5_000);
      await this.#check();
    }
    assert.equal(this.#events.size, 0);
    assert.deepEqual(await this.#storage.now().queue.depth(), {});
  }

  get #now(): number {
    return this.#storage.clock.now();
  }

  #take(delivery: Delivery, generation: number): void {
    const event = this.#events.get(delivery.id);
    const now = this.#now;
    if (generation !== this.#generation) this.#problems.push(`${delivery.id} came to a consumer of the past`);
    else if (event === undefined) this.#problems.push(`${delivery.id} came though it is settled`);
    else {
      if (event.held !== undefined && event.held.until > now)
        this.#problems.push(`${event.id} is in hand already`);
      if (event.dueAt > now) this.#problems.push(`${event.id} came ${event.dueAt - now} ms early`);
      if (event.attempt !== delivery.attempt)
        this.#problems.push(`${event.id} is not attempt ${delivery.attempt}`);
      if (event.enqueuedAt !== delivery.enqueuedAt) this.#problems.push(`${event.id} has another time`);
      event.held = { delivery, until: now + REDELIVERY_MS };
    }
  }

  async #enqueue(): Promise<void> {
    const id = `e${this.#random.below(400)}`;
    const key = `k${this.#random.below(8)}`;
    const delayMs = this.#random.pick([-5_000, 0, 0, 0, 700, 20_000, 90_000]);
    const now = this.#now;
    const seenAt = this.#seen.get(id);
    const dropped = seenAt !== undefined && now - seenAt < WINDOW_MS;
    // The queue knows an id for the window only; the model needs names that are unique as long as the event lives.
    if (!dropped && this.#events.has(id)) return;
    if (!dropped) {
      this.#seen.set(id, now);
      const dueAt = Math.max(now, now + delayMs);
      this.#events.set(id, { id, key, enqueuedAt: now, dueAt, attempt: 1, held: undefined });
    }
    await this.#storage
      .now()
      .queue.enqueue(key, { id }, { id, notBefore: now + delayMs, deadline: now + 60_000 });
  }

  async #ack(event: ModelEvent): Promise<void> {
    // It may be coming again, where another one has just made room: that is then what is acknowledged.
    if (event.held !== undefined && event.held.until <= this.#now) await quiet(this.#storage.now());
    const held = event.held;
    assert.ok(held);
    this.#events.delete(event.id);
    await held.delivery.ack();
  }

  async #retry(event: ModelEvent): Promise<void> {
    const held = event.held;
    assert.ok(held);
    const dueAt = this.#now + this.#random.pick([-1_000, 0, 1_500, 60_000]);
    const attempt = event.attempt + 1;
    event.held = undefined;
    // Who held it too long has no say any more; it comes to somebody else in its turn.
    if (held.until > this.#now) Object.assign(event, { dueAt, attempt });
    await held.delivery.retryAt(dueAt, attempt);
  }

  async #extend(event: ModelEvent): Promise<void> {
    assert.ok(event.held);
    const durationMs = this.#random.pick([1_000, 45_000, 200_000]);
    if (event.held.until <= this.#now) {
      await assert.rejects(event.held.delivery.extend(durationMs));
      event.held = undefined;
      return;
    }
    event.held.until = this.#now + durationMs;
    await event.held.delivery.extend(durationMs);
  }

  async #purge(): Promise<void> {
    const key = `k${this.#random.below(8)}`;
    const ofKey = [...this.#events.values()].filter((event) => event.key === key);
    for (const { id, held } of ofKey) {
      this.#events.delete(id);
      if (held !== undefined) this.#purgedInHand.push(held.until);
    }
    assert.equal(await this.#storage.now().queue.purge(key), ofKey.length);
  }

  async #restart(): Promise<void> {
    this.#generation += 1;
    await this.#storage.reopen();
    this.#purgedInHand = [];
    for (const event of this.#events.values()) event.held = undefined;
    this.consume();
    // A driver may need the time of redelivery to notice that the owner is another.
    await this.#pass(REDELIVERY_MS);
  }

  /** In steps, because hand-overs happen in real time while the simulated clock stands still. */
  async #pass(durationMs: number): Promise<void> {
    for (let left = durationMs; left > 0; left -= LATENESS_MS) {
      await this.#storage.clock.advance(Math.min(left, LATENESS_MS));
      const near = this.#now;
      const changes = [...this.#events.values()].some(
        ({ dueAt, held }) => Math.abs((held?.until ?? dueAt) - near) <= 2 * LATENESS_MS,
      );
      if (changes) await quiet(this.#storage.now());
    }
  }

  async #check(): Promise<void> {
    await quiet(this.#storage.now());
    assert.deepEqual(this.#problems, []);
    const now = this.#now;
    const idle = [...this.#events.values()].filter(
      ({ dueAt, held }) =>
        dueAt <= now - LATENESS_MS && (held === undefined || held.until <= now - LATENESS_MS),
    );
    const inHand = [...this.#events.values()].filter(({ held }) => held !== undefined && held.until > now);
    this.#purgedInHand = this.#purgedInHand.filter((until) => until > now - LATENESS_MS);
    if (inHand.length + this.#purgedInHand.length < this.#max)
      assert.deepEqual(idle, [], "nothing that is due lies idle");
    const depth = await this.#storage.now().queue.depth();
    const expected = Map.groupBy(this.#events.values(), ({ key }) => key);
    assert.deepEqual(
      new Map(Object.entries(depth)),
      new Map([...expected].map(([key, events]) => [key, events.length] as [string, number])),
    );
  }
}
