import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { environmentLimits } from "../../src/base/index.ts";
import {
  HttpRequestParser,
  HttpSyntaxError,
} from "../../src/environments/runtime-api/http-request-parser.ts";
import { RuntimeApiWorld } from "../../testkit/runtime-api-world.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

const PING = "GET /2018-06-01/ping HTTP/1.1\r\n\r\n";

/** Requests that must be refused with this status and nothing read after them. */
const MALFORMED: readonly (readonly [string, number])[] = [
  ["GET  /x HTTP/1.1\r\n\r\n", 400],
  ["GET /x HTTP/1.1 y\r\n\r\n", 400],
  ["GET x HTTP/1.1\r\n\r\n", 400],
  ["G@T /x HTTP/1.1\r\n\r\n", 400],
  ["GET /x\x01 HTTP/1.1\r\n\r\n", 400],
  ["GET /x HTTP/2.0\r\n\r\n", 505],
  ["GET /x\r\n\r\n", 400],
  ["\x00\r\n\r\n", 400],
  ["POST /x HTTP/1.1\r\nContent-Length: +1\r\n\r\n1", 400],
  ["POST /x HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n1", 400],
  ["POST /x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n1", 400],
  ["POST /x HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n1", 400],
  ["POST /x HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1", 400],
  ["POST /x HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501],
  ["POST /x HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n", 400],
  ["POST /x HTTP/1.1\r\n folded: x\r\n\r\n", 400],
  ["POST /x HTTP/1.1\r\nbare\nLF: x\r\n\r\n", 400],
  ["POST /x HTTP/1.1\r\nx: a\x00b\r\n\r\n", 400],
  ["POST /x HTTP/1.1\r\n: x\r\n\r\n", 400],
  ["POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 400],
  ["POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1ffffffff\r\n", 400],
  ["POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n", 400],
  ["POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nbad trailer\r\n\r\n", 400],
  [`GET /x HTTP/1.1\r\n${"a: b\r\n".repeat(environmentLimits.runtimeHeaderFields + 1)}\r\n`, 431],
  [`POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;${"x".repeat(5_000)}`, 431],
];

describe("malformed HTTP on the Runtime API", () => {
  let world: RuntimeApiWorld;
  before(async () => {
    world = await new RuntimeApiWorld().open();
  });
  after(() => world.close());

  for (const [request, status] of MALFORMED) {
    it(`is answered ${status} and closed: ${JSON.stringify(request.slice(0, 60))}`, async () => {
      const client = world.client().send(Buffer.from(request, "latin1"));
      assert.equal((await client.answer())?.status, status);
      await client.closed();
    });
  }

  it("does not grow with a head that never ends", async () => {
    const client = world.client().send("GET /x HTTP/1.1\r\n");
    const piece = `a: ${"x".repeat(60_000)}\r\n`;
    for (let sent = 0; sent < environmentLimits.runtimeHeaderBytes; sent += piece.length) client.send(piece);
    assert.equal((await client.answer())?.status, 431);
    await client.closed();
  });

  it("neither crashes nor hangs on random damage", async () => {
    const random = seededRandomness(seedOfRun());
    console.log(`seed ${random.seed}`);
    const valid = [
      PING,
      "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n",
      "POST /2018-06-01/runtime/invocation/i/response HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd",
      "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: a\r\n\r\n3\r\nabc\r\n0\r\na: b\r\n\r\n",
    ];
    for (let round = 0; round < 300; round++) {
      const bytes = [
        ...Buffer.from(Array.from({ length: 1 + random.below(3) }, () => random.pick(valid)).join("")),
      ];
      for (let edits = random.below(6); edits > 0; edits--) {
        const at = random.below(bytes.length);
        if (random.chance(0.3)) bytes.splice(at, 1 + random.below(8));
        else if (random.chance(0.5)) bytes.splice(at, 0, random.below(256));
        else bytes[at] = random.below(256);
      }
      const client = world.client();
      for (let at = 0; at < bytes.length; ) {
        const end = at + 1 + random.below(40);
        client.send(Buffer.from(bytes.slice(at, end)));
        at = end;
      }
      client.socket.end();
      await client.closed();
      if (round % 50 === 0) world.api.reset();
    }
    assert.equal((await world.client().send(PING).answer())?.body, "pong");
  });

  it("parses the same whatever the chunks that bytes arrive in", () => {
    const random = seededRandomness(seedOfRun());
    const text =
      "\r\nPOST /a HTTP/1.1\r\nA: 1\r\na:  2 \r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x\r\n world\r\n0\r\nT: v\r\n\r\n" +
      "PUT /b HTTP/1.0\r\nContent-Length: 3\r\n\r\nabcGET /c HTTP/1.1\r\n\r\n";
    const parse = (cut: () => number) => {
      const parser = new HttpRequestParser();
      const events: string[] = [];
      let body = "";
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; ) {
        const end = at + cut();
        parser.push(Buffer.from(bytes.subarray(at, end)));
        at = end;
        for (let event = parser.read(); event !== undefined; event = parser.read()) {
          if (event.kind === "body") body += event.bytes.toString();
          else if (event.kind === "end") events.push(`${body} ${JSON.stringify([...event.trailers])}`);
          else {
            body = "";
            events.push(JSON.stringify({ ...event.head, fields: [...event.head.fields] }));
          }
        }
      }
      return events;
    };
    const whole = parse(() => text.length);
    assert.equal(whole.length, 6);
    assert.equal(whole[1], 'hello world [["t","v"]]');
    assert.ok(whole[0]?.includes('["a","1, 2"]'));
    for (let round = 0; round < 50; round++)
      assert.deepEqual(
        parse(() => 1 + random.below(9)),
        whole,
      );
    assert.deepEqual(
      parse(() => 1),
      whole,
    );
    assert.throws(() => {
      const parser = new HttpRequestParser();
      parser.push(Buffer.from("x\r\n\r\n"));
      parser.read();
    }, HttpSyntaxError);
  });
});
