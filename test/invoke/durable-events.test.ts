import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "../../src/base/index.ts";
import { DurableExecutions } from "../../src/invoke/durable/engine.ts";
import { steady } from "../../testkit/fake-environments.ts";
import { InvokeWorld } from "../../testkit/invoke-world.ts";
import { MemoryTimers } from "../../testkit/memory-timers.ts";
import { seededRandomness } from "../../testkit/seeded-randomness.ts";

const origin = {
  principal: "s3.amazonaws.com",
  sourceArn: "arn:aws:s3:::photos",
  sourceAccount: "000000000000",
};
const durable = { executionTimeoutSeconds: 3_600, retentionDays: 1 };

/** A world with a durable function whose every invocation gives this answer. */
function worldOf(answer: string): { world: InvokeWorld; list: () => Promise<any[]> } {
  const behaviour = steady();
  const outcome = { payload: Buffer.from(answer) };
  const world = new InvokeWorld({ behaviour: { ...behaviour, run: () => ({ afterMs: 5, outcome }) } });
  const { arn } = world.catalog.put("saga", { durable });
  world.catalog.put("saga", { durable, invokedArn: `${arn}:$LATEST` });
  world.invoker.start();
  const list = async () => {
    const { output } = await world.call("ListDurableExecutionsByFunction", { FunctionName: "saga" });
    return (output as { DurableExecutions?: any[] } | undefined)?.DurableExecutions ?? [];
  };
  return { world, list };
}

test("an event of another service starts one execution of a durable function, however often it comes", async () => {
  const { world, list } = worldOf('{"Status":"SUCCEEDED","Result":"1"}');
  const event = {
    targetArn: "arn:aws:lambda:us-east-1:000000000000:function:saga:$LATEST",
    origin,
    payload: Buffer.from('{"Records":[]}'),
    id: "event-1",
  };
  await world.invoker.eventTarget.deliver(event);
  await world.invoker.eventTarget.deliver(event);
  await world.clock.advance(10_000);
  const executions = await list();
  assert.deepEqual(
    executions.map(({ Status }) => Status),
    ["SUCCEEDED"],
  );
  assert.equal(world.usage.length, 1);
});

test("answers that make no sense end an execution, at once or after a few tries", async () => {
  for (const [answer, invocations, message] of [
    ['{"Status":"DONE"}', 1, "Invalid Status in invocation output."],
    ["null", 1, "Invalid Status in invocation output."],
    ['{"Status":"PENDING"}', 3, "Cannot return PENDING status with no pending operations."],
  ] as const) {
    const { world, list } = worldOf(answer);
    const started = await world.invoke("saga", { InvocationType: "Event" });
    assert.equal(started.output?.StatusCode, 202);
    await world.clock.advance(60_000);
    const [{ Status, DurableExecutionArn }] = (await list()) as [Record<string, string>];
    const { output } = await world.call("GetDurableExecution", { DurableExecutionArn });
    const { Error: error } = output as { Error?: { ErrorMessage?: string } };
    assert.deepEqual(
      [Status, error?.ErrorMessage, world.usage.length],
      ["FAILED", message, invocations],
      answer,
    );
  }
});

test("an invocation that fails is tried again five times, later and later", async () => {
  const starts: number[] = [];
  const behaviour = steady();
  const world: InvokeWorld = new InvokeWorld({
    behaviour: {
      ...behaviour,
      run: () => {
        starts.push(world.clock.now());
        const payload = Buffer.from('{"errorType":"Boom","errorMessage":"broken"}');
        return { afterMs: 5, outcome: { payload, functionError: "Unhandled", status: "error" } };
      },
    },
  });
  const { arn } = world.catalog.put("saga", { durable });
  world.catalog.put("saga", { durable, invokedArn: `${arn}:$LATEST` });
  world.invoker.start();
  await world.invoke("saga", { InvocationType: "Event" });
  await world.clock.advance(120_000);
  assert.equal(starts.length, 5);
  const pauses = starts.slice(1).map((at, index) => Math.round((at - (starts[index] ?? 0)) / 1_000));
  assert.deepEqual(pauses, [1, 2, 4, 8]);
});

test("an engine that is closed makes no store any more", async () => {
  let opened = 0;
  const world = new InvokeWorld({ behaviour: steady() });
  const engine = new DurableExecutions({
    directory: "",
    timers: new MemoryTimers(world.clock),
    catalog: world.catalog,
    admission: { admit: () => Promise.reject(new Error("nothing is invoked")) },
    ledger: { append: () => true, amend: () => undefined, appendDurable: () => true },
    clock: world.clock,
    randomness: seededRandomness(1),
    log: silentLog,
    openStore: () => {
      opened += 1;
      return Promise.reject(new Error("too late"));
    },
  });
  await engine.close();
  await assert.rejects(engine.store(), { name: "StorageError", code: "closed" });
  assert.equal(opened, 0);
});
