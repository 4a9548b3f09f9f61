import assert from "node:assert/strict";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import {
  CreateFunctionCommand,
  InvokeCommand,
  type InvokeCommandOutput,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../testkit/deployment-package.ts";
import { type LambkinServer, startLambkin } from "../testkit/lambkin-server.ts";
import type { Part } from "./part.ts";
import { parseRunDelay, runDelayOf } from "./run-delay.ts";

/**
 * What the others may add to the 99th percentile of a warm function: the median over all attacked rounds of how each
 * compares with the quiet ones right before and after it.
 */
const ALLOWED = 1.2;
const ROUND_MS = 2_000;
const CALLS_A_SECOND = 100;
/** How long an attack runs before it is looked at beside it. */
const SETTLING_MS = 300;
const TIMEOUT_S = 60;
const READERS = 4;
/** More than the buffers of a connection to a client that does not read. */
const ANSWER_BYTES = 1 << 20;

/** Whoever an invocation goes through, all in threads of their own. */
const WAITING = ["client", "server", "function"] as const;

/** Tells who it is, and how long it has run and waited for a CPU. */
const VICTIM =
  "return [process.env.AWS_LAMBDA_LOG_STREAM_NAME, require('fs').readFileSync('/proc/self/schedstat', 'latin1')];";

/** What a round found; the last is how long each waited for a CPU, by invocation. */
interface Round {
  readonly p50: number;
  readonly p99: number;
  readonly waitedMs: Readonly<Record<(typeof WAITING)[number], number>>;
}

/** Each is a handler that does as much harm as it can for `ms`, and survives what it is refused. */
const HOSTILE: Readonly<Record<string, string>> = {
  "CPU spin": "while (Date.now() < end);",
  "fork bomb":
    "while (Date.now() < end) { try { require('child_process').spawn('/bin/sleep', ['30']).on('error', () => {}); } catch {} await new Promise(setImmediate); }",
  "memory bomb": "const kept = []; while (Date.now() < end) kept.push(Buffer.alloc(1 << 20, 1));",
  "disk fill":
    "const fs = require('fs'); while (Date.now() < end) { try { fs.appendFileSync('/tmp/x', Buffer.alloc(1 << 20, 1)); } catch { fs.truncateSync('/tmp/x'); } }",
  "log flood":
    "while (Date.now() < end) { console.log('x'.repeat(10000)); await new Promise(setImmediate); }",
  "many threads":
    "const { Worker } = require('worker_threads'); for (let n = 0; n < 8; n++) new Worker('for (;;);', { eval: true }).on('error', () => {}); await new Promise((r) => setTimeout(r, end - Date.now()));",
};

export const neighbours: Part = {
  name: "neighbours",
  what: "what hostile functions add to the 99th percentile of another one's warm invocations, against quiet rounds in between",
  minutes: 4,
  async run({ minutes, say, table }) {
    await using server = await startLambkin();
    const lambda = new LambdaClient(server.client);
    await create(lambda, "victim", VICTIM, 512);
    await create(lambda, "echo", "return event;", 512);
    const names = Object.keys(HOSTILE);
    for (const name of names)
      await create(lambda, functionName(name), `const end = Date.now() + event.ms; ${HOSTILE[name]}`, 128);
    for (const name of ["victim", "echo", ...names.map(functionName)]) await invoke(lambda, name, { ms: 0 });

    // As many at once as readers will ask for, or their cold starts would be what is measured.
    const large = "x".repeat(ANSWER_BYTES);
    await Promise.all(Array.from({ length: READERS }, () => invoke(lambda, "echo", { large })));

    const rounds = Math.max(
      1,
      Math.round((minutes * 60_000) / (names.length + 1) / (2 * (SETTLING_MS + ROUND_MS))),
    );
    const worst: string[] = [];
    const rows: string[][] = [];
    const attacks: Record<string, () => Promise<unknown>> = Object.fromEntries(
      names.map((name) => [name, () => invoke(lambda, functionName(name), { ms: SETTLING_MS + ROUND_MS })]),
    );
    attacks["slow readers"] = () => readers(server, false);
    // Large answers cost what they cost: only that nobody reads them counts.
    const quietly: Record<string, () => Promise<unknown>> = { "slow readers": () => readers(server, true) };
    for (const [name, attack] of Object.entries(attacks)) {
      const quiet: Round[] = [];
      const loud: Round[] = [];
      // In turns, so that what else the machine does falls on both alike.
      for (let round = 0; round <= 2 * rounds; round += 1) {
        const attacked = round % 2 === 1;
        const attacking = attacked ? attack() : quietly[name]?.();
        await delay(SETTLING_MS);
        (attacked ? loud : quiet).push(await measure(lambda, server));
        await attacking;
      }
      // Medians, so that one round that the machine was busy with something else in does not decide.
      const both = (figure: (round: Round) => number) =>
        [quiet, loud].map((found) => median(found.map(figure))) as [number, number];
      const [calm, beside] = both((round) => round.p99);
      const ratios = loud.map(
        ({ p99 }, at) => p99 / mean([quiet[at], quiet[at + 1]].map((round) => round?.p99 ?? 0)),
      );
      const ratio = median(ratios);
      const spread = `${quantile(ratios, 0.25).toFixed(2)} to ${quantile(ratios, 0.75).toFixed(2)}`;
      const line = `${name}: p99 ${calm.toFixed(2)} ms quiet, ${beside.toFixed(2)} ms beside it, x ${ratio.toFixed(2)} (${spread})`;
      const waits = WAITING.map((who) => pair(both((round) => round.waitedMs[who])));
      say(`${line}; p50 ${pair(both((round) => round.p50))}`);
      say(
        `  waits for a CPU: ${WAITING.map((who, at) => `${who} ${waits[at]}`).join(", ")} ms an invocation`,
      );
      rows.push([name, pair([calm, beside]), `x ${ratio.toFixed(2)}`, spread, ...waits]);
      if (ratio > ALLOWED) worst.push(line);
    }
    table(
      [
        "attack",
        "p99 quiet, beside it (ms)",
        "ratio",
        "half of the ratios",
        ...WAITING.map((who) => `${who} waits (ms)`),
      ],
      rows,
    );
    await invoke(lambda, "victim", {});
    assert.equal(server.errorOutput().match(/uncaught|fatal/i), null, "the server is unharmed");
    assert.equal(worst.length, 0, `more than x ${ALLOWED}: ${worst.join("; ")}`);
    return `${names.length + 1} attacks, ${rounds} rounds of ${ROUND_MS} ms each`;
  },
};

function functionName(attack: string): string {
  return attack.replaceAll(" ", "-");
}

async function create(lambda: LambdaClient, name: string, body: string, memory: number): Promise<void> {
  const source = `exports.handler = async (event) => { ${body} };\n`;
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      MemorySize: memory,
      Timeout: TIMEOUT_S,
      Role: "arn:aws:iam::000000000000:role/any",
      Code: { ZipFile: await deploymentPackage({ "index.js": source }) },
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: TIMEOUT_S }, { FunctionName: name });
}

/** A function that fails has still done what it was to do. */
function invoke(lambda: LambdaClient, name: string, event: object): Promise<InvokeCommandOutput> {
  return lambda.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }));
}

async function measure(lambda: LambdaClient, server: LambkinServer): Promise<Round> {
  const threads = { client: process.pid, server: server.pid };
  const before = { client: runDelayOf(threads.client), server: runDelayOf(threads.server) };
  const { times, functionWaitedMs } = await invokeVictim(lambda);
  const waited = (who: keyof typeof threads) => runDelayOf(threads[who]).waitedMs - before[who].waitedMs;
  return {
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    waitedMs: {
      client: waited("client") / times.length,
      server: waited("server") / times.length,
      function: functionWaitedMs / times.length,
    },
  };
}

/** Times of invocations at a fixed rate, each from when it was due, and how long the function waited for a CPU. */
async function invokeVictim(lambda: LambdaClient): Promise<{ times: number[]; functionWaitedMs: number }> {
  const times: number[] = [];
  const calls: Promise<unknown>[] = [];
  const waits = new Map<string, number[]>();
  const call = async (due: number) => {
    const { Payload } = await invoke(lambda, "victim", {});
    times.push(performance.now() - due);
    const [environment, counted] = JSON.parse(Payload?.transformToString() ?? "[]");
    const { waitedMs } = parseRunDelay(counted);
    waits.set(environment, [...(waits.get(environment) ?? []), waitedMs]);
  };
  const begun = performance.now();
  for (let n = 0; n < (ROUND_MS / 1_000) * CALLS_A_SECOND; n += 1) {
    const due = begun + (n * 1_000) / CALLS_A_SECOND;
    await delay(Math.max(0, due - performance.now()));
    calls.push(call(due));
  }
  await Promise.all(calls);
  const ofEach = [...waits.values()].map((counted) => Math.max(...counted) - Math.min(...counted));
  return { times, functionWaitedMs: ofEach.reduce((sum, waitedMs) => sum + waitedMs, 0) };
}

/** Clients that ask for a large answer, and read it at once or not at all. */
async function readers(server: LambkinServer, reading: boolean): Promise<void> {
  const { hostname, port } = new URL(server.endpoint);
  const body = JSON.stringify("x".repeat(ANSWER_BYTES));
  const head = [
    "POST /2015-03-31/functions/echo/invocations HTTP/1.1",
    `host: ${hostname}:${port}`,
    "authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0",
    `content-length: ${body.length}`,
  ];
  const sockets = Array.from({ length: READERS }, () => {
    const socket = connect(Number(port), hostname);
    socket.on("error", () => undefined);
    if (reading) socket.resume();
    else socket.pause();
    socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
    return socket;
  });
  await delay(SETTLING_MS + ROUND_MS);
  for (const socket of sockets) socket.destroy();
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

function pair([quiet, beside]: readonly [number, number]): string {
  return `${quiet.toFixed(2)}, ${beside.toFixed(2)}`;
}
