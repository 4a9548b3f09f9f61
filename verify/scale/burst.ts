import assert from "node:assert/strict";
import { postForAnswer } from "../../bench/signed-request.ts";
import { startsOfThisMachine } from "../../src/environments/index.ts";
import { startLambkin } from "../../testkit/lambkin-server.ts";
import { createFunctions } from "../../testkit/node-functions.ts";
import { metricsOf } from "./server.ts";

const INVOCATIONS = 500;
const HANDLER_MS = 1_000;
const MOST_MS = 240_000;

/** Of a function that was never invoked; the answer names the environment. */
const SOURCE = `
const id = crypto.randomUUID();
exports.handler = async (n) => {
  await new Promise((resolve) => setTimeout(resolve, ${HANDLER_MS}));
  return { id, n };
};`;

/**
 * Cold invocations of one function at the same moment: all answered, each once, by no more environments than calls. One
 * that nobody waits for any more when it is ready was on its way when the last call was taken by another.
 */
export async function burst(): Promise<string> {
  await using server = await startLambkin();
  await createFunctions(server, ["burst"], SOURCE, { Timeout: 30 });
  const begun = performance.now();
  const at = "/2015-03-31/functions/burst/invocations";
  const calls = Array.from({ length: INVOCATIONS }, (_, n) => postForAnswer(server.endpoint, at, String(n)));
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`calls without an answer after ${MOST_MS} ms`)), MOST_MS).unref();
  });
  const answers = await Promise.race([Promise.all(calls), late]);
  const tookMs = performance.now() - begun;
  const environments = new Set<string>();
  for (const [n, { status, text }] of answers.entries()) {
    assert.equal(status, 200, text);
    const answer = JSON.parse(text) as { id: string; n: number };
    assert.equal(answer.n, n);
    environments.add(answer.id);
  }
  const metrics = await metricsOf(server);
  const started = metrics.value("lambkin_cold_starts_total") ?? Number.NaN;
  assert.ok(started <= INVOCATIONS, `${started} environments for ${INVOCATIONS} calls`);
  return `${INVOCATIONS} cold calls of one function answered in ${(tookMs / 1_000).toFixed(1)} s by ${environments.size} environments, ${started} made, of which at most ${startsOfThisMachine() - 1} may be on their way at a time`;
}
