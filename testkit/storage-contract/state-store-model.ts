import assert from "node:assert/strict";
import { it } from "node:test";
import { Conflict, type Json, type Storage } from "../../src/storage/index.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../seeded-randomness.ts";
import { type StorageDriver, storageFor, type TestStorage } from "./driver.ts";
import { listAll } from "./state-store.ts";

const OPERATIONS = 600;
const KEYS = Array.from({ length: 12 }, (_, index) => `${"xyz"[index % 3]}/${index}`);

type Model = Map<string, { readonly value: Json; readonly rev: string }>;

/** Random operations, several at once on different keys, against a map that says what must come out. */
export function stateStoreModel(driver: StorageDriver): void {
  it("StateStore agrees with a model under random operations", async (test) => {
    const seed = seedOfRun();
    test.diagnostic(`LAMBKIN_SEED=${seed}`);
    const random = seededRandomness(seed);
    const storage = await storageFor(driver, test);
    const model: Model = new Map();
    const watched = new Map<string, Json>();
    let outdated = false;
    const watch = (current: Storage): void => {
      current.state.watch("", ({ kind, key, value }) => {
        if (kind === "put") watched.set(key, value as Json);
        else if (kind === "delete") watched.delete(key);
        else outdated = true;
      });
    };
    watch(storage.now());
    for (let done = 0; done < OPERATIONS; ) {
      if (random.chance(0.01)) watch(await storage.reopen());
      const keys = KEYS.filter(() => random.chance(0.4));
      await Promise.all(keys.map((key) => operate(random, storage, model, key)));
      done += keys.length;
      if (random.chance(0.1)) await compareList(random, storage, model);
    }
    await compareList(random, storage, model);
    if (outdated) return;
    assert.deepEqual(sorted(watched), sorted(valuesOf(model)), "the watcher saw every change");
  });
}

async function operate(
  random: SeededRandomness,
  storage: TestStorage,
  model: Model,
  key: string,
): Promise<void> {
  const { state } = storage.now();
  const present = model.get(key);
  const ifRev = random.pick(["absent", present?.rev, present?.rev, undefined, "999999999"]);
  const agrees = ifRev === undefined || ifRev === (present?.rev ?? "absent");
  const condition = ifRev === undefined ? {} : { ifRev };
  const action = random.below(3);
  if (action === 0) {
    assert.deepEqual(await state.get(key), present === undefined ? undefined : { key, ...present });
  } else if (action === 1) {
    const value = { n: random.below(1_000), text: random.hex(random.below(40)) };
    const write = state.put(key, value, condition);
    if (agrees) model.set(key, { value, rev: await write });
    else await assert.rejects(write, Conflict);
  } else if (ifRev !== "absent") {
    const removal = state.delete(key, condition);
    if (agrees) assert.equal(await removal, model.delete(key));
    else await assert.rejects(removal, Conflict);
  }
}

async function compareList(random: SeededRandomness, storage: TestStorage, model: Model): Promise<void> {
  const prefix = random.pick(["", "x/", "y/1", "z"]);
  const listed = await listAll(storage.now().state, prefix, 1 + random.below(5));
  const expected = [...valuesOf(model)].filter(([key]) => key.startsWith(prefix));
  assert.deepEqual([...listed], sorted(new Map(expected)));
}

function valuesOf(model: Model): Map<string, Json> {
  return new Map([...model].map(([key, { value }]) => [key, value]));
}

function sorted(entries: Map<string, Json>): [string, Json][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}
