import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { paginateScan } from "@aws-sdk/client-dynamodb";
import { paginateListRoles } from "@aws-sdk/client-iam";
import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { GetObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import { eventually } from "../../../testkit/eventually.ts";
import { type Acknowledged, bodyOf } from "./acknowledged.ts";
import { BUCKET, type Clients, ITEMS, LOG_GROUP, RECORDER, RUNS } from "./world.ts";

/**
 * A busy machine may need long for all that many lives have left, but never this long for the next: one of those that
 * failed is tried again after one minute, and then after two.
 */
const NEXT_RUN_WITHIN_MS = 200_000;

/** Everything that was acknowledged is there, and nothing is there by half. */
export async function checkAll(
  clients: Clients,
  acknowledged: Acknowledged,
  dataDirectory: string,
): Promise<void> {
  await checkObjects(clients, acknowledged, dataDirectory);
  await checkItems(clients, acknowledged);
  await checkFunctions(clients, acknowledged);
  await checkLogs(clients, acknowledged);
  await checkRoles(clients, acknowledged);
  await checkRuns(clients, acknowledged);
  checkUsage(acknowledged, dataDirectory);
}

async function checkObjects(
  { s3 }: Clients,
  acknowledged: Acknowledged,
  dataDirectory: string,
): Promise<void> {
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
  let missing = expected;
  while (missing.length > 0) {
    const before = missing.length;
    await eventually(
      async () => {
        const runs = await idsOf(clients, RUNS);
        missing = expected.filter((id) => !runs.has(id));
        if (missing.length < before) return true;
        assert.deepEqual(missing, [], "acknowledged, and no function ran for it");
        return true;
      },
      { what: "the runs", withinMs: NEXT_RUN_WITHIN_MS },
    );
  }
}

function checkUsage(acknowledged: Acknowledged, dataDirectory: string): void {
  const directory = path.join(dataDirectory, "usage");
  const recorded = new Set<string>();
  for (const file of readdirSync(directory).filter((name) => name.endsWith(".jsonl"))) {
    // The last line is one only once it has its end: the server may be writing it.
    const lines = readFileSync(path.join(directory, file), "utf8").split("\n").slice(0, -1);
    for (const line of lines) recorded.add((JSON.parse(line) as { requestId: string }).requestId);
  }
  for (const id of acknowledged.invocations)
    assert.ok(recorded.has(id), `the invocation ${id} was answered and is not metered`);
}
