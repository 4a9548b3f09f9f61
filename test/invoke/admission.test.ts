import assert from "node:assert/strict";
import { test } from "node:test";
import { invokeLimits, ServiceError } from "../../src/base/index.ts";
import { steady } from "../../testkit/fake-environments.ts";
import { type Answer, InvokeWorld } from "../../testkit/invoke-world.ts";

const codes = (answers: readonly Answer[]): (number | string | undefined)[] =>
  answers.map(({ output, error }) => output?.StatusCode ?? error?.code);

test("one invocation after the other is served by the same environment", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  for (let round = 0; round < 5; round += 1) {
    const answering = world.invoke("f");
    await world.clock.advance(1_000);
    await answering;
  }
  assert.equal(world.host.created, 1);
  assert.deepEqual(new Set(world.host.dispatches.map(({ environment }) => environment.id)).size, 1);
});

test("the environment that became idle last is used first", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  const three = world.burst(3, "f");
  await world.clock.advance(1_000);
  await Promise.all(three);
  const last = world.host.dispatches.at(-1)?.environment;
  for (let round = 0; round < 3; round += 1) {
    const answering = world.invoke("f");
    await world.clock.advance(100);
    await answering;
  }
  assert.ok(world.host.dispatches.slice(3).every(({ environment }) => environment === last));
});

test("requests wait first in first out and take whichever environment is free first", async () => {
  const world = new InvokeWorld({ creations: 1, behaviour: steady({ start: () => ({ afterMs: 500 }) }) });
  world.catalog.put("f");
  const ten = world.burst(10, "f");
  await world.clock.advance(5_000);
  const answers = await Promise.all(ten);
  assert.deepEqual(
    world.host.dispatches.map(({ invocation }) => invocation.requestId),
    answers.map((answer) => answer.requestId),
  );
  // While the second environment starts, the first one, done in 10 ms, has served all the others.
  assert.equal(world.host.created, 2);
});

/** Of a function `f`, each long after the one before. */
async function oneAfterTheOther(world: InvokeWorld, count: number): Promise<void> {
  for (let round = 0; round < count; round += 1) {
    const answering = world.invoke("f");
    await world.clock.advance(6_000);
    assert.equal((await answering).output?.StatusCode, 200);
  }
}

test("requests that a busy environment serves at once get none of their own", async () => {
  const world = new InvokeWorld({ behaviour: steady({ run: () => ({ afterMs: 2 }) }) });
  world.catalog.put("f");
  await oneAfterTheOther(world, 10);
  const five = world.burst(5, "f");
  await world.clock.advance(1_000);
  assert.deepEqual(codes(await Promise.all(five)), [200, 200, 200, 200, 200]);
  assert.equal(world.host.created, 1);
  // Each environment serves 25 until another one is up: those that the busy one does not get two more.
  const sixty = world.burst(60, "f");
  await world.clock.advance(49);
  assert.equal(world.host.created, 3);
  await world.clock.advance(1_000);
  assert.deepEqual(codes(await Promise.all(sixty)), Array(60).fill(200));
  assert.deepEqual(world.host.violations, []);
});

for (const [startMs, waitsMs] of [
  [1, invokeLimits.upLeastMs],
  [50, 50],
  [5_000, invokeLimits.upMostMs],
] as const)
  test(`a request waits ${waitsMs} ms and no longer for an environment that was quick so far, where one is up in ${startMs} ms`, async () => {
    let runMs = 1;
    const behaviour = steady({ start: () => ({ afterMs: startMs }), run: () => ({ afterMs: runMs }) });
    const world = new InvokeWorld({ behaviour });
    world.catalog.put("f");
    await oneAfterTheOther(world, 10);
    runMs = 60_000;
    const first = world.invoke("f");
    const second = world.invoke("f");
    await world.clock.advance(waitsMs - 1);
    assert.equal(world.host.created, 1);
    await world.clock.advance(2);
    assert.equal(world.host.created, 2);
    await world.clock.advance(61_000 + startMs);
    assert.deepEqual(codes(await Promise.all([first, second])), [200, 200]);
  });

test("quick requests that are held up get one environment for every 100 ms that they wait, where one takes long to be up", async () => {
  let runMs = 1;
  const world = new InvokeWorld({
    behaviour: steady({ start: () => ({ afterMs: 5_000 }), run: () => ({ afterMs: runMs }) }),
  });
  world.catalog.put("f");
  await oneAfterTheOther(world, 10);
  runMs = 400;
  const burst = world.burst(8, "f");
  const { upMostMs: heldMs } = invokeLimits;
  for (const [afterMs, created] of [
    [heldMs - 1, 1],
    [2, 2],
    [heldMs - 2, 2],
    [2, 3],
    [heldMs, 4],
  ] as const) {
    await world.clock.advance(afterMs);
    assert.equal(world.host.created, created);
  }
  await world.clock.advance(10_000);
  assert.deepEqual(codes(await Promise.all(burst)), Array(8).fill(200));
  assert.deepEqual(world.host.violations, []);
});

test("a moment in which all requests are slow does not make a quick function a slow one", async () => {
  let runMs = 1;
  const world = new InvokeWorld({ behaviour: steady({ run: () => ({ afterMs: runMs }) }) });
  world.catalog.put("f");
  await oneAfterTheOther(world, 100);
  runMs = 100;
  await oneAfterTheOther(world, 10);
  runMs = 1;
  const few = world.burst(5, "f");
  await world.clock.advance(1_000);
  await Promise.all(few);
  assert.equal(world.host.created, 1);
  runMs = 100;
  await oneAfterTheOther(world, 200);
  const more = world.burst(5, "f");
  await world.clock.advance(1_000);
  await Promise.all(more);
  // Each got one, as by now it is known to be slow.
  assert.equal(world.host.created, 5);
  assert.deepEqual(world.host.violations, []);
});

test("the creation budget holds across functions and takes turns between them", async () => {
  const world = new InvokeWorld({ creations: 3 });
  for (const name of ["f", "g", "h"]) world.catalog.put(name);
  const all = [...world.burst(50, "f"), ...world.burst(50, "g"), ...world.burst(1, "h")];
  // The first wave is all of `f`, which came first; the second is for everybody.
  await world.clock.advance(110);
  const served = new Set(world.host.dispatches.map(({ environment }) => environment.spec.functionName));
  assert.deepEqual(served, new Set(["f", "g", "h"]));
  await world.clock.advance(10_000);
  assert.equal(world.host.mostStarting, 3);
  assert.ok(codes(await Promise.all(all)).every((code) => code === 200));
});

test("bursts of five hundred are all served, with at most one environment made for each request", async () => {
  const world = new InvokeWorld({ creations: 4, mostEnvironments: 1_000 });
  const names = Array.from({ length: 500 }, (_, n) => `f${n}`);
  for (const name of names) world.catalog.put(name);
  const distinct = names.map((name) => world.invoke(name));
  await world.clock.advance(30_000);
  assert.ok(codes(await Promise.all(distinct)).every((code) => code === 200));
  assert.equal(world.host.created, 500);
  assert.equal(new Set([...world.host.environments].map(({ spec }) => spec.functionName)).size, 500);
  world.catalog.put("one");
  const same = world.burst(500, "one");
  await world.clock.advance(30_000);
  assert.ok(codes(await Promise.all(same)).every((code) => code === 200));
  assert.ok(world.host.created <= 1_000 && world.host.mostStarting <= 4);
  assert.deepEqual(world.host.violations, []);
});

test("a start that takes long stops counting against the budget", async () => {
  const world = new InvokeWorld({
    creations: 2,
    behaviour: steady({ start: (spec) => ({ afterMs: spec.functionName === "slow" ? 9_000 : 50 }) }),
  });
  world.catalog.put("slow");
  world.catalog.put("f");
  const slow = world.burst(2, "slow");
  await world.clock.advance(10);
  const quick = world.invoke("f");
  await world.clock.advance(1_200);
  assert.equal((await quick).output?.StatusCode, 200);
  await world.clock.advance(10_000);
  assert.deepEqual(codes(await Promise.all(slow)), [200, 200]);
});

test("an environment that does not come up fails one request, the next one gets the next", async () => {
  let starts = 0;
  const world = new InvokeWorld({
    creations: 1,
    behaviour: steady({
      start: () => ({ afterMs: 50, ...(++starts === 1 ? { fails: new Error("no memory") } : {}) }),
    }),
  });
  world.catalog.put("f");
  const two = world.burst(2, "f");
  await world.clock.advance(1_000);
  const answers = await Promise.all(two);
  assert.deepEqual(codes(answers), ["ServiceException", 200]);
  assert.equal(answers[0]?.error?.status, 500);
  assert.ok(!answers[0]?.error?.message.includes("memory"));
});

test("an error that AWS has a name for reaches the caller as it is", async () => {
  const error = new ServiceError({
    code: "InvalidRuntimeException",
    status: 502,
    message: "no such runtime",
  });
  const world = new InvokeWorld({ behaviour: steady({ start: () => ({ afterMs: 1, fails: error }) }) });
  world.catalog.put("f");
  const answering = world.invoke("f");
  await world.clock.advance(10);
  assert.equal((await answering).error, error);
});

test("an environment lost before the invocation began costs the caller nothing", async () => {
  let runs = 0;
  const world = new InvokeWorld({ behaviour: steady({ run: () => ({ afterMs: 10, lost: ++runs <= 3 }) }) });
  world.catalog.put("f");
  const answering = world.invoke("f");
  await world.clock.advance(1_000);
  assert.equal((await answering).output?.StatusCode, 200);
  assert.equal(world.usage.length, 1);
});

test("losing every environment ends with an error", async () => {
  const world = new InvokeWorld({ behaviour: steady({ run: () => ({ afterMs: 10, lost: true }) }) });
  world.catalog.put("f");
  const answering = world.invoke("f");
  await world.clock.advance(10_000);
  assert.equal((await answering).error?.code, "ServiceException");
  assert.equal(world.host.created, invokeLimits.lostEnvironments + 1);
  assert.equal(world.usage.length, 0);
});

test("after an update the old generation finishes its work and gets no more", async () => {
  const world = new InvokeWorld({ behaviour: steady({ run: () => ({ afterMs: 300 }) }) });
  const old = world.catalog.put("f");
  const before = world.burst(2, "f");
  await world.clock.advance(60);
  assert.equal(world.host.dispatches.length, 2);
  const waiting = world.invoke("f");
  const updated = world.catalog.put("f", { version: "$LATEST", memoryMiB: 256 });
  await world.clock.advance(2_000);
  assert.deepEqual(codes(await Promise.all([...before, waiting])), [200, 200, 200]);
  assert.deepEqual(
    world.host.dispatches.map(({ environment }) => environment.key.split("#")[1]),
    [old.generation, old.generation, updated.generation],
  );
  assert.deepEqual(
    world.usage.map((record) => record.subject.memoryMiB),
    [128, 128, 256],
  );
  assert.equal(world.host.environments.size, 1);
});

test("requests that wait when their function is deleted learn of it", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  const answering = world.invoke("f");
  await world.clock.advance(10);
  world.catalog.remove("f");
  await world.clock.advance(10);
  assert.equal((await answering).error?.code, "ResourceNotFoundException");
  await world.clock.advance(100);
  assert.equal(world.host.environments.size, 0);
  assert.deepEqual(world.invoker.counts(), {
    inFlight: 0,
    waiting: 0,
    environments: 0,
    starting: 0,
    busy: 0,
    coldStarts: 0,
    throttles: 0,
    idleEnded: 0,
    idleEvicted: 0,
    warmedAhead: 0,
    warmedAheadUsed: 0,
    unsettledEvents: 0,
  });
});

test("the account's concurrency is a limit on environments, idle ones of others make room", async () => {
  const world = new InvokeWorld({
    creations: 2_000,
    mostEnvironments: 5_000,
    behaviour: steady({ run: (_, spec) => ({ afterMs: spec.functionName === "slow" ? 60_000 : 10 }) }),
  });
  world.catalog.put("slow");
  world.catalog.put("f");
  const quick = world.burst(2, "f");
  await world.clock.advance(100);
  await Promise.all(quick);
  const slow = world.burst(invokeLimits.accountConcurrency, "slow");
  const refused = await world.invoke("slow");
  assert.equal(refused.error?.code, "TooManyRequestsException");
  assert.equal(refused.error?.status, 429);
  assert.equal(refused.error?.message, "Rate Exceeded.");
  assert.deepEqual(refused.error?.members["Reason"], "ConcurrentInvocationLimitExceeded");
  assert.equal(refused.error?.headers["retry-after"], "1");
  await world.clock.advance(1_000);
  assert.equal(world.host.environments.size, invokeLimits.accountConcurrency);
  assert.equal((await world.invoke("f")).error?.code, "TooManyRequestsException");
  world.catalog.put("theirs", { account: "111111111111" });
  await world.clock.advance(120_000);
  assert.ok(codes(await Promise.all(slow)).every((code) => code === 200));
});

test("on a full machine requests wait for what is running and idle environments make room", async () => {
  const world = new InvokeWorld({
    mostEnvironments: 2,
    behaviour: steady({ run: () => ({ afterMs: 100 }) }),
  });
  world.catalog.put("f");
  world.catalog.put("g");
  const first = world.burst(6, "f");
  await world.clock.advance(5_000);
  assert.deepEqual(codes(await Promise.all(first)), Array(6).fill(200));
  const second = world.burst(4, "g");
  await world.clock.advance(5_000);
  assert.deepEqual(codes(await Promise.all(second)), Array(4).fill(200));
  assert.equal(world.host.mostAlive, 2);
});

test("on a full machine a busy function hands an environment over to one that has none", async () => {
  const world = new InvokeWorld({
    mostEnvironments: 2,
    behaviour: steady({ run: () => ({ afterMs: 100 }) }),
  });
  world.catalog.put("busy");
  world.catalog.put("f");
  const crowd = world.burst(200, "busy");
  await world.clock.advance(100);
  const startedAt = world.clock.now();
  const answering = world.invoke("f");
  await world.clock.advance(60_000);
  const answer = await answering;
  assert.equal(answer.output?.StatusCode, 200);
  assert.ok(answer.at - startedAt < invokeLimits.starvationMs + 500, `${answer.at - startedAt} ms`);
  assert.ok(codes(await Promise.all(crowd)).every((code) => code === 200));
  assert.equal(world.host.mostAlive, 2);
});

test("the queue of a function is bounded in length and time", async () => {
  const world = new InvokeWorld({
    mostEnvironments: 1,
    behaviour: steady({ run: () => ({ afterMs: 800_000 }) }),
  });
  world.catalog.put("f");
  const running = world.invoke("f");
  await world.clock.advance(100);
  const waiting = world.burst(invokeLimits.accountConcurrency - 1, "f");
  assert.equal((await world.invoke("f")).error?.code, "TooManyRequestsException");
  await world.clock.advance(invokeLimits.waitMs);
  assert.ok(codes(await Promise.all(waiting)).every((code) => code === "TooManyRequestsException"));
  await world.clock.advance(800_000);
  assert.equal((await running).output?.StatusCode, 200);
});

test("callers go ahead of queued events, which still get their turn", async () => {
  const world = new InvokeWorld({ mostEnvironments: 1 });
  world.catalog.put("f");
  const running = world.invoke("f");
  await world.clock.advance(55);
  const events = await Promise.all(world.burst(3, "f", { InvocationType: "Event" }));
  world.invoker.start();
  await world.clock.advance(0);
  const callers = world.burst(7, "f");
  await world.clock.advance(1_000);
  await Promise.all([running, ...callers]);
  const eventIds = new Set(events.map(({ requestId }) => requestId));
  assert.equal(
    world.host.dispatches.map(({ invocation }) => (eventIds.has(invocation.requestId) ? "e" : "c")).join(""),
    "cccecccecce",
  );
});

test("drain waits for what runs and takes no more events", async () => {
  const world = new InvokeWorld({ behaviour: steady({ run: () => ({ afterMs: 2_000 }) }) });
  world.catalog.put("f");
  world.invoker.start();
  const running = world.invoke("f");
  await world.clock.advance(100);
  let drained: number | undefined;
  void world.invoker.drain(10_000).then(() => {
    drained = world.clock.now();
  });
  const event = await world.invoke("f", { InvocationType: "Event" });
  assert.equal(event.output?.StatusCode, 202);
  await world.clock.advance(1_000);
  assert.equal(drained, undefined);
  await world.clock.advance(2_000);
  assert.equal(drained, (await running).at);
  assert.equal(world.host.dispatches.length, 1);
  assert.deepEqual(Object.values(await world.queue.depth()), [1]);
});

test("drain ends at its deadline", async () => {
  const world = new InvokeWorld({ behaviour: steady({ run: () => ({ afterMs: 60_000 }) }) });
  world.catalog.put("f");
  void world.invoke("f");
  await world.clock.advance(100);
  const draining = world.invoker.drain(5_000);
  const startedAt = world.clock.now();
  await world.clock.advance(5_000);
  await draining;
  assert.equal(world.clock.now(), startedAt + 5_000);
});
