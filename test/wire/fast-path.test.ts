import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { wireLimits } from "../../src/base/index.ts";
import { WholeRequests } from "../../src/wire/http/whole-request.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";
import { type EchoDoor, openEchoDoor } from "./kit/echo-door.ts";
import { exchange, requestText } from "./kit/raw.ts";

const AUTHORIZATION =
  "AWS4-HMAC-SHA256 Credential=test/20260101/r/lambda/aws4_request,SignedHeaders=host,Signature=0";
const INVOKE = "POST /2015-03-31/functions/f/invocations";
const invoke = (body: string, headers: Readonly<Record<string, string>> = {}) =>
  requestText(INVOKE, { Authorization: AUTHORIZATION, ...headers }, body);

/** What one connection gets, until as many answers are there as `count`. */
async function answers(socket: Socket, count: number): Promise<string> {
  let text = "";
  while (text.split("HTTP/1.1 ").length - 1 < count || !/\r\n\r\n[^\r]+$/.test(text)) {
    const [part] = (await once(socket, "data")) as [Buffer];
    text += part.toString("latin1");
  }
  return text;
}

describe("requests that come whole", () => {
  let echo: EchoDoor;
  before(async () => {
    echo = await openEchoDoor();
    echo.answer("Invoke", (input) => ({ StatusCode: 200, Payload: input.Payload as Uint8Array }));
    echo.answer("GetFunction", () => new Promise(() => undefined));
  });
  after(() => echo.close());

  it("are served one after another on one connection, in whatever pieces", async () => {
    const socket = connect(echo.port, "127.0.0.1");
    socket.write(invoke("one"));
    assert.match(
      await answers(socket, 1),
      /^HTTP\/1\.1 200 OK\r\n[^]*\r\nkeep-alive: timeout=65\r\n\r\none$/,
    );
    socket.write(invoke("two") + invoke("three").slice(0, 20));
    assert.match(await answers(socket, 1), /\r\n\r\ntwo$/);
    socket.write(invoke("three").slice(20));
    assert.match(await answers(socket, 1), /\r\n\r\nthree$/);
    socket.write(invoke("four") + invoke("five"));
    assert.match(await answers(socket, 2), /four[^]*five$/);
    socket.destroy();
  });

  it("are answered in order when the next one comes too early", async () => {
    const held = Promise.withResolvers<void>();
    echo.answer("Invoke", async (input) => {
      const payload = Buffer.from(input.Payload as Uint8Array);
      if (payload.equals(Buffer.from("slow"))) await held.promise;
      return { StatusCode: 200, Payload: payload };
    });
    const socket = connect(echo.port, "127.0.0.1");
    socket.write(invoke("slow"));
    await new Promise<void>((resolve) => socket.write(invoke("quick"), () => resolve()));
    assert.equal((await exchange(echo.port, invoke("other"))).body, "other");
    held.resolve();
    assert.match(await answers(socket, 2), /slow[^]*quick$/);
    socket.destroy();
  });

  it("get answers of any size", async () => {
    for (const bytes of [0, 1, 16_384, 16_385, 3_000_000]) {
      echo.answer("Invoke", () => ({ StatusCode: 200, Payload: Buffer.alloc(bytes, "ü", "latin1") }));
      const answer = await exchange(echo.port, invoke("x"));
      assert.equal(answer.headers["content-length"], String(bytes));
      assert.equal(answer.body, "ü".repeat(bytes));
    }
  });

  it("can't put lines into the head of an answer", async () => {
    echo.answer("Invoke", (_, context) => {
      context.setHeader("x-amzn-trace-id", "a\r\nx-injected: b");
      return { StatusCode: 200, Payload: "{}" };
    });
    assert.equal((await exchange(echo.port, invoke("x"))).text, "");
  });

  it("that ask to close are the last ones", async () => {
    echo.answer("Invoke", () => ({ StatusCode: 200, Payload: "last" }));
    const socket = connect(echo.port, "127.0.0.1");
    socket.write(invoke("x", { Connection: "close" }));
    const closed = once(socket, "end");
    assert.match(await answers(socket, 1), /\r\nconnection: close\r\n[^]*last$/i);
    await closed;
  });

  it("count as running until they are answered", async () => {
    const socket = connect(echo.port, "127.0.0.1");
    const ask = "GET /2015-03-31/functions/f";
    await new Promise<void>((resolve) =>
      socket.write(requestText(ask, { Authorization: AUTHORIZATION }), () => resolve()),
    );
    await exchange(echo.port, invoke("x"));
    assert.equal(echo.door.counts().connections.outside >= 1, true);
    assert.equal(echo.door.counts().running, 1);
    socket.destroy();
  });
});

it("idle connections end after a while, and no sooner", async () => {
  const clock = new SimulatedClock(Date.now());
  const echo = await openEchoDoor({ clock });
  echo.answer("Invoke", () => ({ StatusCode: 200, Payload: "done" }));
  const socket = connect(echo.port, "127.0.0.1");
  for (let round = 0; round < 3; round++) {
    socket.write(invoke("x"));
    await answers(socket, 1);
    await clock.advance(wireLimits.keepAliveMs - 1_000);
    assert.equal(socket.destroyed, false);
  }
  const ended = once(socket, "end");
  await clock.advance(2_000);
  await ended;
  await echo.close();
});

it("a server that stops answers what runs and says that it was the last", async () => {
  const echo = await openEchoDoor();
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  echo.answer("Invoke", async () => {
    begun.resolve();
    await held.promise;
    return { StatusCode: 200, Payload: "done" };
  });
  const socket = connect(echo.port, "127.0.0.1");
  socket.write(invoke("x"));
  await begun.promise;
  const closing = echo.door.close(5_000);
  held.resolve();
  assert.match(await answers(socket, 1), /\r\nconnection: close\r\n[^]*done$/);
  await closing;
  await echo.close();
});

describe("what the fast path reads", () => {
  const PIECES = [
    ["POST", "GET", "PUT", "HEAD", "post", "CONNECT", "M-SEARCH", ""],
    [" ", "  ", "\t"],
    ["/a/b?c=d", "/", "*", "http://localhost/x", "/\u0080", "/a b", ""],
    [" HTTP/1.1", " HTTP/1.0", " HTTP/2.0", " http/1.1", ""],
  ] as const;
  const FIELDS = [
    "Host: localhost",
    "host:localhost:80",
    "Content-Length: 2",
    "Content-Length: 02",
    "content-length: 2, 2",
    "Content-Length : 2",
    "Content-Length: +2",
    "Content-Length:",
    "Transfer-Encoding: chunked",
    "Connection: keep-alive",
    "Connection: close",
    "Connection: Upgrade",
    "Upgrade: h2c",
    "Expect: 100-continue",
    "X-Text: \t a b \t ",
    "X-Latin: \u00fc\u0080",
    "X-Empty:",
    " folded: x",
    "X-Zero: a\0b",
    "X-Return: a\rb",
    "X-Feed: a\nb",
    "X(y): z",
    ": nameless",
    "no colon",
    "Te: trailers",
  ];

  it("Node's own parser reads in the same way, and what it refuses is not read", async () => {
    const seed = seedOfRun();
    const random = seededRandomness(seed);
    const seen: { method: unknown; url: unknown; rawHeaders: string[]; body: string }[] = [];
    const server = createServer((message, response) => {
      const parts: Buffer[] = [];
      message.on("data", (part: Buffer) => parts.push(part));
      message.on("end", () => {
        const { method, rawHeaders, url } = message;
        seen.push({ method, url, rawHeaders, body: Buffer.concat(parts).toString("latin1") });
        response.writeHead(204, { connection: "close" }).end();
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    let read = 0;
    let connection = new WholeRequests();
    for (let round = 0; round < 1_500; round++) {
      const line = random.chance(0.7)
        ? "POST /a/b?c=d HTTP/1.1"
        : PIECES.map((choices) => random.pick(choices)).join("");
      const fields = Array.from({ length: random.below(4) }, () => random.pick(FIELDS));
      if (random.chance(0.8)) fields.unshift("Host: localhost");
      if (random.chance(0.6)) fields.push("Content-Length: 2");
      const lineEnd = random.chance(0.95) ? "\r\n" : "\n";
      const body = random.pick(["", "ab", "abc", "a"]);
      const bytes = Buffer.from(`${[line, ...fields, ""].join(lineEnd)}${lineEnd}${body}`, "latin1");
      const whole = new WholeRequests().read(bytes);
      // What came before it on a connection makes no difference.
      const behind = connection.read(bytes);
      assert.deepEqual(behind, whole, `seed ${seed}: ${JSON.stringify(bytes.toString("latin1"))}`);
      if (random.chance(0.02)) connection = new WholeRequests();
      if (whole === undefined) continue;
      read++;
      seen.length = 0;
      const answer = await exchange(port, bytes);
      const { method, path, rawHeaders, rawQuery } = whole.request;
      const url = rawQuery === "" ? path : `${path}?${rawQuery}`;
      assert.equal(answer.status, 204, `seed ${seed}: ${JSON.stringify(bytes.toString("latin1"))}`);
      assert.deepEqual(
        seen,
        [{ method, url, rawHeaders, body: whole.body.toString("latin1") }],
        `seed ${seed}: ${JSON.stringify(bytes.toString("latin1"))}`,
      );
    }
    assert.ok(read > 20, `${read} of the requests were read (seed ${seed})`);
    server.close();
  });
});
