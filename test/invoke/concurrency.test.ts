import assert from "node:assert/strict";
import { test } from "node:test";
import { functionArn, invokeLimits } from "../../src/base/index.ts";
import { InitFailed } from "../../src/environments/index.ts";
import type { ResolvedFunction } from "../../src/functions/index.ts";
import { steady } from "../../testkit/fake-environments.ts";
import { type Answer, InvokeWorld } from "../../testkit/invoke-world.ts";

const arnOf = (name: string) => functionArn("000000000000", "us-east-1", name);
const slow = steady({ run: () => ({ afterMs: 60_000 }) });

function reasonOf({ output, error }: Answer): unknown {
  if (output !== undefined) return output.StatusCode;
  assert.equal(error?.code, "TooManyRequestsException");
  assert.equal(error.status, 429);
  assert.equal(error.message, "Rate Exceeded.");
  assert.equal(error.headers["retry-after"], "1");
  assert.equal(error.members["Type"], "User");
  return error.members["Reason"];
}

const RESERVED_CONCURRENCY = "ReservedFunctionConcurrentInvocationLimitExceeded";
const RESERVED_RATE = "ReservedFunctionInvocationRateLimitExceeded";

function reserve(world: InvokeWorld, name: string, reserved: number | undefined): void {
  world.catalog.setConcurrency(arnOf(name), { reserved, provisioned: [] });
}

function provision(world: InvokeWorld, target: ResolvedFunction, requested: number, reserved?: number): void {
  const provisioned = requested === 0 ? [] : [{ qualifier: target.version, target, requested }];
  world.catalog.setConcurrency(target.arn, { reserved, provisioned });
}

test("a reserve of nothing stops a function at once, warm or not", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  const answering = world.invoke("f");
  await world.clock.advance(100);
  assert.equal(reasonOf(await answering), 200);
  reserve(world, "f", 0);
  assert.equal(reasonOf(await world.invoke("f")), RESERVED_CONCURRENCY);
  await world.clock.advance(10);
  assert.equal(world.host.environments.size, 0);
  reserve(world, "f", undefined);
  const again = world.invoke("f");
  await world.clock.advance(100);
  assert.equal(reasonOf(await again), 200);
});

test("a reserve is a ceiling for its function and taken from all others", async () => {
  const world = new InvokeWorld({ behaviour: slow });
  world.catalog.accountConcurrency = 10;
  for (const name of ["f", "g", "h"]) world.catalog.put(name);
  reserve(world, "f", 4);
  const running = [...world.burst(4, "f"), ...world.burst(3, "g"), ...world.burst(3, "h")];
  assert.equal(reasonOf(await world.invoke("f")), RESERVED_CONCURRENCY);
  assert.equal(reasonOf(await world.invoke("g")), "ConcurrentInvocationLimitExceeded");
  assert.equal(reasonOf(await world.invoke("h")), "ConcurrentInvocationLimitExceeded");
  reserve(world, "f", undefined);
  assert.equal(reasonOf(await world.invoke("f")), "ConcurrentInvocationLimitExceeded");
  await world.clock.advance(61_000);
  assert.deepEqual((await Promise.all(running)).map(reasonOf), Array(10).fill(200));
});

test("an idle environment of another version makes room within the reserve", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  reserve(world, "f", 1);
  for (const version of ["1", "2"]) {
    world.catalog.put("f", { version });
    const answering = world.invoke("f");
    await world.clock.advance(100);
    assert.equal(reasonOf(await answering), 200);
  }
  await world.clock.advance(10);
  assert.equal(world.host.environments.size, 1);
});

test("when a reserve is lowered the surplus goes, the busy after its work", async () => {
  const world = new InvokeWorld({ behaviour: steady({ run: () => ({ afterMs: 1_000 }) }) });
  world.catalog.put("f");
  reserve(world, "f", 6);
  const six = world.burst(6, "f");
  await world.clock.advance(5_000);
  await Promise.all(six);
  const four = world.burst(4, "f");
  await world.clock.advance(100);
  reserve(world, "f", 2);
  await world.clock.advance(10);
  assert.equal(world.host.environments.size, 4);
  await world.clock.advance(2_000);
  assert.deepEqual((await Promise.all(four)).map(reasonOf), Array(4).fill(200));
  assert.equal(world.host.environments.size, 2);
});

test("what a function gets for itself the others lose at once, idle environments too", async () => {
  const world = new InvokeWorld({ behaviour: steady({ run: () => ({ afterMs: 1_000 }) }) });
  world.catalog.accountConcurrency = 10;
  for (const name of ["f", "g", "h"]) world.catalog.put(name);
  const busy = [...world.burst(5, "g"), ...world.burst(3, "h")];
  await world.clock.advance(2_000);
  assert.deepEqual((await Promise.all(busy)).map(reasonOf), Array(8).fill(200));
  assert.equal(world.host.environments.size, 8);
  reserve(world, "f", 6);
  await world.clock.advance(10);
  assert.equal(world.host.environments.size, 4);
  const answers = [...world.burst(5, "g"), ...world.burst(3, "h")];
  await world.clock.advance(5_000);
  const reasons = (await Promise.all(answers)).map(reasonOf);
  assert.equal(reasons.filter((reason) => reason === 200).length, 4);
  assert.equal(reasons.filter((reason) => reason === "ConcurrentInvocationLimitExceeded").length, 4);
});

test("requests a second are at most ten times the concurrency", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  reserve(world, "f", 1);
  const first = world.invoke("f");
  await world.clock.advance(100);
  await first;
  const codes: unknown[] = [];
  for (let call = 0; call < 30; call += 1) {
    const answering = world.invoke("f");
    await world.clock.advance(11);
    codes.push(reasonOf(await answering));
  }
  const passed = codes.filter((code) => code === 200).length;
  assert.ok(passed >= 12 && passed <= 14, `${passed} of 30 in 330 ms`);
  assert.ok(codes.every((code) => code === 200 || code === RESERVED_RATE));
});

test("a function gets a thousand environments at once and a hundred a second then", async () => {
  const world = new InvokeWorld({ behaviour: slow, creations: 5_000, mostEnvironments: 5_000 });
  world.catalog.accountConcurrency = 5_000;
  world.catalog.put("f");
  world.catalog.put("g");
  const running = world.burst(invokeLimits.newEnvironments, "f");
  await world.clock.advance(100);
  assert.equal(world.host.environments.size, 1_000);
  const soon = world.burst(500, "f");
  await world.clock.advance(100);
  assert.equal(world.host.environments.size, 1_010);
  running.push(...world.burst(5, "g"));
  await world.clock.advance(100);
  assert.equal(world.host.environments.size, 1_015);
  await world.clock.advance(800);
  const later = world.burst(500, "f");
  await world.clock.advance(100);
  assert.equal(world.host.environments.size, 1_115);
  const refused = (await Promise.all(soon.slice(10))).map(reasonOf);
  assert.deepEqual(refused, Array(490).fill("ConcurrentInvocationLimitExceeded"));
  await world.clock.advance(61_000);
  assert.deepEqual((await Promise.all(running)).map(reasonOf), Array(1_005).fill(200));
  const reasons = (await Promise.all(later)).map(reasonOf);
  assert.equal(reasons.filter((reason) => reason === "ConcurrentInvocationLimitExceeded").length, 400);
});

test("provisioned environments come up ahead, are used first, and spill over", async () => {
  const world = new InvokeWorld({ behaviour: steady({ run: () => ({ afterMs: 500 }) }) });
  const target = world.catalog.put("f", { version: "1" });
  provision(world, target, 2);
  assert.deepEqual(world.catalog.reports.at(-1), {
    arn: target.arn,
    qualifier: "1",
    generation: target.generation,
    allocated: 0,
    available: 0,
  });
  await world.clock.advance(100);
  assert.equal(world.host.environments.size, 2);
  assert.ok([...world.host.environments].every(({ provisioned }) => provisioned));
  assert.deepEqual(world.catalog.reports.at(-1)?.available, 2);
  const three = world.burst(3, "f");
  await world.clock.advance(100);
  assert.equal(world.host.environments.size, 3);
  await world.clock.advance(1_000);
  assert.deepEqual((await Promise.all(three)).map(reasonOf), [200, 200, 200]);
  assert.deepEqual(
    world.host.dispatches.map(({ environment }) => environment.provisioned),
    [true, true, false],
  );
  provision(world, target, 0);
  await world.clock.advance(10);
  assert.deepEqual(
    [...world.host.environments].map(({ provisioned }) => provisioned),
    [false],
  );
});

test("what is provisioned is part of the reserve", async () => {
  const world = new InvokeWorld({ behaviour: slow });
  const target = world.catalog.put("f", { version: "1" });
  provision(world, target, 2, 3);
  await world.clock.advance(100);
  const three = world.burst(3, "f");
  assert.equal(reasonOf(await world.invoke("f")), RESERVED_CONCURRENCY);
  await world.clock.advance(61_000);
  assert.deepEqual((await Promise.all(three)).map(reasonOf), [200, 200, 200]);
});

test("a provisioned environment that goes is replaced, and a new version gets its own", async () => {
  const world = new InvokeWorld();
  provision(world, world.catalog.put("f", { version: "1" }), 2);
  await world.clock.advance(100);
  [...world.host.environments][0]?.leave();
  assert.equal(world.catalog.reports.at(-1)?.available, 1);
  await world.clock.advance(100);
  assert.equal(world.host.environments.size, 2);
  assert.equal(world.catalog.reports.at(-1)?.available, 2);
  const next = world.catalog.put("f", { version: "2" });
  provision(world, next, 1);
  await world.clock.advance(100);
  assert.deepEqual(
    [...world.host.environments].map(({ spec }) => spec.version),
    ["2"],
  );
  assert.equal(world.catalog.reports.at(-1)?.generation, next.generation);
});

test("an init that fails is reported, and tried again only when it is asked for anew", async () => {
  let broken = true;
  const world = new InvokeWorld({
    behaviour: steady({
      start: () => ({ afterMs: 50, ...(broken ? { fails: new InitFailed("Runtime.ExitError") } : {}) }),
    }),
  });
  const target = world.catalog.put("f", { version: "1" });
  provision(world, target, 2);
  await world.clock.advance(60_000);
  assert.equal(world.host.created, 2);
  assert.deepEqual(world.catalog.reports.at(-1), {
    arn: target.arn,
    qualifier: "1",
    generation: target.generation,
    allocated: 0,
    available: 0,
    failure: "FUNCTION_ERROR_INIT_FAILURE",
  });
  broken = false;
  provision(world, target, 2);
  await world.clock.advance(100);
  assert.equal(world.catalog.reports.at(-1)?.available, 2);
});

test("what was provisioned before a start is made ready again", async () => {
  const world = new InvokeWorld();
  const target = world.catalog.put("f", { version: "1" });
  provision(world, target, 1);
  const restarted = new InvokeWorld({ catalog: world.catalog });
  restarted.invoker.start();
  await restarted.clock.advance(100);
  assert.equal(restarted.host.environments.size, 1);
});

test("a machine fault while provisioning is tried again", async () => {
  let faults = 1;
  const world = new InvokeWorld({
    behaviour: steady({
      start: () => ({ afterMs: 50, ...(faults-- > 0 ? { fails: new Error("no memory") } : {}) }),
    }),
  });
  provision(world, world.catalog.put("f", { version: "1" }), 1);
  await world.clock.advance(100);
  assert.equal(world.host.environments.size, 0);
  await world.clock.advance(invokeLimits.provisionRetryMs + 100);
  assert.equal(world.catalog.reports.at(-1)?.available, 1);
});

test("environments of different tenants are never shared", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f", { tenantIsolation: "PER_TENANT" });
  for (const TenantId of ["a", "b", "a"]) {
    const answering = world.invoke("f", { TenantId });
    await world.clock.advance(100);
    assert.equal(reasonOf(await answering), 200);
  }
  const [first, second, third] = world.host.dispatches;
  assert.notEqual(first?.environment, second?.environment);
  assert.equal(first?.environment, third?.environment);
  assert.equal(second?.invocation.tenantId, "b");
  assert.equal((await world.invoke("f")).error?.code, "InvalidParameterValueException");
  world.catalog.put("g");
  assert.equal((await world.invoke("g", { TenantId: "a" })).error?.code, "InvalidParameterValueException");
});
