import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { environmentLimits } from "../../src/base/index.ts";
import { PacedResponse } from "../../src/environments/paced-response.ts";
import { CollectedResponse } from "../../testkit/collected-response.ts";
import { type EnvironmentWorld, openEnvironmentWorld } from "../../testkit/environment-world.ts";
import { eventually } from "../../testkit/eventually.ts";
import { type RawClient, RuntimeApiWorld } from "../../testkit/runtime-api-world.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";
import { SkippingClock } from "../../testkit/skipping-clock.ts";
import { ANY_TIER } from "../../testkit/tested-tier.ts";

const MIB = 1024 * 1024;
const NEXT = "/2018-06-01/runtime/invocation/next";
const response = (id: string) => `/2018-06-01/runtime/invocation/${id}/response`;
const STREAMING =
  "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n";
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

describe("a streamed response at the Runtime API", () => {
  let world: RuntimeApiWorld;
  let client: RawClient;
  let received: CollectedResponse;

  beforeEach(async () => {
    world = await new RuntimeApiWorld().open();
    client = world.client();
    received = new CollectedResponse();
    client.request("GET", NEXT);
    await world.untilReady(1);
    world.dispatch("id-1", "{}", received);
    await client.answer();
  });
  afterEach(() => world.close());

  const begin = (fields = STREAMING) => client.send(`POST ${response("id-1")} HTTP/1.1\r\n${fields}\r\n`);

  it("is handed on while it arrives", async () => {
    begin();
    await received.until(() => received.contentType !== undefined);
    assert.equal(received.contentType, "text/plain");
    client.send(chunk("abc"));
    await received.until(() => received.bytes === 3);
    assert.equal(world.results.length, 0);
    client.send(`${chunk("de")}0\r\n\r\n`);
    assert.equal((await client.answer())?.status, 202);
    assert.equal(received.text, "abcde");
    assert.equal(world.results[0]?.errorType, undefined);
    assert.equal(world.results[0]?.payload.length, 0);
  });

  it("streams too what runtimes post without the mode header", async () => {
    client.request("POST", response("id-1"), "whole");
    assert.equal((await client.answer())?.status, 202);
    assert.equal(received.contentType, "application/octet-stream");
    assert.equal(received.text, "whole");
  });

  it("tells of a failure half-way from the trailers", async () => {
    const document = '{"errorType":"Error","errorMessage":"half-way"}';
    begin().send(
      `${chunk("a")}0\r\nLambda-Runtime-Function-Error-Type: Function.Broken\r\n` +
        `Lambda-Runtime-Function-Error-Body: ${Buffer.from(document).toString("base64")}\r\n\r\n`,
    );
    assert.equal((await client.answer())?.status, 202);
    assert.equal(received.text, "a");
    assert.deepEqual(world.results[0], { payload: Buffer.from(document), errorType: "Function.Broken" });
  });

  it("hands nothing on of an error, nor of a mode that is none", async () => {
    client.request("POST", response("id-1"), "x", "Lambda-Runtime-Function-Response-Mode: Streaming\r\n");
    assert.equal((await client.answer())?.status, 400);
    assert.equal(received.contentType, undefined);
    assert.equal(world.results[0]?.errorType, "Runtime.InvalidResponseModeHeader");
  });

  it("is held up at the runtime's socket while its receiver takes nothing", async () => {
    received.hold();
    begin();
    const total = 32 * MIB;
    let sent = 0;
    const part = Buffer.alloc(64 * 1024, "x");
    const pump = () => {
      while (sent < total) {
        sent += part.length;
        client.send(`${part.length.toString(16)}\r\n`);
        client.send(part);
        client.send("\r\n");
        if (client.socket.writableNeedDrain) return;
      }
      client.send("0\r\n\r\n");
      client.socket.off("drain", pump);
    };
    client.socket.on("drain", pump);
    pump();
    await received.until(() => received.bytes > 0);
    const before = received.bytes;
    assert.ok(before <= 128 * 1024, `${before}`);
    await eventually(() => client.socket.writableLength > 0 || undefined, { what: "a full socket" });
    assert.equal(received.bytes, before);
    received.release();
    assert.equal((await client.answer())?.status, 202);
    assert.equal(received.bytes, total);
  });

  it("ends at its limit, and the runtime learns of it", async () => {
    begin();
    const part = Buffer.alloc(4 * MIB, "x");
    for (let sent = 0; sent <= environmentLimits.streamedResponseBytes; sent += part.length) {
      client.send(`${part.length.toString(16)}\r\n`);
      client.send(part);
      client.send("\r\n");
      if (client.socket.writableNeedDrain) {
        await new Promise<void>((resolve) => client.socket.once("drain", () => resolve()));
      }
    }
    client.send("0\r\n\r\n");
    assert.equal((await client.answer())?.status, 413);
    assert.equal(world.results[0]?.errorType, "Function.ResponseSizeTooLarge");
    assert.ok(received.bytes <= environmentLimits.streamedResponseBytes);
  });

  it("is truncated when the runtime closes its connection", async () => {
    begin().send(chunk("abc"));
    await received.until(() => received.bytes === 3);
    client.socket.end();
    await eventually(() => world.results[0], { what: "a result" });
    assert.equal(world.results[0]?.errorType, "Runtime.TruncatedResponse");
  });

  it("hands on nothing more after a reset", async () => {
    received.hold();
    begin().send(chunk("abc"));
    await received.until(() => received.bytes === 3);
    world.api.reset();
    received.release();
    await client.closed();
    assert.equal(received.text, "abc");
    assert.equal(world.results.length, 0);
  });
});

describe("the pace of a stream", () => {
  it("is free for the first 6 MiB and 2 MiB a second then", async () => {
    const clock = new SimulatedClock();
    const received = new CollectedResponse();
    const paced = new PacedResponse(received, clock);
    const part = new Uint8Array(64 * 1024);
    const arrivals: { readonly at: number; readonly bytes: number }[] = [];
    let done = false;
    void (async () => {
      for (let sent = 0; sent < 16 * MIB; sent += part.length) {
        const busy = paced.write(part);
        arrivals.push({ at: clock.monotonicMs(), bytes: received.bytes });
        await busy;
      }
      done = true;
    })();
    await clock.until(() => done);
    for (const { at, bytes } of arrivals) {
      const allowed = 6 * MIB + (2 * MIB * at) / 1_000 + part.length;
      assert.ok(bytes <= allowed, `${bytes} bytes after ${at} ms`);
    }
    const last = arrivals.at(-1)?.at ?? 0;
    assert.ok(last >= 4_900 && last <= 5_200, `10 MiB beyond the first 6 took ${last} ms`);
    assert.equal(paced.bytes, 16 * MIB);
  });
});

describe("a function that streams", () => {
  let world: EnvironmentWorld;
  const clock = new SkippingClock();
  before(async () => {
    world = await openEnvironmentWorld({ tier: ANY_TIER, clock });
  });
  after(() => world.close());

  const start = (body: string) =>
    world.start({
      runtime: "nodejs24.x",
      files: { "index.js": `exports.handler = awslambda.streamifyResponse(${body});` },
    });

  it("is answered byte by byte, and whole where nobody takes a stream", async () => {
    const running = await start(`async (event, stream) => {
      stream.setContentType("text/html");
      for (const word of event.words) stream.write(word);
      stream.end();
    }`);
    const received = new CollectedResponse();
    const event = { words: ["<b>", "bold", "</b>"] };
    const { outcome } = await running.invoke(event, { response: received });
    assert.equal(received.text, "<b>bold</b>");
    assert.equal(received.contentType, "text/html");
    assert.equal(outcome.status, "success");
    assert.equal(outcome.streamedBytes, 11);
    assert.equal(outcome.payload.length, 0);
    assert.equal((await running.invoke(event)).text, "<b>bold</b>");
  });

  it("has handed on what it wrote when it runs out of time", async () => {
    const running = await start(
      `async (event, stream) => { stream.write("so far"); await new Promise((done) => setTimeout(done, 600_000)); }`,
    );
    const received = new CollectedResponse();
    const invoked = running.invoke({}, { response: received });
    await received.until(() => received.bytes === 6);
    clock.skip(running.spec.timeoutMs);
    const { outcome, json } = await invoked;
    assert.equal(outcome.status, "timeout");
    assert.equal(json.errorType, "Sandbox.Timedout");
    assert.equal(received.text, "so far");
  });

  it("has handed on what it wrote when it dies, and lives on in the next invocation", async () => {
    const running = await start(
      `async (event, stream) => { stream.write(event.text, () => event.die ? setTimeout(() => process.exit(3), 50) : stream.end()); await new Promise((done) => stream.on("finish", done)); }`,
    );
    const received = new CollectedResponse();
    const invoked = running.invoke({ die: true, text: "dying" }, { response: received });
    await received.until(() => received.bytes === 5);
    const { outcome, json } = await invoked;
    assert.equal(outcome.functionError, "Unhandled");
    assert.match(json.errorType, /^Runtime\.(ExitError|TruncatedResponse)$/);
    const next = new CollectedResponse();
    await running.invoke({ text: "alive" }, { response: next });
    assert.equal(next.text, "alive");
  });
});
