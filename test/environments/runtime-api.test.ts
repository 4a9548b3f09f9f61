import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { environmentLimits } from "../../src/base/index.ts";
import type { FurtherApi } from "../../src/environments/runtime-api/runtime-api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { type RawClient, RuntimeApiWorld } from "../../testkit/runtime-api-world.ts";

const NEXT = "/2018-06-01/runtime/invocation/next";
const INVALID_ID = '{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}\n';
const response = (id: string) => `/2018-06-01/runtime/invocation/${id}/response`;
const error = (id: string) => `/2018-06-01/runtime/invocation/${id}/error`;
const transition = (from: string, to: string) =>
  `{"errorMessage":"State transition from ${from} to ${to} failed for runtime. Error: State transition is not allowed","errorType":"InvalidStateTransition"}\n`;

describe("Runtime API", () => {
  let world: RuntimeApiWorld;
  let client: RawClient;

  beforeEach(async () => {
    world = await new RuntimeApiWorld().open();
    client = world.client();
  });
  afterEach(() => world.close());

  /** Asks for work, gets an invocation and reads its head. */
  async function running(id = "id-1", payload = "{}"): Promise<void> {
    const before = world.ready;
    client.request("GET", NEXT);
    await world.untilReady(before + 1);
    world.dispatch(id, payload);
    assert.equal((await client.answer())?.status, 200);
  }

  async function ask(method: string, path: string, body?: string | Uint8Array, fields?: string) {
    const answer = await client.request(method, path, body, fields).answer();
    assert.ok(answer);
    return answer;
  }

  it("answers ping, and 404 and 405 for what it does not have", async () => {
    assert.equal((await ask("GET", "/2018-06-01/ping")).body, "pong");
    assert.equal((await ask("GET", "/2018-06-01/runtime/restore/next")).status, 404);
    assert.equal((await ask("POST", NEXT, "")).status, 405);
    assert.equal((await ask("GET", response("x"))).status, 405);
  });

  it("hands out the event byte for byte with its headers", async () => {
    client.request("GET", NEXT);
    await world.untilReady(1);
    world.dispatch("id-1", '{"ä": 1}\n');
    const answer = await client.answer();
    assert.equal(answer?.body, '{"ä": 1}\n');
    assert.deepEqual(Object.fromEntries(answer.fields), {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": "id-1",
      "lambda-runtime-deadline-ms": "1700000000123",
      "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-east-1:123456789012:function:f:live",
      "lambda-runtime-trace-id": "Root=1-a-b",
      "content-length": "10",
    });
  });

  it("tells of the caller what is known of it", async () => {
    client.request("GET", NEXT);
    await world.untilReady(1);
    const identity = '{"cognitoIdentityId":"eu-central-1:1","cognitoIdentityPoolId":"eu-central-1:2"}';
    world.dispatch("id-1", "<a/>", undefined, {
      clientContext: '{"custom":{"a":"ü"}}',
      cognitoIdentity: identity,
      contentType: "text/xml",
      tenantId: "tenant/1",
      traceId: "",
    });
    const { fields } = (await client.answer()) ?? assert.fail("no answer");
    assert.equal(fields.get("content-type"), "text/xml");
    assert.equal(fields.get("lambda-runtime-client-context"), '{"custom":{"a":"ü"}}');
    assert.equal(fields.get("lambda-runtime-cognito-identity"), identity);
    assert.equal(fields.get("lambda-runtime-aws-tenant-id"), "tenant/1");
    assert.ok(!fields.has("lambda-runtime-trace-id"));
  });

  it("accepts a result once, and only with the right id", async () => {
    await running();
    assert.deepEqual(await ask("POST", response("other"), "1"), {
      ...(await ask("POST", error("other"), "1")),
      status: 400,
      body: INVALID_ID,
    });
    assert.equal(world.results.length, 0);
    const accepted = await ask("POST", response("id-1"), '"fine"');
    assert.equal(accepted.status, 202);
    assert.equal(accepted.body, '{"status":"OK"}\n');
    assert.equal(Buffer.from(world.results[0]?.payload ?? []).toString(), '"fine"');
    for (const path of [response("id-1"), error("id-1")]) {
      const again = await ask("POST", path, '"late"');
      assert.equal(again.status, 400);
      assert.equal(again.body, INVALID_ID);
    }
    assert.equal(world.results.length, 1);
    await running("id-2");
    assert.equal((await ask("POST", response("id-1"), "1")).status, 400);
  });

  it("blocks a second poller and gives the event to the newest one that is still there", async () => {
    client.request("GET", NEXT);
    await world.untilReady(1);
    const second = world.client().request("GET", NEXT);
    const gone = world.client().request("GET", NEXT);
    gone.request("GET", "/2018-06-01/ping").socket.end();
    await gone.closed();
    world.dispatch("id-1");
    assert.equal((await second.answer())?.fields.get("lambda-runtime-aws-request-id"), "id-1");
    // Whoever asks while it runs gets the same event again.
    assert.equal(
      (await world.client().request("GET", NEXT).answer())?.fields.get("lambda-runtime-aws-request-id"),
      "id-1",
    );
    assert.equal(world.ready, 1);
  });

  it("refuses transitions that its states do not allow", async () => {
    assert.equal((await ask("POST", "/2018-06-01/runtime/init/error", "{}")).status, 202);
    assert.equal(world.initErrors.length, 1);
    const again = await ask("POST", "/2018-06-01/runtime/init/error", "{}");
    assert.equal(again.status, 403);
    assert.equal(again.body, transition("InitError", "InitError"));
    assert.equal((await ask("GET", NEXT)).body, transition("InitError", "Ready"));
    world.api.reset();
    await client.closed();
    client = world.client();
    await running();
    const late = await ask("POST", "/2018-06-01/runtime/init/error", "{}");
    assert.equal(late.status, 403);
    assert.equal(late.body, transition("Running", "InitError"));
    // While one connection still sends its result, no other may.
    const begun = `POST ${response("id-1")} HTTP/1.1\r\nContent-Length: 9\r\n\r\n1234`;
    const other = world.client().send(begun);
    const read = () => world.accepted.at(-1)?.bytesRead === begun.length;
    await eventually(() => read() || undefined, { what: "the beginning of its result" });
    assert.equal(
      (await ask("POST", error("id-1"), "{}")).body,
      transition("InvocationResponse", "InvocationErrorResponse"),
    );
    assert.equal((await other.send("56789").answer())?.status, 202);
    assert.equal(Buffer.from(world.results[0]?.payload ?? []).toString(), "123456789");
  });

  it("takes 6 MiB and 100 bytes, and not one more", async () => {
    const most = environmentLimits.runtimePayloadBytes;
    assert.equal(most, 6_291_556);
    await running("id-1");
    assert.equal((await ask("POST", response("id-1"), Buffer.alloc(most, "1"))).status, 202);
    assert.equal(world.results[0]?.payload.length, most);
    await running("id-2");
    const refused = await ask("POST", response("id-2"), Buffer.alloc(most + 1, "1"));
    assert.equal(refused.status, 413);
    assert.equal(
      refused.body,
      '{"errorMessage":"Exceeded maximum allowed payload size (6291556 bytes).","errorType":"RequestEntityTooLarge"}\n',
    );
    assert.equal(
      Buffer.from(world.results[1]?.payload ?? []).toString(),
      '{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}',
    );
    await running("id-3");
  });

  it("collects a streamed response, and its error from the trailers", async () => {
    const stream = "Transfer-Encoding: chunked\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n";
    await running("id-1");
    client.send(`POST ${response("id-1")} HTTP/1.1\r\n${stream}\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n`);
    assert.equal((await client.answer())?.status, 202);
    assert.equal(Buffer.from(world.results[0]?.payload ?? []).toString(), "abcde");
    await running("id-2");
    const document = '{"errorType":"Error","errorMessage":"half-way"}';
    client.send(
      `POST ${response("id-2")} HTTP/1.1\r\n${stream}\r\n1\r\na\r\n0\r\n` +
        `Lambda-Runtime-Function-Error-Type: Function.Broken\r\n` +
        `Lambda-Runtime-Function-Error-Body: ${Buffer.from(document).toString("base64")}\r\n\r\n`,
    );
    assert.equal((await client.answer())?.status, 202);
    assert.deepEqual(world.results[1], { payload: Buffer.from(document), errorType: "Function.Broken" });
    await running("id-3");
    const refused = await ask(
      "POST",
      response("id-3"),
      "x",
      "Lambda-Runtime-Function-Response-Mode: Streaming\r\n",
    );
    assert.equal(refused.status, 400);
    assert.equal(
      refused.body,
      '{"errorMessage":"Invalid function response mode","errorType":"InvalidFunctionResponseMode"}\n',
    );
    assert.equal(world.results[2]?.errorType, "Runtime.InvalidResponseModeHeader");
  });

  it("passes error documents on and keeps only known forms of types", async () => {
    const post = async (fields: string, body: string) => {
      const id = crypto.randomUUID();
      await running(id);
      assert.equal((await ask("POST", error(id), body, fields)).status, 202);
      const result = world.results.at(-1);
      return [result?.errorType, Buffer.from(result?.payload ?? []).toString()];
    };
    const type = (name: string) => `Lambda-Runtime-Function-Error-Type: ${name}\r\n`;
    assert.deepEqual(await post(type("Runtime.ImportModuleError"), "any { bytes"), [
      "Runtime.ImportModuleError",
      "any { bytes",
    ]);
    assert.equal((await post(type("Function.x-y"), "{}"))[0], "Function.Unknown");
    assert.equal((await post(type("TypeError"), "{}"))[0], "Runtime.Unknown");
    assert.equal((await post("", "{}"))[0], "Runtime.Unknown");
    const cause = "Content-Type: application/vnd.aws.lambda.error.cause+json\r\n";
    assert.equal(
      (await post(cause, '{"errorMessage":"m","errorType":"t","stackTrace":["s"],"errorCause":"{}"}'))[1],
      '{"errorMessage":"m","errorType":"t","stackTrace":["s"]}',
    );
    assert.equal((await post(cause, "nonsense"))[1], '"Invalid error body"');
  });

  it("notices a result that was cut off", async () => {
    await running();
    client.send(`POST ${response("id-1")} HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345`).socket.end();
    const answer = await client.answer();
    assert.equal(answer?.status, 400);
    assert.equal(
      answer.body,
      '{"errorMessage":"HTTP request detected as truncated","errorType":"TruncatedHTTPRequest"}\n',
    );
    assert.equal(world.results[0]?.errorType, "Runtime.TruncatedResponse");
  });

  it("serves pipelined requests in order", async () => {
    await running();
    client.request("POST", response("id-1"), "1").request("GET", NEXT).request("GET", "/2018-06-01/ping");
    assert.equal((await client.answer())?.status, 202);
    await world.untilReady(2);
    world.dispatch("id-2");
    assert.equal((await client.answer())?.fields.get("lambda-runtime-aws-request-id"), "id-2");
    assert.equal((await client.answer())?.body, "pong");
  });

  it("answers a response and the request behind it together, whatever the size of the event", async () => {
    for (const payload of ["{}", JSON.stringify("ä".repeat(20_000))]) {
      const ready = world.ready;
      const post = `POST ${response("id-1")} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1`;
      if (ready === 0) await running();
      client.send(`${post}GET ${NEXT} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await world.untilReady(Math.max(ready, 1) + 1);
      world.dispatch("id-1", payload);
      const accepted = await client.answer();
      assert.equal(accepted?.status, 202);
      assert.equal(accepted.body, '{"status":"OK"}\n');
      assert.equal((await client.answer())?.body, payload);
    }
  });

  it("tells the availability zone to who has the token", async () => {
    const path = "/2026-01-15/metadata/execution-environment";
    const answer = await ask("GET", path, undefined, "Authorization: Bearer metadata-token\r\n");
    assert.equal(answer.body, '{"AvailabilityZoneID":"euc1-az1"}\n');
    assert.equal(answer.fields.get("cache-control"), "private, max-age=43200, immutable");
    assert.equal((await ask("GET", path, undefined, "Authorization: Bearer other\r\n")).status, 401);
    assert.equal((await ask("GET", path)).status, 401);
    assert.equal((await ask("POST", path, "")).status, 405);
  });

  it("reads nothing more from who takes no answers, until they are taken", async () => {
    const payload = JSON.stringify("x".repeat(1 << 20));
    await running("id-1", payload);
    const [accepted] = world.accepted as [Socket];
    client.socket.pause();
    const read = accepted.bytesRead;
    // Whatever the kernel keeps on its way, the answers are more.
    const ask = `GET ${NEXT} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const requests = 24;
    client.send(ask.repeat(requests));
    await eventually(() => (accepted.writableNeedDrain && accepted.isPaused() ? true : undefined), {
      what: "answers that nobody takes",
    });
    assert.ok(accepted.bytesRead > read, "a control: it read of the requests");
    assert.ok(accepted.writableLength < 3 * payload.length, `${accepted.writableLength} bytes wait`);
    client.socket.resume();
    for (let n = 0; n < requests; n += 1) assert.equal((await client.answer())?.body, payload);
  });

  it("lets others have their turn while one sends request after request", async (t) => {
    const directory = mkdtempSync(join(tmpdir(), "lambkin-runtime-api-"));
    const asked: string[] = [];
    let bytesRead = 0;
    // The other's request is there as soon as the first of many is read.
    const noted: FurtherApi = (exchange) => {
      asked.push(exchange.head.target);
      if (asked.length > 1) return undefined;
      bytesRead = fair.accepted[0]?.bytesRead ?? 0;
      other.request("GET", "/other");
      return undefined;
    };
    const fair = await new RuntimeApiWorld([noted]).open(join(directory, "api"));
    t.after(async () => {
      await fair.close();
      rmSync(directory, { recursive: true });
    });
    const many = fair.client();
    await eventually(() => fair.accepted[0], { what: "the first connection" });
    const other = fair.client();
    await eventually(() => fair.accepted[1], { what: "both connections" });
    const requests = 2_000;
    const request = "GET /many HTTP/1.1\r\nHost: x\r\n\r\n";
    many.send(request.repeat(requests)).socket.end();
    assert.equal((await other.answer())?.status, 404);
    const turn = environmentLimits.runtimeRequestsOfTurn;
    const before = asked.indexOf("/other");
    assert.ok(before <= 3 * turn, `${before} requests came before it`);
    assert.ok(bytesRead > 10 * turn * request.length, `a control: ${bytesRead} bytes were there to be read`);
    for (let n = 0; n < requests; n += 1) assert.equal((await many.answer())?.status, 404);
    assert.equal(await many.answer(), undefined, "whoever ends its side gets what it asked for before");
  });

  it("keeps a few long heads that are not whole yet, and no more", async () => {
    const { runtimeLongHeads, runtimeUnreadBytes } = environmentLimits;
    const begun = `GET /2018-06-01/ping HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(2 * runtimeUnreadBytes)}`;
    const patient = Array.from({ length: runtimeLongHeads }, () => world.client().send(begun));
    const read = () => world.accepted.filter(({ bytesRead }) => bytesRead === begun.length).length;
    await eventually(() => (read() === runtimeLongHeads ? true : undefined), { what: "all of them" });
    assert.equal((await client.send(begun).answer())?.status, 431);
    for (const other of patient) assert.equal((await other.send("\r\n\r\n").answer())?.status, 200);
    client = world.client().send(`${begun}\r\n\r\n`);
    assert.equal((await client.answer())?.status, 200, "there is room again");
  });

  it("closes connections beyond its limit", async () => {
    for (let open = 1; open <= environmentLimits.runtimeConnections; open++) {
      assert.equal((await ask("GET", "/2018-06-01/ping")).status, 200);
      client = world.client();
    }
    assert.equal(await client.request("GET", "/2018-06-01/ping").answer(), undefined);
  });
});
