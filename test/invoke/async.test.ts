import assert from "node:assert/strict";
import { test } from "node:test";
import { invokeLimits, ServiceError } from "../../src/base/index.ts";
import { steady } from "../../testkit/fake-environments.ts";
import { InvokeWorld } from "../../testkit/invoke-world.ts";

const event = { InvocationType: "Event", Payload: Buffer.from('{"n": 1}') };
const failing = steady({
  run: () => ({ afterMs: 10, outcome: { functionError: "Unhandled", status: "error" } }),
});
const origin = {
  principal: "s3.amazonaws.com",
  sourceArn: "arn:aws:s3:::photos",
  sourceAccount: "000000000000",
};
const arnOf = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

/** When the function ran, in seconds since `start`. */
function runsAt(world: InvokeWorld, start: number): number[] {
  return world.host.dispatches.map(({ at }) => Math.floor((at - start) / 1_000));
}

async function depth(world: InvokeWorld): Promise<number> {
  return Object.values(await world.queue.depth()).reduce((sum, count) => sum + count, 0);
}

test("an event is answered with 202 once it is queued, then runs and is acknowledged", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  const answer = await world.invoke("f", { ...event, Qualifier: "live", LogType: "Tail" });
  assert.deepEqual(answer.output, { StatusCode: 202 });
  assert.equal(await depth(world), 1);
  assert.equal(world.host.dispatches.length, 0);
  world.invoker.start();
  await world.clock.advance(1_000);
  const [run] = world.host.dispatches;
  assert.equal(Buffer.from(run?.invocation.payload ?? []).toString(), '{"n": 1}');
  assert.equal(run?.invocation.requestId, answer.requestId);
  assert.equal(run?.invocation.invokedFunctionArn, `${arnOf("f")}:live`);
  assert.equal(run?.invocation.wantsLogTail, false);
  assert.equal(run?.invocation.clientContext, undefined);
  assert.equal(await depth(world), 0);
  assert.deepEqual(
    world.usage.map(({ requestId, attempt }) => [requestId, attempt]),
    [[answer.requestId, 1]],
  );
});

test("a function that is not there refuses the event at once", async () => {
  const world = new InvokeWorld();
  assert.equal((await world.invoke("f", event)).error?.code, "ResourceNotFoundException");
  assert.equal(await depth(world), 0);
});

test("errors are retried after one and two minutes with the same request id, each on the bill", async () => {
  const world = new InvokeWorld({ behaviour: failing });
  world.catalog.put("f");
  world.invoker.start();
  const start = world.clock.now();
  const { requestId } = await world.invoke("f", event);
  await world.clock.advance(3_600_000);
  assert.deepEqual(runsAt(world, start), [0, 60, 180]);
  assert.deepEqual(
    new Set(world.host.dispatches.map(({ invocation }) => invocation.requestId)),
    new Set([requestId]),
  );
  assert.deepEqual(
    world.usage.map(({ attempt, status }) => [attempt, status]),
    [
      [1, "error"],
      [2, "error"],
      [3, "error"],
    ],
  );
  assert.equal(await depth(world), 0);
  assert.ok(world.logged.some((line) => line.includes("RetriesExhausted")));
});

test("a retry that succeeds is the last", async () => {
  let runs = 0;
  const world = new InvokeWorld({
    behaviour: steady({
      run: () => ({ afterMs: 10, ...(++runs === 1 ? { outcome: { functionError: "Unhandled" } } : {}) }),
    }),
  });
  world.catalog.put("f");
  world.invoker.start();
  const start = world.clock.now();
  await world.invoke("f", event);
  await world.clock.advance(3_600_000);
  assert.deepEqual(runsAt(world, start), [0, 60]);
});

test("what cannot run backs off from 1 s to 5 min until the event is too old, without using up retries", async () => {
  const attempts: number[] = [];
  const world = new InvokeWorld({
    behaviour: steady({
      start: () => {
        attempts.push(world.clock.now());
        return { afterMs: 0, fails: new Error("no sandbox") };
      },
    }),
  });
  world.catalog.put("f");
  world.invoker.start();
  const start = world.clock.now();
  await world.invoke("f", event);
  await world.clock.advance(invokeLimits.asyncEventAgeMs + 600_000);
  const gaps = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
  assert.ok((gaps[0] ?? 0) >= 1_000 && (gaps[0] ?? 0) <= 1_250, `first gap ${gaps[0]} ms`);
  assert.ok(Math.max(...gaps) <= 300_000);
  assert.ok(
    gaps.slice(1, 8).every((gap, index) => gap >= (gaps[index] ?? 0)),
    `gaps ${gaps.join(" ")}`,
  );
  // The last one ends where the event is about to be too old.
  assert.ok(
    gaps.slice(12, -1).every((gap) => gap >= 290_000),
    `gaps ${gaps.join(" ")}`,
  );
  const lastAge = (attempts.at(-1) ?? 0) - start;
  assert.ok(lastAge > invokeLimits.asyncEventAgeMs - 2_000 && lastAge < invokeLimits.asyncEventAgeMs);
  assert.equal(await depth(world), 0);
  assert.equal(world.usage.length, 0);
  assert.ok(world.logged.some((line) => line.includes("EventAgeExceeded")));
});

test("an event that cannot run is tried until the age that its function sets for it, not given up before", async () => {
  const attempts: number[] = [];
  const world = new InvokeWorld({
    behaviour: steady({
      start: () => {
        attempts.push(world.clock.now() - start);
        return attempts.at(-1)! < 58_000 ? { afterMs: 0, fails: new Error("no sandbox") } : { afterMs: 10 };
      },
    }),
  });
  const start = world.clock.now();
  world.catalog.put("f");
  world.catalog.setAsynchronous(arnOf("f"), { maximumRetryAttempts: 2, maximumEventAgeSeconds: 60 });
  world.invoker.start();
  await world.invoke("f", event);
  await world.clock.advance(120_000);
  assert.equal(world.usage.length, 1, `attempts after ${attempts.join(" ")} ms`);
  assert.ok(attempts.at(-1)! < 60_000);
  assert.deepEqual(
    world.logged.filter((line) => line.includes("EventAgeExceeded")),
    [],
  );
});

test("a throttled event keeps its retries for the function's own errors", async () => {
  let refusals = 4;
  const world = new InvokeWorld({
    behaviour: {
      ...failing,
      start: () =>
        refusals-- > 0
          ? {
              afterMs: 1,
              fails: new ServiceError({
                code: "TooManyRequestsException",
                status: 429,
                message: "Rate Exceeded.",
              }),
            }
          : { afterMs: 1 },
    },
  });
  world.catalog.put("f");
  world.invoker.start();
  await world.invoke("f", event);
  await world.clock.advance(3_600_000);
  assert.deepEqual(
    world.usage.map(({ attempt }) => attempt),
    [1, 2, 3],
  );
});

test("an event whose function was deleted is dropped", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  await world.invoke("f", event);
  world.catalog.remove("f");
  world.invoker.start();
  await world.clock.advance(1_000);
  assert.equal(await depth(world), 0);
  assert.ok(world.logged.some((line) => line.includes("ResourceNotFoundException")));
});

test("an event that was queued before a restart is too old after six hours", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  await world.invoke("f", event);
  await world.clock.advance(invokeLimits.asyncEventAgeMs);
  world.invoker.start();
  await world.clock.advance(1_000);
  assert.equal(world.host.dispatches.length, 0);
  assert.equal(await depth(world), 0);
});

test("a long invocation is not delivered a second time", async () => {
  const world = new InvokeWorld({ behaviour: steady({ run: () => ({ afterMs: 900_000 }) }) });
  world.catalog.put("f");
  world.invoker.start();
  await world.invoke("f", event);
  await world.clock.advance(1_000_000);
  assert.equal(world.host.dispatches.length, 1);
  assert.equal(await depth(world), 0);
  // Until the environment has been idle for long enough.
  await world.clock.advance(1_000_000);
  assert.equal(world.clock.pendingTimers, 0);
});

test("a slow function does not keep another one's events in the same partition waiting", async () => {
  const world = new InvokeWorld({
    creations: 1_000,
    mostEnvironments: 2_000,
    behaviour: steady({ run: (_, spec) => ({ afterMs: spec.functionName === "slow" ? 800_000 : 10 }) }),
  });
  world.catalog.put("slow");
  const partition = world.queue.partitionOf(arnOf("slow"));
  const other = Array.from({ length: 500 }, (_, index) => `f${index}`).find(
    (name) => world.queue.partitionOf(arnOf(name)) === partition,
  );
  assert.ok(other !== undefined);
  world.catalog.put(other);
  world.invoker.start();
  await Promise.all(world.burst(1_500, "slow", event));
  await world.clock.advance(5_000);
  await world.invoke(other, event);
  await world.clock.advance(2_000);
  const ran = world.host.dispatches.map(({ environment }) => environment.spec.functionName);
  assert.equal(ran.filter((name) => name === other).length, 1);
  assert.equal(ran.filter((name) => name === "slow").length, invokeLimits.asyncUnsettledOpenToAll);
});

test("a long queue of one function is worked off without pauses", async () => {
  const world = new InvokeWorld({
    creations: 1_000,
    mostEnvironments: 1_000,
    behaviour: steady({ run: () => ({ afterMs: 1_000 }) }),
  });
  world.catalog.put("f");
  await Promise.all(world.burst(1_500, "f", event));
  world.invoker.start();
  const start = world.clock.now();
  await world.clock.until(() => world.usage.length === 1_500);
  const best = (1_500 / invokeLimits.asyncUnsettledOpenToAll) * 1_000;
  assert.ok(world.clock.now() - start < 4 * best, `${world.clock.now() - start} ms instead of ${best}`);
  assert.equal(new Set(world.usage.map(({ requestId }) => requestId)).size, 1_500);
});

test("an event from a service becomes an invocation, a repeated one does not become a second", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  world.invoker.start();
  const delivery = {
    targetArn: `${arnOf("f")}:live`,
    origin,
    payload: Buffer.of(0xff, 0x00, 0x22),
    id: "n-1",
  };
  assert.equal(await world.invoker.eventTarget.check(delivery.targetArn, origin), "ok");
  const traceId = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
  await world.invoker.eventTarget.deliver({ ...delivery, traceId });
  await world.invoker.eventTarget.deliver(delivery);
  await world.clock.advance(1_000);
  await world.invoker.eventTarget.deliver(delivery);
  await world.clock.advance(1_000);
  assert.equal(world.host.dispatches.length, 1);
  const invocation = world.host.dispatches[0]?.invocation;
  assert.deepEqual(Buffer.from(invocation?.payload ?? []), Buffer.of(0xff, 0x00, 0x22));
  assert.equal(invocation?.invokedFunctionArn, delivery.targetArn);
  assert.match(invocation?.requestId ?? "", /^[0-9a-f-]{36}$/);
  assert.match(
    invocation?.traceId ?? "",
    /^Root=1-5759e988-bd862e3fe1be46a994272793;Parent=[0-9a-f]{16};Sampled=1;Lineage=1:[0-9a-f]{8}:0$/,
  );
  await world.invoker.eventTarget.deliver({ ...delivery, id: "n-2" });
  await world.invoker.eventTarget.deliver({ ...delivery, targetArn: arnOf("f") });
  await world.clock.advance(1_000);
  assert.equal(world.host.dispatches.length, 3);
});

test("events for functions that are missing, forbid them or cannot take them are dropped and logged", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  const { eventTarget } = world.invoker;
  const deliver = (targetArn: string, payload: Uint8Array = Buffer.from("{}")): Promise<void> =>
    eventTarget.deliver({ targetArn, origin, payload, id: targetArn });
  assert.equal(await eventTarget.check(arnOf("g"), origin), "missing");
  assert.equal(await eventTarget.check("arn:aws:sqs:us-east-1:000000000000:q", origin), "unsupported");
  assert.equal(
    await eventTarget.check("arn:aws:lambda:us-east-1:000000000000:layer:l", origin),
    "unsupported",
  );
  await deliver(arnOf("g"));
  await deliver("arn:aws:sqs:us-east-1:000000000000:q");
  await deliver(arnOf("f"), Buffer.alloc(invokeLimits.asyncPayloadBytes + 1));
  world.catalog.verdict = "forbidden";
  assert.equal(await eventTarget.check(arnOf("f"), origin), "forbidden");
  await deliver(arnOf("f"));
  assert.equal(await depth(world), 0);
  assert.equal(world.logged.filter((line) => line.startsWith("event dropped")).length, 4);
});

test("a queue that cannot take an event fails the delivery, so that it is tried again", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  world.queue.enqueue = async () => {
    throw new Error("disk full");
  };
  const delivery = { targetArn: arnOf("f"), origin, payload: Buffer.from("{}"), id: "n" };
  await assert.rejects(world.invoker.eventTarget.deliver(delivery), /disk full/);
  assert.ok((await world.invoke("f", event)).error !== undefined);
});

test("an event that a full disk keeps from being settled is held, not run again", async () => {
  let runs = 0;
  const world = new InvokeWorld({
    behaviour: steady({
      run: () => ({ afterMs: 10, ...(++runs === 1 ? { outcome: { functionError: "Unhandled" } } : {}) }),
    }),
  });
  let full = true;
  const refused = async () => {
    if (full) throw new Error("disk full");
  };
  const { queue } = world;
  const consume = queue.consume.bind(queue);
  queue.consume = (partition, shares, callback) =>
    consume(partition, shares, (delivery) =>
      callback({
        ...delivery,
        ack: () => refused().then(() => delivery.ack()),
        retryAt: (time, attempt) => refused().then(() => delivery.retryAt(time, attempt)),
      }),
    );
  world.catalog.put("f");
  world.invoker.start();
  await world.invoke("f", event);
  await world.clock.advance(600_000);
  assert.equal(runs, 1);
  full = false;
  await world.clock.until(() => runs === 2);
  full = true;
  await world.clock.advance(600_000);
  full = false;
  await world.clock.advance(10_000);
  assert.equal(runs, 2);
  assert.equal(await depth(world), 0);
  await world.invoke("f", event);
  full = true;
  await world.clock.advance(60_000);
  assert.equal(world.invoker.counts().unsettledEvents, 1);
  await world.invoker.drain(0);
  assert.equal(world.invoker.counts().unsettledEvents, 0);
  assert.equal(await depth(world), 1);
});

test("an entry of the queue that cannot be read does not stop the others", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  await world.queue.enqueue(
    arnOf("f"),
    { formatVersion: 99 },
    { id: "x", deadline: world.clock.now() + 1_000 },
  );
  await world.queue.enqueue(arnOf("f"), null, { id: "y", deadline: world.clock.now() + 1_000 });
  await world.invoke("f", event);
  world.invoker.start();
  await world.clock.advance(500);
  assert.equal(world.host.dispatches.length, 1);
  assert.equal(await depth(world), 0);
});
