import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { invokeLimits, wireLimits } from "../../src/base/index.ts";
import { createDoor, type DoorRoute, signRequest } from "../../src/wire/index.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";
import { type EchoDoor, ISSUED, openEchoDoor } from "./kit/echo-door.ts";
import { exchange, requestText } from "./kit/raw.ts";
import { call } from "./kit/signed.ts";

const routes: DoorRoute[] = [
  {
    method: "GET",
    path: "/_lambkin/health",
    access: "open",
    handle: (_, response) => void response.end("fine"),
  },
  {
    method: "GET",
    path: "/_lambkin/usage",
    access: "signed",
    handle: (_, response, caller) => void response.end(caller?.account),
  },
  {
    method: "GET",
    path: "/_lambkin/files/",
    access: "open",
    handle: (request, response) => void response.end(request.url),
  },
];

let echo: EchoDoor;
before(async () => {
  echo = await openEchoDoor({ routes, hostNames: ["lambkin.test"] });
  echo.answer("GetObject", () => ({ Body: "data" }));
  echo.answer("Invoke", (input) => ({ StatusCode: 200, Payload: `${(input.Payload as Uint8Array).length}` }));
});
after(() => echo.close());

const get = (headers: Readonly<Record<string, string>>, line = "GET /b/k") =>
  exchange(echo.port, requestText(line, headers));

describe("who may reach the port", () => {
  for (const host of [
    "localhost",
    "localhost:4566",
    "LOCALHOST",
    "127.0.0.1",
    "127.9.9.9:1",
    "[::1]:4566",
    "bucket.s3.localhost",
    "a.localhost.",
    "lambkin.test",
    "b.s3.lambkin.test:80",
  ]) {
    it(`host ${host} is served`, async () => assert.notEqual((await get({ Host: host })).status, 403));
  }

  for (const host of [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.nip.example",
    "10.1.2.3",
    "169.254.169.254",
    "[fe80::1]",
    "xlocalhost",
    "notlambkin.test",
  ]) {
    it(`host ${host} is refused`, async () => {
      const answer = await get({ Host: host });
      assert.equal(answer.status, 403);
      assert.equal((await get({ Host: host }, "GET /_lambkin/health")).status, 403);
    });
  }

  it("a malformed host is refused", async () => {
    for (const host of ["a b", "a/b", "user@localhost", "localhost:x", "", "[::1"]) {
      assert.equal((await get({ Host: host })).status, 400, host);
    }
  });

  for (const [what, headers, served] of [
    ["a foreign origin", { Origin: "https://evil.example" }, false],
    ["a sandboxed page", { Origin: "null" }, false],
    ["another port's page", { Origin: "http://localhost:3000" }, false],
    ["a page that looks like ours", { Origin: "http://localhost.evil.example" }, false],
    ["our own page", { Origin: "http://localhost" }, true],
    ["an image on a foreign page", { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" }, false],
    ["another port's image", { "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors" }, false],
    ["a link on a foreign page", { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" }, true],
    ["our own page's script", { "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors" }, true],
  ] as const) {
    it(`${what} is ${served ? "served" : "refused"}`, async () => {
      assert.equal((await get(headers)).status, served ? 200 : 403);
      assert.equal((await get(headers, "GET /_lambkin/health")).status, served ? 200 : 403);
    });
  }

  it("a foreign page's form and preflight are refused", async () => {
    const origin = { Origin: "https://evil.example" };
    const navigation = { ...origin, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" };
    assert.equal((await get(navigation, "POST /2015-03-31/functions")).status, 403);
    assert.equal((await get(origin, "OPTIONS /b/k")).status, 403);
  });
});

describe("the server's own routes", () => {
  it("are found by path and prefix", async () => {
    assert.equal(await (await fetch(`${echo.endpoint}/_lambkin/health?x`)).text(), "fine");
    assert.equal(await (await fetch(`${echo.endpoint}/_lambkin/files/a/b`)).text(), "/_lambkin/files/a/b");
    assert.notEqual(await (await fetch(`${echo.endpoint}/_lambkin/healthy`)).text(), "fine");
  });

  it("want a signature where they say so", async () => {
    const url = new URL(`${echo.endpoint}/_lambkin/usage?from=1`);
    const signed = (secretAccessKey: string, service = "lambkin") =>
      fetch(url, {
        headers: withoutHost(
          signRequest(
            { method: "GET", url },
            {
              accessKeyId: ISSUED.accessKeyId,
              secretAccessKey,
              region: "us-east-1",
              service,
              now: Date.now(),
            },
          ),
        ),
      });
    assert.equal(await (await signed(ISSUED.secretAccessKey)).text(), ISSUED.identity.account);
    const wrong = await signed("wrong");
    assert.equal(wrong.status, 403);
    assert.equal(wrong.headers.get("x-amzn-errortype"), "InvalidSignatureException");
    assert.equal((await signed(ISSUED.secretAccessKey, "lambda")).status, 403);
    const unsigned = await fetch(url);
    assert.equal(unsigned.status, 403);
    assert.equal(unsigned.headers.get("x-amzn-errortype"), "MissingAuthenticationTokenException");
  });
});

function withoutHost(headers: Record<string, string>): Record<string, string> {
  const { host: _, ...rest } = headers;
  return rest;
}

describe("bodies that are too large", () => {
  const announce = (line: string, bytes: number, headers = {}) =>
    call(echo.port, "lambda", line, { ...headers, "Content-Length": String(bytes), Expect: "100-continue" });

  for (const [line, most, name, headers] of [
    ["POST /2015-03-31/functions", wireLimits.requestBodyBytes, "CreateFunction", {}],
    ["PUT /2015-03-31/functions/f/code", wireLimits.requestBodyBytes, "UpdateFunctionCode", {}],
    ["POST /2015-03-31/functions/f/invocations", invokeLimits.requestPayloadBytes, "InvokeFunction", {}],
    [
      "POST /2015-03-31/functions/f/invocations",
      invokeLimits.asyncPayloadBytes,
      "InvokeFunction",
      { "X-Amz-Invocation-Type": "Event" },
    ],
  ] as const) {
    it(`${name} ${JSON.stringify(headers)} takes ${most} bytes`, async () => {
      const answer = await announce(line, most + 1, headers);
      assert.equal(answer.status, 413);
      assert.equal(answer.headers["x-amzn-errortype"], "RequestEntityTooLargeException");
      assert.deepEqual(JSON.parse(answer.body), {
        Message: `Request must be smaller than ${most} bytes for the ${name} operation`,
      });
      const fits = await exchangeHead(line, most, headers);
      assert.match(fits, /^HTTP\/1\.1 100 Continue/);
    });
  }

  it("are noticed without an announcement", async () => {
    const headers = {
      authorization:
        "AWS4-HMAC-SHA256 Credential=test/20260101/r/lambda/aws4_request,SignedHeaders=host,Signature=0",
    };
    const url = `${echo.endpoint}/2015-03-31/functions/f/invocations`;
    const body = new Blob([Buffer.alloc(invokeLimits.requestPayloadBytes + 1)]).stream();
    const answer = await fetch(url, { method: "POST", headers, body, duplex: "half" });
    assert.equal(answer.status, 413);
    const exact = await fetch(url, {
      method: "POST",
      headers,
      body: Buffer.alloc(invokeLimits.requestPayloadBytes),
    });
    assert.equal(await exact.text(), String(invokeLimits.requestPayloadBytes));
  });

  it("heads too", async () => {
    const answer = await get({ "X-Long": "x".repeat(wireLimits.headerBytes) });
    assert.equal(answer.status, 431);
    assert.equal((await get({})).status, 200);
  });

  /** The first bytes of the answer to a request whose body is not sent. */
  async function exchangeHead(line: string, bytes: number, headers: object): Promise<string> {
    const socket = connect(echo.port, "127.0.0.1");
    socket.write(
      requestText(line, {
        Authorization:
          "AWS4-HMAC-SHA256 Credential=test/20260101/r/lambda/aws4_request,SignedHeaders=host,Signature=0",
        "Content-Length": String(bytes),
        Expect: "100-continue",
        ...headers,
      }),
    );
    const [first] = (await once(socket, "data")) as [Buffer];
    socket.destroy();
    return first.toString();
  }
});

describe("what is no HTTP", () => {
  for (const bytes of [
    "nonsense\r\n\r\n",
    "\u0016\u0003\u0001\u0002\u0000",
    "GET / HTTP/9.9\r\n\r\n",
    "GET /\u0000 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n folded\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "GET / HTTP/1.1\r\n\r\n",
  ]) {
    it(`${JSON.stringify(bytes.slice(0, 60))} gets an error, and the server goes on`, async () => {
      const answer = await exchange(echo.port, bytes);
      assert.ok(answer.status >= 400 && answer.status < 500, answer.text);
      assert.equal((await get({})).status, 200);
    });
  }
});

describe("connections from a sandbox", () => {
  const peer = { environmentId: "env-1", account: "123456789012" };
  let inside: Server;
  let port: number;
  before(async () => {
    inside = createServer((socket: Socket) => echo.door.accept(socket, peer));
    await once(inside.listen(0, "127.0.0.1"), "listening");
    port = (inside.address() as { port: number }).port;
  });
  after(() => inside.close());

  const invoke = (key: string) =>
    exchange(
      port,
      requestText("POST /2015-03-31/functions/f/invocations", {
        Authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260101/r/lambda/aws4_request,SignedHeaders=host,Signature=0`,
      }),
    );

  it("are served their own account only", async () => {
    assert.equal((await invoke("123456789012")).status, 200);
    assert.equal(echo.last().context.environmentId, "env-1");
    assert.equal(echo.last().context.account, "123456789012");
    const foreign = await invoke("999999999999");
    assert.equal(foreign.status, 403);
    assert.equal(foreign.headers["x-amzn-errortype"], "AccessDeniedException");
    assert.equal((await invoke("test")).status, 403);
  });

  it("are anonymous in their own account when they sign nothing", async () => {
    assert.equal((await exchange(port, requestText("GET /b/k"))).status, 200);
    assert.equal(echo.last().context.account, "123456789012");
    assert.equal(echo.last().context.identity.kind, "anonymous");
  });

  it("reach none of the server's own routes", async () => {
    const answer = await exchange(port, requestText("GET /_lambkin/health"));
    assert.notEqual(answer.body, "fine");
  });
});

describe("closing", () => {
  it("lets running requests finish and takes no more", async () => {
    const own = await openEchoDoor();
    let finish: (() => void) | undefined;
    const started = new Promise<void>((resolve) => {
      own.answer("GetObject", () => {
        resolve();
        return new Promise((done) => {
          finish = () => done({ Body: "late" });
        });
      });
    });
    const answer = fetch(`${own.endpoint}/b/k`);
    await started;
    const closed = own.door.close(60_000);
    await assert.rejects(fetch(`${own.endpoint}/b/k`));
    finish?.();
    assert.equal(await (await answer).text(), "late");
    await closed;
  });

  it("cuts off what does not finish in time", async () => {
    const own = await openEchoDoor();
    const started = new Promise<void>((resolve) => {
      own.answer("GetObject", () => {
        resolve();
        return new Promise(() => undefined);
      });
    });
    const answer = fetch(`${own.endpoint}/b/k`);
    await started;
    await Promise.all([assert.rejects(answer), own.door.close(10)]);
  });

  it("stops listening: what runs is answered, idle connections end, sandboxes are served on", async () => {
    const own = await openEchoDoor();
    const inside = createServer((socket: Socket) =>
      own.door.accept(socket, { environmentId: "env-1", account: "123456789012" }),
    );
    await once(inside.listen(0, "127.0.0.1"), "listening");
    const { port } = inside.address() as { port: number };
    let finish: (() => void) | undefined;
    const started = new Promise<void>((resolve) => {
      own.answer("GetObject", () => {
        resolve();
        return new Promise((done) => {
          finish = () => done({ Body: "late" });
        });
      });
    });
    own.answer("PutObject", () => ({}));
    const idle = connect(own.port, "127.0.0.1");
    idle.write(requestText("PUT /b/k", {}, "x"));
    await once(idle, "data");
    const idleClosed = once(idle.resume(), "close");
    const busy = connect(own.port, "127.0.0.1").setEncoding("utf8");
    let text = "";
    busy.on("data", (part: string) => {
      text += part;
    });
    const busyClosed = once(busy, "close");
    busy.write(requestText("GET /b/k"));
    await started;
    own.door.stopListening();
    await idleClosed;
    await assert.rejects(fetch(`${own.endpoint}/b/k`));
    assert.equal((await exchange(port, requestText("PUT /b/k", {}, "x"))).status, 200);
    finish?.();
    await busyClosed;
    assert.match(text, /^HTTP\/1\.1 200 [^]*Connection: close\r\n[^]*late$/i);
    assert.equal((await exchange(port, requestText("PUT /b/k", {}, "x"))).status, 200);
    await own.door.close(1_000);
    inside.close();
  });

  it("says why it can't listen", async () => {
    const own = await openEchoDoor();
    await assert.rejects(
      own.door.listen({ host: "127.0.0.1", port: echo.port }),
      /ERR_SERVER_ALREADY_LISTEN|EADDRINUSE/,
    );
    await own.close();
  });
});

describe("services", () => {
  it("that nobody knows are named", async () => {
    const answer = await call(
      echo.port,
      "glacier",
      "POST /",
      { "X-Amz-Target": "AmazonGlacier.SendMessage" },
      "{}",
    );
    assert.equal(answer.status, 501);
    assert.match(answer.body, /no service called glacier/);
  });

  it("that fail to load are tried again", async () => {
    let attempts = 0;
    const own = await openEchoDoor({
      services: (name) => {
        attempts++;
        return attempts === 1
          ? Promise.reject(new Error("disk on fire"))
          : Promise.resolve({ name, operations: { GetObject: () => ({ Body: "data" }) } });
      },
    });
    assert.equal((await fetch(`${own.endpoint}/b/k`)).status, 500);
    assert.equal(await (await fetch(`${own.endpoint}/b/k`)).text(), "data");
    assert.equal(await (await fetch(`${own.endpoint}/b/k`)).text(), "data");
    assert.equal(attempts, 2);
    await own.close();
  });

  it("that this server does not have get 501", async () => {
    const own = await openEchoDoor({ services: () => undefined });
    const answer = await call(own.port, "lambda", "GET /2015-03-31/functions/f");
    assert.equal(answer.status, 501);
    await own.close();
  });
});

describe("a body that trickles", () => {
  it("is given up in the end", async () => {
    const clock = new SimulatedClock(Date.now());
    const own = await openEchoDoor({ clock });
    const socket = connect(own.port, "127.0.0.1");
    const authorization =
      "AWS4-HMAC-SHA256 Credential=test/20260101/r/lambda/aws4_request,SignedHeaders=host,Signature=0";
    const headers = { Authorization: authorization, "Content-Length": "100", Expect: "100-continue" };
    socket.write(requestText("POST /2015-03-31/functions/f/invocations", headers, "a"));
    await once(socket, "data");
    const closed = once(socket.resume(), "close");
    await clock.advance(wireLimits.requestBodyMs - 1);
    assert.equal(socket.destroyed, false);
    await clock.advance(2);
    await closed;
    await own.close();
  });
});

describe("bodies nobody wants", () => {
  it("do not keep the answer from the caller", async () => {
    echo.answer("PutObject", () => {
      throw new Error("before the body was read");
    });
    const body = Buffer.alloc(30_000_000);
    const authorization =
      "AWS4-HMAC-SHA256 Credential=test/20260101/r/lambda/aws4_request,SignedHeaders=host,Signature=0";
    const post = (path: string, headers = {}) =>
      fetch(`${echo.endpoint}${path}`, { method: "POST", body, headers });
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all([
        fetch(`${echo.endpoint}/b/k`, { method: "PUT", body }),
        post("/2015-03-31/functions/f/invocations", { authorization }),
        post("/2015-03-31/functions/f/invocations", { authorization }),
        post("/2015-03-31/nothing"),
      ]);
      const statuses = answers.map(({ status }) => status);
      assert.deepEqual(statuses, [500, 413, 413, 403]);
      await Promise.all(answers.map((answer) => answer.text()));
    }
    assert.equal((await get({})).status, 200);
  });

  it("a caller that leaves in the middle fails the stream", async () => {
    const socket = connect(echo.port, "127.0.0.1");
    const failed = new Promise<Error>((resolve) => {
      echo.answer("PutObject", (input) => {
        socket.destroy();
        return buffer(input.Body).catch((error: Error) => resolve(error));
      });
    });
    socket.write(requestText("PUT /b/k", { "Content-Length": "100" }, "abc"));
    assert.equal(((await failed) as { code?: string }).code, "IncompleteBody");
  });
});

describe("createDoor", () => {
  it("is closed before it listened without fuss", async () => {
    const own = await openEchoDoor();
    await own.close();
    await own.close();
    assert.equal(typeof createDoor, "function");
  });
});
