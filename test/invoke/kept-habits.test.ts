import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { keepAliveLimits, silentLog, systemClock, systemRandomness } from "../../src/base/index.ts";
import { openSqliteStorage } from "../../src/storage/index.ts";
import { runUntilKilled } from "../../testkit/crashing-program.ts";
import { eventually } from "../../testkit/eventually.ts";
import { InvokeWorld } from "../../testkit/invoke-world.ts";
import { MemoryStateStore } from "../../testkit/memory-storage.ts";

const MINUTE = 60_000;
const HOUR = 60;
const TIMES = keepAliveLimits.leastSamples + 5;

async function invoke(world: InvokeWorld): Promise<void> {
  const answering = world.invoke("f");
  await world.clock.advance(1_000);
  assert.equal((await answering).output?.StatusCode, 200);
}

/** A function of hourly habits gives its environment up soon, and one of no known habits does not. */
async function isKnownToSleep(world: InvokeWorld): Promise<boolean> {
  await invoke(world);
  await world.clock.advance(3 * MINUTE);
  return world.host.environments.size === 0;
}

test("a server that was killed knows when its functions were used", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "lambkin-habits-"));
  const program = new URL("learn-habits.ts", import.meta.url);
  await runUntilKilled(program, [directory, String(TIMES), String(HOUR)], (lines) => lines.length > 0);
  const storage = await openSqliteStorage({
    directory,
    clock: systemClock,
    randomness: systemRandomness,
    log: silentLog,
  });
  try {
    const stranger = new InvokeWorld();
    stranger.catalog.put("f");
    assert.equal(await isKnownToSleep(stranger), false);
    const world = new InvokeWorld({ state: storage.state });
    world.catalog.put("f");
    world.invoker.start();
    // A store answers in the order in which it is asked, so that the habits are there before this.
    await storage.state.list("-/-/habits/");
    await nextTurn();
    await world.clock.advance(HOUR * MINUTE);
    assert.equal(await isKnownToSleep(world), true);
  } finally {
    await storage.close();
    await rm(directory, { recursive: true, force: true });
  }
});

test("what was not used for two weeks is forgotten, and a damaged store costs nothing but that", async () => {
  const state = new MemoryStateStore();
  const world = new InvokeWorld({ state });
  world.catalog.put("f");
  for (let n = 0; n < TIMES; n += 1) {
    await invoke(world);
    await world.clock.advance(HOUR * MINUTE);
  }
  await world.invoker.close();
  assert.equal(state.keys.length, 1);
  const later = new InvokeWorld({ state });
  await later.clock.advance(keepAliveLimits.forgetMs + 24 * HOUR * MINUTE);
  later.invoker.start();
  await eventually(() => (state.keys.length === 0 ? true : undefined), {
    what: "the habits to be forgotten",
  });
  state.beforeWrite = () => {
    throw new Error("the disk is full");
  };
  later.catalog.put("f");
  for (let n = 0; n < 2; n += 1) {
    await invoke(later);
    await later.clock.advance(HOUR * MINUTE);
  }
  await later.invoker.close();
  assert.equal(state.keys.length, 0);
});
