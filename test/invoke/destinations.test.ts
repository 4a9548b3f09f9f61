import assert from "node:assert/strict";
import { test } from "node:test";
import { functionArn, type InvocationMessage, invokeLimits } from "../../src/base/index.ts";
import { steady } from "../../testkit/fake-environments.ts";
import { InvokeWorld } from "../../testkit/invoke-world.ts";

const arnOf = (name: string) => functionArn("000000000000", "us-east-1", name);
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:q";
const event = { InvocationType: "Event", Payload: Buffer.from('{"order": 1.50}') };
const failure = {
  functionError: "Unhandled" as const,
  payload: Buffer.from('{"errorMessage":"broken","errorType":"Error"}'),
};

/** A queue that refuses the first `refusals` messages. */
function destination(refusals = 0) {
  const messages: InvocationMessage[] = [];
  let left = refusals;
  return {
    messages,
    send: async (message: InvocationMessage) => {
      if (left-- > 0) throw new Error("no room");
      messages.push(message);
    },
  };
}

function worldOf(options: {
  readonly fails?: boolean;
  readonly refusals?: number;
  readonly settings?: Partial<ReturnType<InvokeWorld["catalog"]["asynchronousSettings"]> & object>;
}) {
  const sqs = destination(options.refusals);
  const world = new InvokeWorld({
    behaviour: steady({ run: () => ({ afterMs: 10, ...(options.fails ? { outcome: failure } : {}) }) }),
    destinations: { sqs },
  });
  world.catalog.put("f");
  world.catalog.setAsynchronous(arnOf("f"), {
    maximumRetryAttempts: 2,
    maximumEventAgeSeconds: 21_600,
    onSuccess: QUEUE,
    onFailure: QUEUE,
    ...options.settings,
  });
  world.invoker.start();
  return { world, messages: sqs.messages };
}

const record = (message: InvocationMessage | undefined) => JSON.parse(message?.body ?? "null") as unknown;

test("the record of a success", async () => {
  const { world, messages } = worldOf({});
  const { requestId } = await world.invoke("f", event);
  await world.clock.advance(1_000);
  assert.equal(messages.length, 1);
  const [message] = messages;
  assert.match(message?.body ?? "", /"requestPayload":\{"order": 1\.50\}/);
  const { timestamp, ...rest } = record(message) as { timestamp: string };
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(rest, {
    version: "1.0",
    requestContext: {
      requestId,
      functionArn: `${arnOf("f")}:$LATEST`,
      condition: "Success",
      approximateInvokeCount: 1,
    },
    requestPayload: { order: 1.5 },
    responseContext: { statusCode: 200, executedVersion: "$LATEST" },
    responsePayload: null,
  });
});

test("the record of a failure after all its retries, under one request id", async () => {
  const { world, messages } = worldOf({ fails: true });
  const { requestId } = await world.invoke("f", event);
  await world.clock.advance(200_000);
  assert.deepEqual(
    world.host.dispatches.map(({ invocation }) => invocation.requestId),
    [requestId, requestId, requestId],
  );
  const { requestContext, responseContext, responsePayload } = record(messages[0]) as any;
  assert.equal(requestContext.condition, "RetriesExhausted");
  assert.equal(requestContext.approximateInvokeCount, 3);
  assert.deepEqual(responseContext, {
    statusCode: 200,
    executedVersion: "$LATEST",
    functionError: "Unhandled",
  });
  assert.equal(responsePayload.errorMessage, "broken");
});

test("retries are as many as configured", async () => {
  for (const maximumRetryAttempts of [0, 1]) {
    const { world, messages } = worldOf({ fails: true, settings: { maximumRetryAttempts } });
    await world.invoke("f", event);
    await world.clock.advance(1_000_000);
    assert.equal(world.host.dispatches.length, maximumRetryAttempts + 1);
    assert.equal(messages.length, 1);
  }
});

test("an event that grows too old is told without a retry that would come too late", async () => {
  const { world, messages } = worldOf({ fails: true, settings: { maximumEventAgeSeconds: 90 } });
  await world.invoke("f", event);
  await world.clock.advance(1_000_000);
  assert.equal(world.host.dispatches.length, 2);
  const { requestContext, responsePayload } = record(messages[0]) as any;
  assert.deepEqual(
    [requestContext.condition, requestContext.approximateInvokeCount, responsePayload.errorMessage],
    ["EventAgeExceeded", 2, "broken"],
  );
});

test("a reserve of nothing is told at once, without a response", async () => {
  const { world, messages } = worldOf({});
  world.catalog.setConcurrency(arnOf("f"), { reserved: 0, provisioned: [] });
  await world.invoke("f", event);
  await world.clock.advance(10);
  const { requestContext, ...rest } = record(messages[0]) as any;
  assert.deepEqual(
    [requestContext.condition, requestContext.approximateInvokeCount],
    ["ZeroReservedConcurrency", 0],
  );
  assert.deepEqual(Object.keys(rest), ["version", "timestamp", "requestPayload"]);
  assert.equal(world.host.dispatches.length, 0);
});

test("a dead letter is the event, with what was wrong in its attributes", async () => {
  const { world, messages } = worldOf({ fails: true, settings: { maximumRetryAttempts: 0 } });
  world.catalog.put("f", { deadLetterTargetArn: QUEUE });
  world.catalog.setAsynchronous(arnOf("f"), { maximumRetryAttempts: 0, maximumEventAgeSeconds: 60 });
  const { requestId } = await world.invoke("f", event);
  await world.clock.advance(1_000);
  assert.equal(messages.length, 1);
  assert.equal(messages[0]?.kind, "dead-letter");
  assert.equal(messages[0]?.body, '{"order": 1.50}');
  assert.deepEqual(messages[0]?.attributes, {
    RequestID: { type: "String", value: requestId },
    ErrorCode: { type: "Number", value: "200" },
    ErrorMessage: { type: "String", value: "broken" },
  });
});

test("the dead letter of an event whose loop was stopped tells the code of that", async () => {
  const { world, messages } = worldOf({});
  world.catalog.put("f", { deadLetterTargetArn: QUEUE });
  world.catalog.setAsynchronous(arnOf("f"), { maximumRetryAttempts: 2, maximumEventAgeSeconds: 21_600 });
  let traceId = "";
  for (let call = 0; call <= invokeLimits.loopInvocations; call += 1) {
    const { headers } = await world.invoke("f", event, { "x-amzn-trace-id": traceId });
    traceId = headers["x-amzn-trace-id"] ?? "";
  }
  await world.clock.advance(1_000);
  assert.equal(world.host.dispatches.length, invokeLimits.loopInvocations);
  assert.equal(messages.length, 1);
  assert.equal(messages[0]?.body, '{"order": 1.50}');
  assert.deepEqual(messages[0]?.attributes["ErrorCode"], { type: "Number", value: "400" });
  assert.match(messages[0]?.attributes["ErrorMessage"]?.value ?? "", /recursive loop/);
});

test("a record that there is no room for is kept until there is, the event with it", async () => {
  const messages: InvocationMessage[] = [];
  let full = true;
  const world = new InvokeWorld({
    destinations: {
      sqs: {
        send: async (message) => {
          if (full) throw Object.assign(new Error("database or disk is full"), { code: "full" });
          messages.push(message);
        },
      },
    },
  });
  world.catalog.put("f");
  world.catalog.setAsynchronous(arnOf("f"), {
    maximumRetryAttempts: 2,
    maximumEventAgeSeconds: 21_600,
    onSuccess: QUEUE,
  });
  world.invoker.start();
  await world.invoke("f", event);
  await world.clock.advance(600_000);
  full = false;
  await world.clock.advance(10_000);
  assert.equal(messages.length, 1);
  assert.deepEqual(await world.queue.depth(), {});
  assert.equal(world.host.dispatches.length, 1);
  full = true;
  await world.invoke("f", event);
  await world.clock.advance(60_000);
  await world.invoker.drain(0);
  assert.equal(world.invoker.counts().unsettledEvents, 0);
  assert.equal(messages.length, 1);
  assert.deepEqual(Object.values(await world.queue.depth()), [1]);
});

test("a destination that fails is tried again, and given up without running the function anew", async () => {
  const patient = worldOf({ refusals: invokeLimits.destinationAttempts - 1 });
  await patient.world.invoke("f", event);
  await patient.world.clock.advance(60_000);
  assert.equal(patient.messages.length, 1);
  const broken = worldOf({ refusals: 100 });
  await broken.world.invoke("f", event);
  await broken.world.clock.advance(60_000);
  assert.equal(broken.messages.length, 0);
  assert.equal(broken.world.host.dispatches.length, 1);
  assert.ok(broken.world.logged.some((line) => line.startsWith("record of an invocation dropped")));
  assert.deepEqual(await broken.world.queue.depth(), {});
});

test("a function as a destination gets the record as its event", async () => {
  const { world } = worldOf({ settings: { onSuccess: arnOf("g") } });
  world.catalog.put("g");
  const { requestId } = await world.invoke("f", event);
  await world.clock.advance(1_000);
  const last = world.host.dispatches.at(-1);
  assert.equal(last?.environment.spec.functionName, "g");
  assert.notEqual(last?.invocation.requestId, requestId);
  const received = JSON.parse(Buffer.from(last?.invocation.payload ?? []).toString());
  assert.equal(received.requestContext.requestId, requestId);
});

test("functions that are each other's destination are stopped", async () => {
  const { world, messages } = worldOf({ settings: { onSuccess: arnOf("g") } });
  world.catalog.put("g");
  world.catalog.setAsynchronous(arnOf("g"), {
    maximumRetryAttempts: 2,
    maximumEventAgeSeconds: 21_600,
    onSuccess: arnOf("f"),
    onFailure: QUEUE,
  });
  await world.invoke("f", event);
  await world.clock.advance(1_000_000);
  assert.equal(world.host.dispatches.length, 2 * invokeLimits.loopInvocations);
  assert.equal(messages.length, 1);
});

test("an event keeps its tenant", async () => {
  const { world } = worldOf({});
  world.catalog.put("f", { tenantIsolation: "PER_TENANT" });
  await world.invoke("f", { ...event, TenantId: "blue" });
  await world.clock.advance(1_000);
  assert.equal(world.host.dispatches[0]?.invocation.tenantId, "blue");
});
