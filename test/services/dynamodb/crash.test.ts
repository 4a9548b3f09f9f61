import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openTestDynamoDb } from "../../../testkit/dynamodb.ts";

const writer = fileURLToPath(new URL("crash-writer.ts", import.meta.url));

/** Runs the writer until it has acknowledged `least` writes, kills it and returns what it acknowledged. */
async function writeAndKill(directory: string, run: number, least: number): Promise<string[]> {
  const child = spawn(process.execPath, [writer, directory, String(run)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    output += text;
    if (output.split("\n").length > least) child.kill("SIGKILL");
  });
  const [, signal] = (await once(child, "close")) as [number | null, string | null];
  assert.equal(signal, "SIGKILL");
  return output.slice(0, output.lastIndexOf("\n")).split("\n");
}

test("a killed server loses no write that it has acknowledged", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "lambkin-dynamodb-crash-"));
  try {
    const acknowledged: string[] = [];
    for (const [run, least] of [40, 400, 1_500].entries()) {
      acknowledged.push(...(await writeAndKill(directory, run, least)));
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
