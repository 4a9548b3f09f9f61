import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { post } from "../../bench/signed-request.ts";
import { eventually } from "../../testkit/eventually.ts";
import { type LambkinServer, startLambkin } from "../../testkit/lambkin-server.ts";
import { createFunctions } from "../../testkit/node-functions.ts";
import type { PartContext } from "../part.ts";
import { metricsOf } from "./server.ts";

const BACKLOG = 100_000;
const CALLERS = 64;
const OTHERS = 10;
const HANDLER_MS = 200;
/** All of which the backlog takes where the machine has a bound; without one it takes what CPU and memory allow. */
const ENVIRONMENTS = 50;
const MOST_DELAY_MS = 1_000;

/** A backlog of one function, and the first events of others, with the backlog and without it. */
export async function backlog(context: Pick<PartContext, "say">): Promise<string> {
  const bounded = await besideBacklog(context, ["--max-environments", String(ENVIRONMENTS)], BACKLOG / 2);
  const unbounded = await besideBacklog(context, [], BACKLOG / 10);
  return `${bounded}; where the machine may have as many as it can, ${unbounded}`;
}

/** `args` are the server's. At the end at least `leastLeft` events still have to wait. */
async function besideBacklog(
  { say }: Pick<PartContext, "say">,
  args: readonly string[],
  leastLeft: number,
): Promise<string> {
  await using server = await startLambkin({ args });
  const names = (prefix: string) => Array.from({ length: OTHERS }, (_, n) => `${prefix}-${n}`);
  const others = names("beside");
  await createFunctions(server, [...names("alone"), ...others], "exports.handler = async () => 1;");
  const slow = `exports.handler = () => new Promise((resolve) => setTimeout(resolve, ${HANDLER_MS}, 1));`;
  await createFunctions(server, ["hog"], slow);

  const alone = await firstEvents(server, names("alone"));
  const begun = performance.now();
  let sent = 0;
  const at = "/2015-03-31/functions/hog/invocations";
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (sent < BACKLOG) {
        sent += 1;
        assert.equal(await post(server.endpoint, at, "{}", { "x-amz-invocation-type": "Event" }), 202);
      }
    }),
  );
  const perSecond = (BACKLOG * 1_000) / (performance.now() - begun);
  const before = await queued(server);
  say(`${before} of ${BACKLOG} events wait, ${perSecond.toFixed(0)} a second were taken`);
  const beside = await firstEvents(server, others);
  const left = await queued(server);
  assert.ok(left > leastLeft, `only ${left} events were left`);
  const environments = (await metricsOf(server)).value("lambkin_environments", { state: "busy" });
  const delayMs = Math.max(...beside) - Math.max(...alone);
  const told = `first events of ${OTHERS} other functions began after at most ${Math.max(...beside).toFixed(0)} ms beside ${left} waiting events of one with ${environments} busy environments, ${Math.max(...alone).toFixed(0)} ms without them`;
  assert.ok(delayMs <= MOST_DELAY_MS, told);
  // The rest is given up: what runs ends, and nothing else begins.
  await server.end("SIGKILL");
  return told;
}

/** Sends each function its first event, and gives the milliseconds until each began to run. */
async function firstEvents(server: LambkinServer, names: readonly string[]): Promise<number[]> {
  const lambda = new LambdaClient(server.client);
  const delays: number[] = [];
  for (const FunctionName of names) {
    const sentAt = Date.now();
    const { $metadata } = await lambda.send(new InvokeCommand({ FunctionName, InvocationType: "Event" }));
    const startedAt = await eventually(() => startOf(server, $metadata.requestId ?? ""), {
      what: `the record of the event of ${FunctionName}`,
      withinMs: 60_000,
    });
    delays.push(startedAt - sentAt);
  }
  lambda.destroy();
  return delays;
}

function startOf({ dataDirectory }: LambkinServer, requestId: string): number | undefined {
  const folder = path.join(dataDirectory, "usage");
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".jsonl"))) {
    const line = readFileSync(path.join(folder, name), "utf8")
      .split("\n")
      .find((one) => one.startsWith(`{"requestId":"${requestId}"`));
    if (line !== undefined) return (JSON.parse(line) as { startedAt: number }).startedAt;
  }
  return undefined;
}

async function queued(server: LambkinServer): Promise<number> {
  return (await metricsOf(server)).value("lambkin_queued_events") ?? Number.NaN;
}
