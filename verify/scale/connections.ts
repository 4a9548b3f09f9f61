import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { closedLoop, percentile } from "../../bench/figure.ts";
import { post } from "../../bench/signed-request.ts";
import { eventually } from "../../testkit/eventually.ts";
import { type LambkinServer, startLambkin } from "../../testkit/lambkin-server.ts";
import { createFunctions } from "../../testkit/node-functions.ts";
import type { PartContext } from "../part.ts";
import { metricsOf } from "./server.ts";

const IDLE = 3_000;
const SLOW = 50;
const LEAVING = 500;
const ANSWER_BYTES = 6_000_000;
const STALL_MS = 3_000;
const LOOP_MS = 3_000;
/** Connections that come and go by themselves. */
const SLACK = 50;
/** Open files of the environments and waiting sandboxes that the load has left; the connections were far more. */
const FILES_OF_ENVIRONMENTS = 1_000;

const SOURCE = `exports.handler = async ({ bytes = 0, ms = 0 }) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return "x".repeat(bytes);
};`;

/** Thousands of idle connections, readers that stall, and clients that go away: a working one hardly learns of them. */
export async function connections({ say }: Pick<PartContext, "say">): Promise<string> {
  await using server = await startLambkin();
  await createFunctions(server, ["served"], SOURCE, { MemorySize: 1_769, Timeout: 30 });
  const at = "/2015-03-31/functions/served/invocations";
  const call = async () => assert.equal(await post(server.endpoint, at, "{}"), 200);
  await closedLoop(1, LOOP_MS / 3, call);
  const p50 = async () => percentile((await closedLoop(1, LOOP_MS, call)).timesMs, 0.5);
  const quiet = await p50();
  const filesBefore = openFiles(server);

  const idle = await Promise.all(Array.from({ length: IDLE }, () => open(server)));
  for (const socket of idle) socket.write("GET /_lambkin/health HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await Promise.all(idle.map(async (socket) => assert.match(await head(socket), /^HTTP\/1.1 200 /)));
  const held = await outside(server);
  assert.ok(held >= IDLE, `only ${held} connections`);
  const withIdle = await p50();
  say(
    `beside ${held} connections a call takes ${withIdle.toFixed(2)} ms, ${quiet.toFixed(2)} ms without them`,
  );

  const slow = await Promise.all(Array.from({ length: SLOW }, () => open(server)));
  for (const socket of slow) {
    socket.pause();
    socket.write(request(JSON.stringify({ bytes: ANSWER_BYTES })));
  }
  const [withSlow] = await Promise.all([p50(), delay(STALL_MS)]);
  await Promise.all(slow.map(wholeAnswer));

  const leaving = await Promise.all(Array.from({ length: LEAVING }, () => open(server)));
  for (const [n, socket] of leaving.entries()) {
    // Some in the middle of a request, some while it runs.
    const text = request(JSON.stringify({ ms: 50 }));
    socket.write(n % 2 === 0 ? text.slice(0, -5) : text);
  }
  await delay(20);
  for (const socket of leaving) socket.resetAndDestroy();
  await call();
  for (const socket of [...idle, ...slow]) socket.destroy();
  await eventually(
    async () => {
      const metrics = await metricsOf(server);
      const running = metrics.value("lambkin_invocations_in_flight") ?? 0;
      return (await outside(server)) < SLACK &&
        running === 0 &&
        openFiles(server) < filesBefore + FILES_OF_ENVIRONMENTS
        ? true
        : undefined;
    },
    { what: "nothing is left of connections that went", withinMs: 60_000 },
  );
  const again = await p50();
  const times = [quiet, withIdle, withSlow, again].map((ms) => ms.toFixed(2)).join(", ");
  return `${IDLE} idle connections, ${SLOW} stalled readers of ${ANSWER_BYTES / 1_000_000} MB and ${LEAVING} clients that went away, none of which stayed; p50 of a warm call ${times} ms without them, beside the idle, beside the stalled, after all`;
}

async function open({ endpoint }: LambkinServer): Promise<Socket> {
  const { hostname, port } = new URL(endpoint);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

function request(body: string): string {
  const scope = "test/20260101/us-east-1/lambda/aws4_request";
  return [
    "POST /2015-03-31/functions/served/invocations HTTP/1.1",
    "host: localhost",
    `authorization: AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    `content-length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}

async function head(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket, "data")) as [Buffer];
  return chunk.toString("latin1");
}

async function wholeAnswer(socket: Socket): Promise<void> {
  let bytes = 0;
  socket.on("data", (chunk: Buffer) => (bytes += chunk.length));
  socket.resume();
  await eventually(() => (bytes > ANSWER_BYTES ? true : undefined), {
    what: "the whole answer of a reader that stalled",
    withinMs: 60_000,
  });
}

async function outside(server: LambkinServer): Promise<number> {
  return (await metricsOf(server)).value("lambkin_connections", { from: "outside" }) ?? Number.NaN;
}

function openFiles({ pid }: LambkinServer): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
