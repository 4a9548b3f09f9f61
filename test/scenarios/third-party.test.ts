/** Libraries for Lambda as their registries have them, unmodified, in layers, on one server. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { CreateTableCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  PublishLayerVersionCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { eventually } from "../../testkit/eventually.ts";
import { ExampleClients } from "../../testkit/examples/example.ts";
import { type LambkinServer, startLambkin } from "../../testkit/lambkin-server.ts";
import { fromSetUp } from "../../testkit/runtime-client.ts";
import { REGULAR, zip } from "../../testkit/zip-writer.ts";

const functions = path.join(import.meta.dirname, "third-party", "functions");
const content = (name: string) => readFileSync(path.join(functions, name));

/** What a function URL makes of a request. */
function httpEvent(method: string, url: string, body?: unknown) {
  const [rawPath = "", rawQueryString = ""] = url.split("?");
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath,
    rawQueryString,
    headers: { host: "example.com", "content-type": "application/json" },
    queryStringParameters: Object.fromEntries(new URLSearchParams(rawQueryString)),
    requestContext: {
      accountId: "000000000000",
      domainName: "example.com",
      http: { method, path: rawPath, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" },
      requestId: "request-1",
      routeKey: "$default",
      stage: "$default",
      time: "28/Nov/2026:12:00:00 +0000",
      timeEpoch: 1_795_867_200_000,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  };
}

describe("third-party code", () => {
  let server: LambkinServer;
  let clients: ExampleClients;
  const layers: Record<string, string> = {};
  before(async () => {
    server = await startLambkin();
    clients = new ExampleClients(server.client);
    for (const name of ["nodejs", "python"]) {
      const ZipFile = readFileSync(path.join(fromSetUp("LAMBKIN_TEST_THIRD_PARTY"), `${name}.zip`));
      layers[name] = await publish(name, ZipFile);
    }
  });
  after(() => server[Symbol.asyncDispose]());

  async function publish(LayerName: string, ZipFile: Uint8Array): Promise<string> {
    const command = new PublishLayerVersionCommand({ LayerName, Content: { ZipFile } });
    return (await clients.lambda.send(command)).LayerVersionArn ?? "";
  }

  /** A function of these files; `Layers` by name. */
  async function create(
    FunctionName: string,
    files: readonly string[],
    settings: Omit<Partial<CreateFunctionCommandInput>, "FunctionName" | "Code">,
  ): Promise<void> {
    const entries = files.map((name) => ({ name, content: content(name), mode: REGULAR | 0o755 }));
    await clients.lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Role: "arn:aws:iam::000000000000:role/any",
        Code: { ZipFile: zip(entries) },
        MemorySize: 1_024,
        Timeout: 60,
        ...settings,
      }),
    );
    await waitUntilFunctionActiveV2(
      { client: clients.lambda, maxWaitTime: 120, minDelay: 0.1 },
      { FunctionName },
    );
  }

  /** The answer, and the lines of the log that are JSON. */
  async function invoke(FunctionName: string, event: unknown) {
    const { Payload, FunctionError, LogResult } = await clients.lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), LogType: "Tail" }),
    );
    const log = Buffer.from(LogResult ?? "", "base64").toString();
    const lines = log.split("\n").filter((line) => line.startsWith("{"));
    return {
      answer: JSON.parse(Buffer.from(Payload ?? []).toString()),
      error: FunctionError,
      log,
      entries: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    };
  }

  async function stream(FunctionName: string, event: unknown) {
    const { EventStream = [] } = await clients.lambda.send(
      new InvokeWithResponseStreamCommand({ FunctionName, Payload: JSON.stringify(event) }),
    );
    const chunks: Uint8Array[] = [];
    for await (const { PayloadChunk } of EventStream) chunks.push(PayloadChunk?.Payload ?? Buffer.alloc(0));
    const all = Buffer.concat(chunks);
    const end = all.indexOf(Buffer.alloc(8));
    assert.notEqual(end, -1, all.toString());
    return { head: JSON.parse(all.subarray(0, end).toString()), body: all.subarray(end + 8).toString() };
  }

  it("Powertools for TypeScript with middy: logger, metrics, tracer, parameters", async () => {
    await clients.dynamodb.send(
      new CreateTableCommand({
        TableName: "settings",
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      }),
    );
    await eventually(
      async () => {
        const Item = { id: { S: "price" }, value: { S: "12" } };
        return clients.dynamodb.send(new PutItemCommand({ TableName: "settings", Item }));
      },
      { what: "the table of settings" },
    );
    await create("powertools", ["powertools.mjs"], {
      Runtime: "nodejs24.x",
      Handler: "powertools.handler",
      Layers: [layers["nodejs"] ?? ""],
    });
    const first = await invoke("powertools", { order: 7 });
    assert.equal(first.error, undefined, JSON.stringify(first.answer));
    assert.equal(first.answer.price, "12");
    assert.match(first.answer.root, /^1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    assert.equal(first.answer.traced, true);
    const ordered = first.entries.find(({ message }) => message === "ordered");
    assert.ok(ordered, first.log);
    assert.deepEqual(
      [ordered["order"], ordered["service"], ordered["cold_start"], ordered["function_name"]],
      [7, "shop", true, "powertools"],
    );
    assert.equal(ordered["xray_trace_id"], first.answer.root);
    const counted = first.entries.filter((entry) => "_aws" in entry);
    assert.ok(
      counted.some((entry) => entry["ColdStart"] === 1) && counted.some((entry) => entry["orders"] === 1),
    );
    const second = await invoke("powertools", { order: 8, fail: true, rescue: true });
    assert.deepEqual(second.answer, { rescued: "RangeError" });
    assert.equal(second.entries.find(({ message }) => message === "ordered")?.["cold_start"], false);
    const failed = await invoke("powertools", { order: 9, fail: true });
    assert.deepEqual(
      [failed.error, failed.answer.errorType, failed.answer.errorMessage],
      ["Unhandled", "RangeError", "no stock"],
    );
  });

  it("middy streams", async () => {
    await create("middy-stream", ["stream.mjs"], {
      Runtime: "nodejs22.x",
      Handler: "stream.handler",
      Layers: [layers["nodejs"] ?? ""],
    });
    const { head, body } = await stream("middy-stream", { parts: ["a", "b", "é"] });
    assert.deepEqual([head.statusCode, head.headers], [201, { "x-kind": "stream" }]);
    assert.equal(body, "abé");
  });

  it("serverless-express serves an Express application", async () => {
    await create("express", ["web.js"], {
      Runtime: "nodejs24.x",
      Handler: "web.handler",
      Layers: [layers["nodejs"] ?? ""],
    });
    const { answer, error } = await invoke("express", httpEvent("POST", "/orders/7?page=2", { a: "é" }));
    assert.equal(error, undefined, JSON.stringify(answer));
    assert.equal(answer.statusCode, 202);
    assert.deepEqual(JSON.parse(answer.body), { id: "7", page: "2", body: { a: "é" }, stage: "$default" });
    assert.deepEqual(answer.cookies, ["seen=yes; Path=/"]);
  });

  it("Powertools for Python: logger, metrics, routes, batches", async () => {
    await create("powertools-python", ["powertools_app.py"], {
      Runtime: "python3.11",
      Handler: "powertools_app.handler",
      Layers: [layers["python"] ?? ""],
    });
    const { answer, entries, error, log } = await invoke("powertools-python", httpEvent("GET", "/orders/7"));
    assert.equal(error, undefined, JSON.stringify(answer));
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(JSON.parse(answer.body), { order: "7", café: true });
    const read = entries.find(({ message }) => message === "read");
    assert.ok(read, log);
    assert.deepEqual(
      [read["order"], read["cold_start"], read["correlation_id"], read["function_memory_size"]],
      ["7", true, "request-1", "1024"],
    );
    assert.ok(
      entries.some((entry) => "_aws" in entry && Array.isArray(entry["reads"])),
      log,
    );
    const absent = await invoke("powertools-python", httpEvent("GET", "/orders/0"));
    assert.equal(absent.answer.statusCode, 404);
    const message = (messageId: string, body: string) => ({ messageId, body, eventSource: "aws:sqs" });
    const batch = await invoke("powertools-python", { Records: [message("1", "good"), message("2", "bad")] });
    assert.deepEqual(batch.answer, { batchItemFailures: [{ itemIdentifier: "2" }] });
  });

  it("Mangum serves a FastAPI application", async () => {
    await create("mangum", ["web_app.py"], {
      Runtime: "python3.11",
      Handler: "web_app.handler",
      Layers: [layers["python"] ?? ""],
    });
    const { answer, error } = await invoke("mangum", httpEvent("POST", "/orders/7", { a: "é" }));
    assert.equal(error, undefined, JSON.stringify(answer));
    assert.equal(answer.statusCode, 200);
    const body = { number: 7, body: { a: "é" }, began: true, function: "mangum" };
    assert.deepEqual(JSON.parse(answer.body), body);
    assert.equal((await invoke("mangum", httpEvent("POST", "/orders/x", {}))).answer.statusCode, 422);
  });

  it("an extension in the runtime's part, as Lambda Web Adapter is one, serves a plain web server", async () => {
    const layer = await publish(
      "web-adapter",
      zip([
        { name: "extensions/lambda-adapter", content: content("lambda-adapter"), mode: REGULAR | 0o755 },
        { name: "bootstrap", content: content("adapter-bootstrap"), mode: REGULAR | 0o755 },
      ]),
    );
    for (const mode of ["buffered", "response_stream"]) {
      await create(`adapter-${mode}`, ["run.sh", "server.js"], {
        Runtime: "nodejs24.x",
        Handler: "run.sh",
        Layers: [layer],
        Environment: { Variables: { AWS_LAMBDA_EXEC_WRAPPER: "/opt/bootstrap", AWS_LWA_INVOKE_MODE: mode } },
      });
    }
    for (const text of ["one", "two"]) {
      const { answer } = await invoke("adapter-buffered", httpEvent("PUT", "/a?b=c", { text }));
      assert.deepEqual(
        [answer.statusCode, answer.headers?.["x-from"], answer.body],
        [203, "plain server", `PUT /a?b=c {"text":"${text}"}`],
        JSON.stringify(answer),
      );
      const streamed = await stream("adapter-response_stream", httpEvent("PUT", "/s", { text }));
      assert.deepEqual(
        [streamed.head.statusCode, streamed.head.headers["x-from"], streamed.body],
        [203, "plain server", `PUT /s {"text":"${text}"}`],
      );
    }
  });
});
