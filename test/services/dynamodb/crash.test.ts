import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { runUntilKilled } from "../../../testkit/crashing-program.ts";
import { openTestDynamoDb } from "../../../testkit/dynamodb.ts";
import { effort } from "../../../testkit/effort.ts";

const writer = new URL("crash-writer.ts", import.meta.url);

test("a killed server loses no write that it has acknowledged", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "lambkin-dynamodb-crash-"));
  try {
    const acknowledged: string[] = [];
    for (const [run, least] of [40, 400, effort(1_500)].entries()) {
      const args = [directory, String(run)];
      acknowledged.push(...(await runUntilKilled(writer, args, (lines) => lines.length >= least)));
    }
    const dynamodb = await openTestDynamoDb(directory);
    try {
      const items = new Map<string, any>();
      let ExclusiveStartKey: object | undefined;
      do {
        const page: any = await dynamodb.call("Scan", {
          TableName: "crash",
          ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }),
        });
        for (const item of page.Items) items.set(item.pk.S, item);
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey !== undefined);

      const puts = acknowledged.filter((line) => line.startsWith("put ")).map((line) => line.slice(4));
      assert.ok(puts.length >= 900, `${puts.length} puts were acknowledged`);
      assert.deepEqual(
        puts.filter((pk) => !items.has(pk)),
        [],
      );
      for (const line of acknowledged) {
        const [kind, who, count] = line.split(" ");
        if (kind === "count") assert.ok(Number(items.get(`counter/${who}`)?.n.N) >= Number(count), line);
      }
      const { Table } = await dynamodb.call("DescribeTable", { TableName: "crash" });
      assert.equal(Table.ItemCount, items.size);
      const indexed = [...items.values()].filter((item) => item.g !== undefined).length;
      assert.equal(Table.GlobalSecondaryIndexes[0].ItemCount, indexed);
      assert.equal((await dynamodb.call("Scan", { TableName: "crash", IndexName: "by-g" })).Count, indexed);
    } finally {
      await dynamodb.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
