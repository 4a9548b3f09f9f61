import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { eventually } from "../eventually.ts";
import type { Example, ExampleClients } from "./example.ts";

const WITHIN_MS = 120_000;

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
        { kind: "text", name: "item", empty: 0, distinct: 3 },
        { kind: "number", name: "price", empty: 1, min: 1.5, max: 12, mean: 6.75, median: 6.75 },
      ],
    });
    const uneven = await clients.invoke("csv-statistics", { csv: "a,b\n1\n" });
    assert.equal(uneven.error, "Unhandled");
    assert.match((uneven.answer as { errorMessage: string }).errorMessage, /found record with 1 field/);
  },
};

const invoices: Example = {
  name: "invoices",
  async use(clients) {
    const order = {
      number: "2026-17",
      discounts: [{ from: 10, percent: 5 }],
      lines: [
        { article: "pen", quantity: 12, price: 1.35, taxPercent: 19 },
        { article: "book", quantity: 1, price: 12.9, taxPercent: 7 },
      ],
    };
    assert.deepEqual((await clients.invoke("invoices", order)).answer, {
      number: "2026-17",
      lines: [
        { article: "pen", quantity: 12, discountPercent: 5, net: 15.39 },
        { article: "book", quantity: 1, net: 12.9 },
      ],
      taxes: [
        { percent: 7, amount: 0.9 },
        { percent: 19, amount: 2.92 },
      ],
      net: 28.29,
      total: 32.11,
    });
    const { answer, error } = await clients.invoke("invoices", { number: "1" });
    assert.equal(error, "Unhandled");
    const { errorMessage, errorType } = answer as Record<string, unknown>;
    assert.deepEqual([errorMessage, errorType], ["an order has a number and lines", "InvalidOrderException"]);
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
    const hook = { delivery: "1", kind: "push", signature, body };
    const push = { delivery: "1", repository: "a/b", branch: "main", authors: ["Ann"], commits: 2 };
    assert.deepEqual((await clients.invoke("webhook", hook)).answer, push);
    assert.deepEqual((await clients.invoke("webhook", hook)).answer, { ...push, repeated: true });
    const send = (event: unknown) =>
      clients.lambda.send(
        new InvokeCommand({
          FunctionName: "webhook",
          InvocationType: "Event",
          Payload: JSON.stringify(event),
        }),
      );
    await send({ ...hook, delivery: "2" });
    await eventually(() => clients.item("deliveries", { delivery: "2" }), {
      what: "the delivery",
      withinMs: WITHIN_MS,
    });
    await send({ ...hook, delivery: "3", signature: "sha256=00" });
    assert.deepEqual(await failure(clients), {
      errorMessage: "the signature does not match",
      errorType: "errorString",
    });
  },
};

/** What the destination of failures was told. */
async function failure(clients: ExampleClients): Promise<unknown> {
  const Bucket = "webhook-failures";
  const Key = await eventually(
    async () => (await clients.s3.send(new ListObjectsV2Command({ Bucket }))).Contents?.[0]?.Key,
    { what: "the failure", withinMs: WITHIN_MS },
  );
  const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket, Key }));
  return (JSON.parse((await Body?.transformToString()) ?? "") as { responsePayload: unknown })
    .responsePayload;
}

export const SLOW: readonly Example[] = [csvStatistics, invoices, stock, webhook];
