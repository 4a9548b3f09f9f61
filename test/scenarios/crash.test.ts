/**
 * A server under mixed load is killed again and again; what it acknowledged is there, nothing is there by half, and
 * nothing of it stays on the machine. `LAMBKIN_CRASH_KILLS` makes it longer, `LAMBKIN_SEED` repeats its pauses.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { paginateScan } from "@aws-sdk/client-dynamodb";
import { paginateListRoles } from "@aws-sdk/client-iam";
import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { GetObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import { eventually } from "../../testkit/eventually.ts";
import { type LambkinServer, startLambkin } from "../../testkit/lambkin-server.ts";
import { seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";
import { Acknowledged, bodyOf } from "./crash/acknowledged.ts";
import { leftovers, tracesOf } from "./crash/leftovers.ts";
import { load } from "./crash/load.ts";
import {
  BUCKET,
  type Clients,
  clientsOf,
  destroy,
  ITEMS,
  LOG_GROUP,
  RECORDER,
  RUNS,
  setUp,
} from "./crash/world.ts";

const KILLS = Number(process.env["LAMBKIN_CRASH_KILLS"] ?? 3);
const SHORTEST_LIFE_MS = 1_200;
const LONGEST_LIFE_MS = 2_400;
const LEFTOVERS_GONE_MS = 10_000;
/** An event in the hands of a server that is killed is delivered again after its redelivery time. */
const RUNS_WITHIN_MS = 60_000;

const dataDirectory = mkdtempSync(path.join(os.tmpdir(), "lambkin-crash-"));
after(() => rmSync(dataDirectory, { recursive: true, force: true }));

test("everything acknowledged survives SIGKILL under load, and nothing else stays", async (context) => {
  const seed = seedOfRun();
  context.diagnostic(`LAMBKIN_SEED=${seed}`);
  const randomness = seededRandomness(seed);
  const acknowledged = new Acknowledged();
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
    await checkObjects(clients, acknowledged);
    await checkItems(clients, acknowledged);
    await checkFunctions(clients, acknowledged);
    await checkLogs(clients, acknowledged);
    await checkRoles(clients, acknowledged);
    await checkRuns(clients, acknowledged);
    checkUsage(acknowledged);
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
    const loading = load(clients, acknowledged, ended.signal);
    await Promise.race([delay(lifeMs), loading]);
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

async function checkObjects({ s3 }: Clients, acknowledged: Acknowledged): Promise<void> {
  const keys = new Set<string>();
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: BUCKET })) {
    for (const { Key } of page.Contents ?? []) keys.add(Key ?? "");
  }
  for (const key of acknowledged.objects)
    assert.ok(keys.has(key), `${key} was acknowledged and is not there`);
  for (const key of keys) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    const found = Buffer.from((await Body?.transformToByteArray()) ?? []);
    if (key !== "same") {
      assert.ok(found.equals(bodyOf(key)), `${key} has other bytes than were put`);
      continue;
    }
    const name = found.toString("utf8", 0, 30).split("\n")[0] ?? "";
    assert.ok(found.equals(bodyOf(name)), "the overwritten object is one of those that were put, as a whole");
    assert.ok(
      Number(name.slice("same ".length)) >= acknowledged.overwritten,
      `${name} is older than acknowledged`,
    );
  }
  const incoming = readdirSync(path.join(dataDirectory, "s3", "objects", "incoming"));
  assert.deepEqual(incoming, [], "no half object is left");
}

async function idsOf({ dynamodb }: Clients, TableName: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for await (const page of paginateScan({ client: dynamodb }, { TableName, ConsistentRead: true })) {
    for (const { id, n } of page.Items ?? []) found.set(id?.S ?? "", Number(n?.N ?? 0));
  }
  return found;
}

async function checkItems(clients: Clients, acknowledged: Acknowledged): Promise<void> {
  const items = await idsOf(clients, ITEMS);
  for (const id of acknowledged.items) assert.ok(items.has(id), `${id} was acknowledged and is not there`);
  const counted = items.get("counter") ?? 0;
  const most = acknowledged.increments + acknowledged.uncertainIncrements;
  assert.ok(
    counted >= acknowledged.increments && counted <= most,
    `${acknowledged.increments} increments were acknowledged and ${most} sent, ${counted} counted`,
  );
}

async function checkFunctions({ lambda }: Clients, acknowledged: Acknowledged): Promise<void> {
  for (const FunctionName of [RECORDER, ...acknowledged.functions]) {
    await eventually(
      async () => {
        const found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
        assert.equal(found.State, "Active", FunctionName);
        assert.equal(found.LastUpdateStatus, "Successful", FunctionName);
        if (FunctionName === RECORDER) assert.ok(Number(found.Description) >= acknowledged.described);
        return true;
      },
      { what: `${FunctionName} to be active` },
    );
  }
}

async function checkLogs({ logs }: Clients, acknowledged: Acknowledged): Promise<void> {
  const found = new Set<string>();
  for await (const page of paginateFilterLogEvents({ client: logs }, { logGroupName: LOG_GROUP })) {
    for (const { message } of page.events ?? []) found.add(message ?? "");
  }
  for (const message of acknowledged.logMessages)
    assert.ok(found.has(message), `${message} is not in the log`);
}

async function checkRoles({ iam }: Clients, acknowledged: Acknowledged): Promise<void> {
  const found = new Set<string>();
  for await (const page of paginateListRoles({ client: iam }, {})) {
    for (const { RoleName } of page.Roles ?? []) found.add(RoleName ?? "");
  }
  for (const role of acknowledged.roles)
    assert.ok(found.has(role), `${role} was acknowledged and is not there`);
}

/** The function ran at least once for each accepted event and each object. */
async function checkRuns(clients: Clients, acknowledged: Acknowledged): Promise<void> {
  const expected = [...acknowledged.events, ...[...acknowledged.objects].map((key) => `object ${key}`)];
  await eventually(
    async () => {
      const runs = await idsOf(clients, RUNS);
      const missing = expected.filter((id) => !runs.has(id));
      assert.deepEqual(missing, [], "acknowledged, and no function ran for it");
      return true;
    },
    { what: "the runs", withinMs: RUNS_WITHIN_MS },
  );
}

function checkUsage(acknowledged: Acknowledged): void {
  const directory = path.join(dataDirectory, "usage");
  const recorded = new Set<string>();
  for (const file of readdirSync(directory).filter((name) => name.endsWith(".jsonl"))) {
    for (const line of readFileSync(path.join(directory, file), "utf8").split("\n").filter(Boolean))
      recorded.add((JSON.parse(line) as { requestId: string }).requestId);
  }
  for (const id of acknowledged.invocations)
    assert.ok(recorded.has(id), `the invocation ${id} was answered and is not metered`);
}
