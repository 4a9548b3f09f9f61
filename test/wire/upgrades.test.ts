import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { describe, it } from "node:test";
import type { DoorUpgrade } from "../../src/wire/interfaces.ts";
import { openEchoDoor } from "./kit/echo-door.ts";
import { exchange, requestText } from "./kit/raw.ts";

const OPENING = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** Everything that a server sends until it ends the connection. */
async function untilClosed(port: number, request: string): Promise<string> {
  const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let text = "";
  socket.setEncoding("latin1").on("data", (part: string) => {
    text += part;
  });
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  // The client never ends its side: the server has to.
  socket.once("end", () => setTimeout(() => socket.destroy(), 50));
  socket.write(request);
  await closed;
  return text;
}

describe("requests for a WebSocket", () => {
  it("are handed to the taker of their address", async () => {
    const seen: string[] = [];
    const upgrade: DoorUpgrade = {
      matches: (host, path) => host === "localhost" && path === "/socket",
      handle: (_, socket, head, { sourceIp }) => {
        seen.push(sourceIp, head.toString());
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        socket.on("data", (part: Buffer) => socket.write(part));
      },
    };
    const own = await openEchoDoor({ upgrades: [upgrade] });
    const socket = net.connect(own.port, "127.0.0.1");
    socket.write(requestText("GET /socket", OPENING));
    assert.match(String((await once(socket, "data"))[0]), /^HTTP\/1\.1 101/);
    socket.write("hello");
    assert.equal(String((await once(socket, "data"))[0]), "hello");
    assert.deepEqual(seen, ["127.0.0.1", ""]);
    assert.match(await untilClosed(own.port, requestText("GET /other", OPENING)), /^HTTP\/1\.1 400/);
    const closed = once(socket, "close");
    own.door.stopListening();
    await closed;
    await own.close();
  });

  it("get an answer and an end where nobody takes them", async () => {
    const own = await openEchoDoor();
    for (const [headers, status] of [
      [{}, 400],
      [{ "Sec-WebSocket-Version": "8" }, 426],
      [{ "Sec-WebSocket-Key": "short" }, 400],
      [{ Host: "evil.example" }, 403],
      [{ Origin: "https://evil.example" }, 403],
    ] as const) {
      const text = await untilClosed(own.port, requestText("GET /socket", { ...OPENING, ...headers }));
      assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} [^]*connection: close`));
      if (status === 426) assert.match(text, /upgrade: websocket\r\n[^]*sec-websocket-version: 13\r\n/);
    }
    assert.match(await untilClosed(own.port, requestText("CONNECT localhost:1")), /^HTTP\/1\.1 405/);
    await own.close();
  });

  it("are told apart from offers that may be ignored", async () => {
    const own = await openEchoDoor();
    own.answer("GetObject", () => ({ Body: "data" }));
    const headers = { Connection: "Upgrade, HTTP2-Settings", Upgrade: "h2c", "HTTP2-Settings": "AAMAAABk" };
    assert.equal((await exchange(own.port, requestText("GET /b/k", headers))).body, "data");
    await own.close();
  });
});
