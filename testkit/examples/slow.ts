import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { eventually } from "../eventually.ts";
import type { Example, ExampleClients } from "./example.ts";

const csvStatistics: Example = {
  name: "csv-statistics",
  async use(clients) {
    const { answer } = await clients.invoke("csv-statistics", {
      csv: "item;price\npen;1.5\nbook;12\ncup;\n",
      delimiter: ";",
    });
    const { requestId, ...rest } = answer as Record<string, unknown>;
    assert.match(String(requestId), /^[0-9a-f-]{36}$/);
    assert.deepEqual(rest, {
      rows: 3,
      columns: [
        { kind: "Text", name: "item", empty: 0, distinct: 3 },
        { kind: "Number", name: "price", empty: 1, min: 1.5, max: 12, mean: 6.75, median: 6.75 },
      ],
    });
    const uneven = await clients.invoke("csv-statistics", { csv: "a,b\n1\n" });
    assert.equal(uneven.error, "Unhandled");
    assert.match((uneven.answer as { errorMessage: string }).errorMessage, /found record with 1 field/);
  },
};

const stock: Example = {
  name: "stock",
  async use(clients) {
    const change = (action: string, quantity: number) =>
      clients.invoke("stock", { action, article: "pen", quantity });
    assert.deepEqual(await change("add", 3), { answer: { article: "pen", left: 3 }, error: undefined });
    assert.deepEqual((await change("take", 2)).answer, { article: "pen", left: 1 });
    const { answer, error } = await change("take", 2);
    assert.equal(error, "Unhandled");
    const { errorMessage, errorType } = answer as Record<string, unknown>;
    assert.deepEqual([errorMessage, errorType], ["there are no 2 of pen", "example.OutOfStockException"]);
    const many = await Promise.all(Array.from({ length: 4 }, () => change("take", 1)));
    assert.equal(many.filter((one) => one.error === undefined).length, 1);
  },
};

const webhook: Example = {
  name: "webhook",
  variables: { SECRET: "s3cret" },
  async use(clients) {
    const body = JSON.stringify({
      ref: "refs/heads/main",
      repository: { full_name: "a/b" },
      commits: [{ author: { name: "Ann" } }, { author: { name: "Ann" } }],
    });
    const signature = `sha256=${createHmac("sha256", "s3cret").update(body).digest("hex")}`;
    const send = (event: unknown) =>
      clients.lambda.send(
        new InvokeCommand({
          FunctionName: "webhook",
          InvocationType: "Event",
          Payload: JSON.stringify(event),
        }),
      );
    const push = { delivery: "1", repository: "a/b", branch: "main", authors: ["Ann"], commits: 2 };
    await send({ delivery: "1", kind: "push", signature, body });
    assert.deepEqual(await results(clients, 1), [push]);
    await send({ delivery: "1", kind: "push", signature, body });
    await results(clients, 2);
    await send({ delivery: "2", kind: "push", signature: "sha256=00", body });
    const all = await results(clients, 3);
    assert.deepEqual(
      all.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
      [
        push,
        { ...push, repeated: true },
        { errorMessage: "the signature does not match", errorType: "errorString" },
      ].toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
    );
  },
};

/** What the destination holds, once that is so much. */
async function results(clients: ExampleClients, count: number): Promise<unknown[]> {
  const Bucket = "webhook-pushes";
  const keys = await eventually(
    async () => {
      const { Contents = [] } = await clients.s3.send(new ListObjectsV2Command({ Bucket }));
      return Contents.length >= count ? Contents.map(({ Key }) => Key) : undefined;
    },
    { what: `${count} results of webhooks`, withinMs: 120_000 },
  );
  return Promise.all(
    keys.map(async (Key) => {
      const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket, Key }));
      return (JSON.parse((await Body?.transformToString()) ?? "") as { responsePayload: unknown })
        .responsePayload;
    }),
  );
}

export const SLOW: readonly Example[] = [csvStatistics, stock, webhook];
