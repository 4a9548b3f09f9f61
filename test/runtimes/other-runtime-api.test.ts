import assert from "node:assert/strict";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type EnvironmentWorld, openEnvironmentWorld } from "../../testkit/environment-world.ts";
import { eventually } from "../../testkit/eventually.ts";
import { ANY_TIER } from "../../testkit/tested-tier.ts";

/** So many bytes of each answer travel one by one. */
const SINGLE_BYTES = 600;

/**
 * Stands between a runtime and the Runtime API and frames answers as other servers may: in chunks with extensions and
 * trailers, and in packets that end anywhere (RFC 9112).
 */
class Reframer {
  readonly #server: Server;
  readonly #addressFile: string;
  readonly #sockets = new Set<Socket>();
  reframed = 0;

  constructor(addressFile: string) {
    this.#addressFile = addressFile;
    this.#server = createServer((socket) => void this.#serve(socket));
  }

  async listen(): Promise<string> {
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(socket: Socket): Promise<void> {
    const [host = "", port] = (await readFile(this.#addressFile, "utf8")).trim().split(":");
    const api = connect(Number(port), host);
    for (const one of [socket, api]) {
      this.#sockets.add(one);
      one.setNoDelay(true).on("error", () => undefined);
    }
    socket.pipe(api);
    api.on("close", () => socket.destroy());
    let received = Buffer.alloc(0);
    let sent = Promise.resolve();
    api.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      for (let end = received.indexOf("\r\n\r\n"); end >= 0; end = received.indexOf("\r\n\r\n")) {
        const head = received.toString("latin1", 0, end);
        const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
        if (received.length < end + 4 + length) return;
        const answer = reframe(head, received.subarray(end + 4, end + 4 + length));
        received = received.subarray(end + 4 + length);
        this.reframed += 1;
        sent = sent.then(() => dribble(socket, answer));
      }
    });
  }
}

function reframe(head: string, body: Buffer): Buffer {
  const fields = head.replace(/\r\ncontent-length:.*/i, "").replace(/: /g, ":");
  const parts: (Buffer | string)[] = [fields, "\r\ntRANSFER-eNCODING:  Chunked\r\nTrailer: x-end\r\n\r\n"];
  for (let from = 0, size = 1; from < body.length; from += size, size *= 3) {
    const chunk = body.subarray(from, from + size);
    parts.push(`00${chunk.length.toString(16).toUpperCase()};name=value\r\n`, chunk, "\r\n");
  }
  return Buffer.concat([...parts, "0\r\nx-end: 1\r\n\r\n"].map((part) => Buffer.from(part as string)));
}

async function dribble(socket: Socket, answer: Buffer): Promise<void> {
  for (let at = 0; at < SINGLE_BYTES && at < answer.length; at += 1) {
    socket.write(answer.subarray(at, at + 1));
    await nextTurn();
  }
  socket.write(answer.subarray(SINGLE_BYTES));
}

const RUNTIMES = {
  "nodejs22.x": {
    "index.js":
      "exports.handler = async (event) => { if (event.fail) throw new Error('asked'); return event; };",
  },
  "python3.11": {
    "index.py":
      "def handler(event, context):\n    if event.get('fail'):\n        raise Exception('asked')\n    return event\n",
  },
  "ruby3.3": {
    "index.rb": "def handler(event:, context:)\n  raise 'asked' if event['fail']\n  event\nend\n",
  },
} as const;

describe("runtimes before a Runtime API that frames otherwise", () => {
  let world: EnvironmentWorld;
  let directory: string;
  before(async () => {
    world = await openEnvironmentWorld({ tier: ANY_TIER, initMs: 60_000 });
    directory = await mkdtemp(join(tmpdir(), "lambkin-reframed-"));
    await chmod(directory, 0o777);
  });
  after(async () => {
    await world.close();
    await rm(directory, { recursive: true });
  });

  for (const [runtime, files] of Object.entries(RUNTIMES)) {
    it(`serve ${runtime}`, async () => {
      const addressFile = join(directory, `${runtime}-address`);
      const reframer = new Reframer(addressFile);
      const script = [
        "#!/bin/sh",
        `echo "$AWS_LAMBDA_RUNTIME_API" >${addressFile}`,
        `export AWS_LAMBDA_RUNTIME_API=${await reframer.listen()}`,
        'exec "$@"\n',
      ];
      try {
        const running = await world.start({
          runtime,
          files: { ...files, wrapper: script.join("\n") },
          executables: ["wrapper"],
          environment: { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper" },
        });
        const event = { text: "ä\r\n0\r\n\r\n".repeat(400) };
        assert.deepEqual((await running.invoke(event)).json, event);
        assert.equal((await running.invoke({ fail: true })).json.errorMessage, "asked");
        assert.deepEqual((await running.invoke({})).json, {});
        // The last receipt may come after the caller's answer.
        await eventually(() => reframer.reframed >= 6 || undefined, { what: "six answers" });
        await running.environment.retire();
      } finally {
        await reframer.close();
      }
    });
  }
});
