import assert from "node:assert/strict";
import { crc32, deflateSync, gunzipSync } from "node:zlib";
import { BatchWriteItemCommand, CreateTableCommand } from "@aws-sdk/client-dynamodb";
import {
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  SendDurableExecutionCallbackSuccessCommand,
} from "@aws-sdk/client-lambda";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { eventually } from "../eventually.ts";
import type { Example } from "./example.ts";

const WITHIN_MS = 120_000;

const letters: Example = {
  name: "letters",
  async use(clients) {
    const { answer } = await clients.invoke("letters", {
      template: "Dear <%= name %>, your <%= item %> is ready.",
      readers: "email,name,item\nzoe@example.com,Zoë,café\nbob@example.com,Bob & Co,tea\n",
      html: true,
    });
    const { requestId, ...rest } = answer as Record<string, unknown>;
    assert.match(String(requestId), /^[0-9a-f-]{36}$/);
    assert.deepEqual(rest, {
      letters: [
        { to: "zoe@example.com", text: "Dear Zoë, your café is ready." },
        { to: "bob@example.com", text: "Dear Bob &amp; Co, your tea is ready." },
      ],
      failures: [],
    });
    const lacking = await clients.invoke("letters", {
      template: "<%= age %>",
      readers: "email\na@example.com\n",
    });
    assert.deepEqual((lacking.answer as { failures: unknown }).failures, [
      { row: 1, why: "nothing is known of age" },
    ]);
  },
};

const shellRuntime: Example = {
  name: "shell-runtime",
  async use(clients) {
    const log = "GET /a 200 10\nGET /a 503 30\nbroken\nGET /b 200 1\n";
    assert.deepEqual((await clients.invoke("log-digest", { log })).answer, [
      { path: "/a", requests: 2, errors: 1, meanMs: 20 },
      { path: "/b", requests: 1, errors: 0, meanMs: 1 },
    ]);
    assert.deepEqual(await clients.invoke("log-digest", {}), {
      answer: { errorType: "Shell.Exit2", errorMessage: "the event has no log", stackTrace: [] },
      error: "Unhandled",
    });
  },
};

const thumbnails: Example = {
  name: "thumbnails",
  async use(clients) {
    const Body = grayPng(320, 200);
    await clients.s3.send(new PutObjectCommand({ Bucket: "pictures", Key: "originals/two words.png", Body }));
    const Item = await eventually(() => clients.item("pictures", { picture: "originals/two words.png" }), {
      what: "the thumbnail",
      withinMs: WITHIN_MS,
    });
    const { bytes, ...rest } = Item;
    assert.deepEqual(rest, {
      picture: { S: "originals/two words.png" },
      thumbnail: { S: "thumbnails/two words.webp" },
      format: { S: "png" },
      width: { N: "320" },
      height: { N: "200" },
    });
    const thumbnail = await clients.s3.send(
      new GetObjectCommand({ Bucket: "pictures", Key: "thumbnails/two words.webp" }),
    );
    const content = Buffer.from((await thumbnail.Body?.transformToByteArray()) ?? []);
    assert.equal(content.subarray(8, 12).toString(), "WEBP");
    assert.equal(String(content.length), bytes?.N);
  },
};

const tableExport: Example = {
  name: "table-export",
  async use(clients) {
    const TableName = "animals";
    await clients.dynamodb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "name", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "name", KeyType: "HASH" }],
      }),
    );
    const Item = { name: { S: 'a "quick" fox' }, legs: { N: "4" }, tags: { SS: ["red"] } };
    await eventually(
      async () => {
        await clients.dynamodb.send(
          new BatchWriteItemCommand({ RequestItems: { [TableName]: [{ PutRequest: { Item } }] } }),
        );
        return true;
      },
      { what: "the table" },
    );
    const read = async (event: unknown) => {
      const { EventStream = [] } = await clients.lambda.send(
        new InvokeWithResponseStreamCommand({ FunctionName: "table-export", Payload: JSON.stringify(event) }),
      );
      const chunks: Uint8Array[] = [];
      let errorCode: string | undefined;
      for await (const { PayloadChunk, InvokeComplete } of EventStream) {
        chunks.push(PayloadChunk?.Payload ?? Buffer.alloc(0));
        errorCode ??= InvokeComplete?.ErrorCode;
      }
      return { content: Buffer.concat(chunks), errorCode };
    };
    const csv = 'name,legs,tail,tags\r\n"a ""quick"" fox",4,,"[""red""]"\r\n';
    const columns = ["name", "legs", "tail", "tags"];
    for (const gzip of [false, true]) {
      const { content, errorCode } = await read({ table: TableName, columns, gzip });
      assert.equal(errorCode, undefined, content.toString());
      const end = content.indexOf(Buffer.alloc(8));
      const { statusCode, headers } = JSON.parse(content.subarray(0, end).toString());
      assert.equal(statusCode, 200);
      assert.equal(headers["content-encoding"], gzip ? "gzip" : undefined);
      const body = content.subarray(end + 8);
      assert.equal((gzip ? gunzipSync(body) : body).toString(), csv);
    }
    assert.equal((await read({ table: TableName, columns: [] })).errorCode, "TypeError");
  },
};

const orderApproval: Example = {
  name: "order-approval",
  async use(clients) {
    const start = (order: string, price: string) =>
      clients.lambda.send(
        new InvokeCommand({
          FunctionName: "order-approval",
          Qualifier: "$LATEST",
          InvocationType: "Event",
          Payload: JSON.stringify({ order, lines: [{ price, quantity: 2 }] }),
        }),
      );
    const state = (order: string, wanted: string) =>
      eventually(
        async () => {
          const found = await clients.item("orders", { order });
          return found?.["state"]?.S === wanted ? found : undefined;
        },
        { what: `${order} to be ${wanted}`, withinMs: WITHIN_MS },
      );
    await start("dear", "59.90");
    await start("cheap", "4.50");
    assert.deepEqual((await state("cheap", "booked"))["total"], { N: "9" });
    const CallbackId = await eventually(
      async () => (await clients.item("orders", { order: "dear" }))?.["callback"]?.S,
      { what: "the callback", withinMs: WITHIN_MS },
    );
    await clients.lambda.send(
      new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result: Buffer.from("approved") }),
    );
    assert.deepEqual(await state("dear", "booked"), {
      order: { S: "dear" },
      state: { S: "booked" },
      total: { N: "119.8" },
      lines: { N: "1" },
    });
  },
};

/** A PNG of 8-bit gray, made by hand: https://www.w3.org/TR/png-3/ */
function grayPng(width: number, height: number): Buffer {
  const chunk = (type: string, content: Buffer) => {
    const named = Buffer.concat([Buffer.from(type), content]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(content.length);
    const check = Buffer.alloc(4);
    check.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, check]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(8, 8);
  const rows = Buffer.alloc(height * (width + 1), 0x80);
  for (let row = 0; row < height; row += 1) rows.writeUInt8(0, row * (width + 1));
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

export const QUICK: readonly Example[] = [letters, shellRuntime, thumbnails, tableExport, orderApproval];
