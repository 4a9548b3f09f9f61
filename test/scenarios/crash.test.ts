/**
 * A server under mixed load is killed again and again; what it acknowledged is there, nothing is there by half, and
 * nothing of it stays on the machine. `LAMBKIN_KILLS` says how
 * often, `LAMBKIN_EFFORT` makes it longer, `LAMBKIN_SEED` repeats its pauses.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { effort } from "../../testkit/effort.ts";
import { eventually } from "../../testkit/eventually.ts";
import { type LambkinServer, startLambkin } from "../../testkit/lambkin-server.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";
import { Acknowledged } from "./crash/acknowledged.ts";
import { checkAll } from "./crash/checks.ts";
import { leftovers, tracesOf } from "./crash/leftovers.ts";
import { load } from "./crash/load.ts";
import { clientsOf, destroy, setUp } from "./crash/world.ts";

const KILLS = Number(process.env["LAMBKIN_KILLS"] ?? effort(3));
/**
 * Of the load, once something was acknowledged in this life, which takes its time on a busy machine: long enough that an
 * event is accepted, taken, run and settled in most lives.
 */
const SHORTEST_LIFE_MS = 500;
const LONGEST_LIFE_MS = 1_800;
const LEFTOVERS_GONE_MS = 60_000;

const dataDirectory = mkdtempSync(path.join(os.tmpdir(), "lambkin-crash-"));
after(() => rmSync(dataDirectory, { recursive: true, force: true }));

test("everything acknowledged survives SIGKILL under load, and nothing else stays", async (context) => {
  const seed = seedOfRun();
  context.diagnostic(`LAMBKIN_SEED=${seed}`);
  const randomness = seededRandomness(seed);
  const acknowledged = new Acknowledged();
  assert.ok(KILLS >= 1, "LAMBKIN_KILLS is a number of kills");
  for (let life = 0; life < KILLS; life++) {
    const server = await startLambkin({ dataDirectory });
    const lifeMs = SHORTEST_LIFE_MS + randomness.uniform() * (LONGEST_LIFE_MS - SHORTEST_LIFE_MS);
    await liveAndDie(server, acknowledged, { first: life === 0, lifeMs });
  }
  context.diagnostic(JSON.stringify(acknowledged.counts()));
  for (const [what, count] of Object.entries(acknowledged.counts()))
    assert.ok(count > 0, `${what}: none was acknowledged`);

  const server = await startLambkin({ dataDirectory });
  const clients = clientsOf(server);
  try {
    await checkAll(clients, acknowledged, dataDirectory);
  } catch (error) {
    context.diagnostic(server.errorOutput());
    throw error;
  } finally {
    destroy(clients);
    const last = tracesOf(server);
    assert.equal(await server.end("SIGTERM"), 0);
    await allGone(last);
  }
});

async function liveAndDie(
  server: LambkinServer,
  acknowledged: Acknowledged,
  { first, lifeMs }: { first: boolean; lifeMs: number },
): Promise<void> {
  const clients = clientsOf(server);
  const ended = new AbortController();
  try {
    if (first) await setUp(clients);
    const before = sumOf(acknowledged);
    const loading = load(clients, acknowledged, ended.signal);
    const begun = eventually(() => (sumOf(acknowledged) > before ? true : undefined), {
      what: "something is acknowledged in this life",
    });
    await Promise.race([begun.then(() => delay(lifeMs)), loading]);
    // On a busy machine the slowest of them takes longer.
    await eventually(
      () => (Object.values(acknowledged.counts()).every((count) => count > 0) ? true : undefined),
      {
        what: "some of everything",
      },
    );
    const traces = tracesOf(server);
    ended.abort();
    await server.end("SIGKILL");
    await loading;
    await allGone(traces);
  } catch (error) {
    throw new Error(`the server said: ${server.errorOutput()}`, { cause: error });
  } finally {
    ended.abort();
    await server.end("SIGKILL");
    destroy(clients);
  }
}

/** Grows with whatever is acknowledged. */
function sumOf(acknowledged: Acknowledged): number {
  return Object.values(acknowledged.counts()).reduce((sum, count) => sum + count, 0);
}

async function allGone(traces: ReturnType<typeof tracesOf>): Promise<void> {
  assert.ok(traces.pids.length > 1, "the control: the server had processes of its own");
  await eventually(
    () => {
      const found = leftovers(traces);
      assert.deepEqual(found, []);
      return true;
    },
    { what: "the end of everything that the server had", withinMs: LEFTOVERS_GONE_MS },
  );
}
