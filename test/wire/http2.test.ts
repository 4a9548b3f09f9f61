import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import net from "node:net";
import { buffer, text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { wireLimits } from "../../src/base/index.ts";
import { run } from "../../testkit/lambkin-server.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";
import { type EchoDoor, openEchoDoor } from "./kit/echo-door.ts";
import { exchange, requestText } from "./kit/raw.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const LAMBDA =
  "AWS4-HMAC-SHA256 Credential=test/20260101/r/lambda/aws4_request,SignedHeaders=host,Signature=0";
const INVOKE = { ":method": "POST", ":path": "/2015-03-31/functions/f/invocations", authorization: LAMBDA };

let echo: EchoDoor;
let session: ClientHttp2Session;
before(async () => {
  echo = await openEchoDoor();
  echo.answer("Invoke", (input) => ({ StatusCode: 200, Payload: input.Payload }));
  echo.answer("GetObject", () => ({ Body: "data" }));
  echo.answer("PutObject", async (input) => {
    await buffer(input.Body);
    return { ETag: "tag" };
  });
  session = connect(echo.endpoint);
});
after(async () => {
  session.destroy();
  await echo.close();
});

async function call(headers: Record<string, string>, body?: string | Buffer, over = session) {
  const stream = over.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const [answer] = (await once(stream, "response")) as [Record<string, string | number>];
  return { status: answer[":status"], headers: answer, body: await text(stream) };
}

describe("HTTP/2 without TLS", () => {
  it("is served as HTTP/1 is, with and without a body, also in parallel", async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => call(INVOKE, JSON.stringify({ i, fill: "x".repeat(i * 1_000) }))),
    );
    answers.forEach((answer, i) => {
      assert.equal(answer.status, 200);
      assert.deepEqual((JSON.parse(answer.body) as { i: number }).i, i);
    });
    assert.equal((await call({ ":path": "/b/k" })).body, "data");
    assert.equal((await call({ ":path": "/b/k", ":method": "HEAD" })).body, "");
    assert.equal(echo.last().context.endpoint, echo.endpoint);
    assert.equal(echo.last().context.sourceIp, "127.0.0.1");
  });

  it("takes bodies larger than a window", async () => {
    const body = Buffer.alloc(3_000_000, "a");
    const answer = await call(
      { ":path": "/b/k", ":method": "PUT", "content-length": String(body.length) },
      body,
    );
    assert.equal(answer.status, 200);
    const payload = JSON.stringify("x".repeat(3_000_000));
    assert.equal((await call(INVOKE, payload)).body, payload);
  });

  it("refuses foreign hosts, and an authority that the host denies", async () => {
    assert.equal((await call({ ":authority": "evil.example", ":path": "/b/k" })).status, 403);
    assert.equal(
      (await call({ ":authority": "localhost", host: "a.localhost", ":path": "/b/k" })).status,
      400,
    );
    assert.equal((await call({ ":authority": "localhost", host: "localhost", ":path": "/b/k" })).status, 200);
  });

  it("does not take half of a body for the whole", async () => {
    let invoked = 0;
    const own = await openEchoDoor();
    own.answer("Invoke", () => {
      invoked++;
      return { StatusCode: 200 };
    });
    own.answer("PutObject", async (input) => {
      await buffer(input.Body);
      invoked++;
      return {};
    });
    for (const headers of [INVOKE, { ":path": "/b/k", ":method": "PUT", "content-length": "9" }]) {
      const broken = connect(own.endpoint);
      await once(broken, "connect");
      const stream = broken.request(headers);
      stream.on("error", () => undefined);
      stream.write("{}");
      await new Promise((resolve) => broken.ping(() => resolve(undefined)));
      broken.destroy();
      await once(stream, "close");
    }
    assert.equal((await exchange(own.port, requestText("GET /b/k"))).status, 501);
    assert.equal(invoked, 0);
    await own.close();
  });

  it("is what curl speaks", async () => {
    const { code, stdout } = await run("curl", [
      ...[
        "-s",
        "--http2-prior-knowledge",
        "-w",
        " %{http_version} %{http_code}",
        "-X",
        "PUT",
        "-d",
        "x",
        "-H",
        "content-type: text/plain",
      ],
      `${echo.endpoint}/b/k`,
    ]);
    assert.equal(code, 0);
    assert.match(stdout, / 2 200$/);
  });

  it("answers what runs before it closes, and refuses what comes then", async () => {
    const own = await openEchoDoor();
    const client = connect(own.endpoint);
    const finish = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    own.answer("GetObject", async () => {
      started.resolve();
      await finish.promise;
      return { Body: Buffer.alloc(1_000_000) };
    });
    const answer = call({ ":path": "/b/k" }, undefined, client);
    await started.promise;
    const closed = once(client, "close");
    own.door.stopListening();
    finish.resolve();
    assert.equal((await answer).body.length, 1_000_000);
    await closed;
    await own.close();
  });

  it("ends sessions that open no stream, whatever else they send", async () => {
    const clock = new SimulatedClock(Date.now());
    const own = await openEchoDoor({ clock });
    own.answer("GetObject", () => ({ Body: "data" }));
    const client = connect(own.endpoint);
    assert.equal((await call({ ":path": "/b/k" }, undefined, client)).body, "data");
    const closed = once(client, "close");
    await new Promise((resolve) => client.ping(() => resolve(undefined)));
    await clock.advance(wireLimits.keepAliveMs + 1);
    await closed;
    await own.close();
  });

  it("ends a session that resets streams in a flood", async () => {
    const client = connect(echo.endpoint);
    client.on("error", () => undefined);
    const closed = new Promise<void>((resolve) => client.once("close", resolve));
    let opened = 0;
    const flood = () => {
      for (let i = 0; i < 50 && !client.destroyed && !client.closed; i++, opened++) {
        const stream = client.request({ ":path": "/b/k" });
        stream.on("error", () => undefined);
        stream.close(8);
      }
      if (!client.destroyed && opened < 20_000) setImmediate(flood);
    };
    flood();
    await closed;
    assert.ok(opened < 20_000, `${opened} streams`);
    assert.equal((await call({ ":path": "/b/k" })).body, "data");
  });
});

describe("first bytes", () => {
  it("may come one by one", async () => {
    for (const whole of [requestText("GET /b/k"), PREFACE]) {
      const socket = net.connect(echo.port, "127.0.0.1").setNoDelay();
      const answered = once(socket, "data") as Promise<[Buffer]>;
      for (const byte of whole) await new Promise((resolve) => socket.write(byte, resolve));
      const [first] = await answered;
      // The server's own preface is a SETTINGS frame: type 4 on stream 0.
      if (whole === PREFACE) assert.equal(first[3], 4);
      else assert.match(first.toString(), /^HTTP\/1\.1 200/);
      socket.destroy();
    }
  });

  it("that do not come end the connection", async () => {
    const clock = new SimulatedClock(Date.now());
    const own = await openEchoDoor({ clock });
    for (const begin of ["", "PRI * HT"]) {
      const socket = net.connect(own.port, "127.0.0.1");
      await once(socket, "connect");
      if (begin !== "") socket.write(begin);
      // Served in order: the server knows the connection when the next is answered.
      await exchange(own.port, requestText("GET /b/k"));
      const closed = once(socket.resume(), "close");
      await clock.advance(wireLimits.requestIdleMs + 1);
      await closed;
    }
    await own.close();
  });

  it("with the end right behind them end the connection", { timeout: 60_000 }, async () => {
    const own = await openEchoDoor();
    for (const bytes of [PREFACE, PREFACE, `${PREFACE}nonsense`, "PRI", "", requestText("GET /b/k")]) {
      const socket = net.connect(own.port, "127.0.0.1");
      const closed = once(socket.resume(), "close");
      socket.end(bytes);
      await closed;
    }
    await own.close();
  });

  it("of any kind leave the server in order", async (t) => {
    const seed = seedOfRun();
    t.diagnostic(`LAMBKIN_SEED=${seed}`);
    const random = seededRandomness(seed);
    const starts = [PREFACE, requestText("GET /b/k"), "\u0016\u0003\u0001", "", "PRI"];
    await Promise.all(
      Array.from({ length: 150 }, async () => {
        const start = Buffer.from(random.pick(starts), "latin1");
        const kept = start.subarray(0, random.below(start.length + 1));
        const bytes = Buffer.concat([kept, random.bytes(random.below(60))]);
        const socket = net.connect(echo.port, "127.0.0.1");
        socket.on("error", () => undefined);
        const closed = once(socket.resume(), "close");
        socket.end(bytes);
        await closed;
      }),
    );
    assert.equal((await exchange(echo.port, requestText("GET /b/k"))).status, 200);
    assert.equal((await call({ ":path": "/b/k" })).body, "data");
  });
});
