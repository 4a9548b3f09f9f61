import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import type { InvokeWithResponseStreamResponseEvent } from "@aws-sdk/client-lambda";
import { invokeLimits } from "../../src/base/index.ts";
import { steady } from "../../testkit/fake-environments.ts";
import { type Answer, InvokeWorld } from "../../testkit/invoke-world.ts";

const stream = (world: InvokeWorld, input: Readonly<Record<string, unknown>> = {}, signal?: AbortSignal) =>
  world.call(
    "InvokeWithResponseStream",
    { FunctionName: "f", ...input },
    signal === undefined ? {} : { signal },
  );

function reader(answer: Answer): AsyncIterator<InvokeWithResponseStreamResponseEvent> {
  const events = answer.output?.EventStream;
  assert.ok(events !== undefined, answer.error?.message ?? "no stream");
  return events[Symbol.asyncIterator]();
}

async function next(events: AsyncIterator<InvokeWithResponseStreamResponseEvent>) {
  const { value, done } = await events.next();
  if (done === true) return undefined;
  const { PayloadChunk, InvokeComplete } = value;
  return PayloadChunk === undefined ? InvokeComplete : Buffer.from(PayloadChunk.Payload ?? []).toString();
}

test("a stream is answered when the function begins, and ends with InvokeComplete", async () => {
  const world = new InvokeWorld({
    behaviour: steady({
      run: () => ({ afterMs: 500, streams: ["one"], outcome: { logTail: Buffer.from("REPORT") } }),
    }),
  });
  world.catalog.put("f", { version: "3" });
  const answering = stream(world, { LogType: "Tail" });
  await world.clock.advance(60);
  const answer = await answering;
  assert.equal(answer.output?.StatusCode, 200);
  assert.equal(answer.output?.ExecutedVersion, "3");
  const events = reader(answer);
  assert.equal(await next(events), "one");
  const last = next(events);
  assert.equal(world.usage.length, 0);
  await world.clock.advance(1_000);
  assert.deepEqual(await last, { LogResult: Buffer.from("REPORT").toString("base64") });
  assert.equal(await next(events), undefined);
  assert.equal(world.usage.length, 1);
});

test("a function error is told by InvokeComplete alone, with the type that the function gave it", async () => {
  const document = '{"errorType":"RangeError","errorMessage":"out of range"}';
  const outcome = {
    functionError: "Unhandled" as const,
    errorType: "Runtime.Unknown",
    payload: Buffer.from(document),
  };
  const world = new InvokeWorld({ behaviour: steady({ run: () => ({ afterMs: 1, outcome }) }) });
  world.catalog.put("f");
  const answering = stream(world);
  await world.clock.advance(100);
  const events = reader(await answering);
  assert.deepEqual(await next(events), { ErrorCode: "RangeError", ErrorDetails: document });
  assert.equal(await next(events), undefined);
});

test("what keeps a stream from running is an error of the request", async () => {
  const world = new InvokeWorld();
  assert.equal((await stream(world)).error?.code, "ResourceNotFoundException");
  const tooLarge = await stream(world, { Payload: Buffer.alloc(invokeLimits.requestPayloadBytes + 1) });
  assert.equal(
    tooLarge.error?.message,
    "Request must be smaller than 6291456 bytes for the InvokeWithResponseStream operation",
  );
  world.catalog.put("f");
  assert.deepEqual((await stream(world, { InvocationType: "DryRun" })).output, { StatusCode: 204 });
  assert.equal(world.host.created, 0);
});

test("a reader that takes nothing holds the function up, one that goes away does not", async () => {
  const part = "x".repeat(invokeLimits.streamHeldBytes);
  const world = new InvokeWorld({
    behaviour: steady({ run: () => ({ afterMs: 1, streams: Array(5).fill(part) }) }),
  });
  world.catalog.put("f");
  const caller = new AbortController();
  const answering = stream(world, {}, caller.signal);
  await world.clock.advance(60_000);
  const events = reader(await answering);
  assert.equal(world.usage.length, 0);
  assert.equal(await next(events), part);
  await world.clock.advance(60_000);
  assert.equal(world.usage.length, 0);
  caller.abort();
  await world.clock.advance(100);
  assert.equal(world.usage.length, 1);
  assert.equal(world.usage[0]?.status, "success");
});

test("InvokeAsync queues its event", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  const call = (text: string) =>
    world.call("InvokeAsync", { FunctionName: "f", InvokeArgs: Readable.from([Buffer.from(text)]) });
  assert.deepEqual((await call('{"a":1}')).output, { Status: 202 });
  assert.equal((await call("{")).error?.code, "InvalidRequestContentException");
  const largest = `"${"x".repeat(invokeLimits.legacyAsyncPayloadBytes - 2)}"`;
  assert.deepEqual((await call(largest)).output, { Status: 202 });
  assert.equal((await call(`${largest} `)).error?.code, "RequestEntityTooLargeException");
  world.invoker.start();
  await world.clock.advance(1_000);
  assert.deepEqual(
    world.host.dispatches.map(({ invocation }) => invocation.payload.length),
    [7, invokeLimits.legacyAsyncPayloadBytes],
  );
});
