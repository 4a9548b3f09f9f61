import assert from "node:assert/strict";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:http2";
import { after, before, describe, it } from "node:test";
import { CloudWatchLogsClient, StartLiveTailCommand } from "@aws-sdk/client-cloudwatch-logs";
import { InvokeWithResponseStreamCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client, SelectObjectContentCommand } from "@aws-sdk/client-s3";
import { ServiceError } from "../../src/base/index.ts";
import { EventStreamDecoder, type EventStreamMessage } from "../../src/wire/index.ts";
import { clientEnvironment, clientProgram } from "../../testkit/aws-clients.ts";
import { eventually } from "../../testkit/eventually.ts";
import { run } from "../../testkit/lambkin-server.ts";
import { type EchoDoor, openEchoDoor } from "./kit/echo-door.ts";

const PATH = "/2021-11-15/functions/f/response-streaming-invocations";
const AUTHORIZATION =
  "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00";

let echo: EchoDoor;
let lambda: LambdaClient;
const options = () => ({
  endpoint: echo.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
});
before(async () => {
  echo = await openEchoDoor();
  lambda = new LambdaClient(options());
});
after(async () => {
  lambda.destroy();
  await echo.close();
});

const chunk = (text: string) => ({ PayloadChunk: { Payload: Buffer.from(text) } });
const complete = { InvokeComplete: { LogResult: "bG9n" } };

/** Lets the operation answer with these events, after which it breaks off if there is something to throw. */
function streams(events: readonly unknown[], thrown?: Error): void {
  echo.answer("InvokeWithResponseStream", () => ({
    StatusCode: 200,
    ExecutedVersion: "$LATEST",
    EventStream: (async function* () {
      yield* events;
      if (thrown !== undefined) throw thrown;
    })(),
  }));
}

/** The answer as soon as its head is there. The SDK waits for the first event as well. */
function post(): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: AUTHORIZATION, "x-amz-date": "20260101T000000Z" };
    request(`${echo.endpoint}${PATH}`, { method: "POST", headers }, resolve).once("error", reject).end("{}");
  });
}

const invoke = async () => {
  const answer = await lambda.send(
    new InvokeWithResponseStreamCommand({ FunctionName: "f", Payload: "{}" as never }),
  );
  assert.ok(answer.EventStream !== undefined);
  return { answer, events: answer.EventStream };
};

describe("event streams of an output", () => {
  it("reach the SDK as they were made", async () => {
    streams([chunk("ab"), chunk(""), chunk("c".repeat(300_000)), complete]);
    const { answer, events } = await invoke();
    assert.equal(answer.ExecutedVersion, "$LATEST");
    assert.equal(answer.ResponseStreamContentType, "application/vnd.amazon.eventstream");
    const seen = [];
    for await (const event of events) seen.push(event);
    assert.deepEqual(
      seen.map(({ PayloadChunk, InvokeComplete }) =>
        PayloadChunk === undefined ? InvokeComplete : Buffer.from(PayloadChunk.Payload ?? []).length,
      ),
      [2, 0, 300_000, { LogResult: "bG9n" }],
    );
  });

  it("end with an exception frame when they fail, also unforeseen", async () => {
    const read = async () => {
      const { events } = await invoke();
      const seen: string[] = [];
      for await (const { PayloadChunk } of events)
        seen.push(Buffer.from(PayloadChunk?.Payload ?? []).toString());
      return seen;
    };
    streams([chunk("a")], new ServiceError({ code: "ServiceException", status: 500, message: "no more" }));
    await assert.rejects(read, { name: "ServiceException", message: /no more/ });
    streams([chunk("a")], new Error("a secret of the server"));
    await assert.rejects(read, (error: Error) => {
      assert.equal(error.name, "ServiceException");
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
    streams([chunk("a"), { Unknown: {} }]);
    await assert.rejects(read, { name: "ServiceException" });
  });

  it("that fail before the handler returns are plain errors", async () => {
    echo.answer("InvokeWithResponseStream", () => {
      throw new ServiceError({ code: "ResourceNotFoundException", status: 404, message: "gone" });
    });
    await assert.rejects(invoke, { name: "ResourceNotFoundException", message: "gone" });
  });

  it("have no body when the status has none", async () => {
    echo.answer("InvokeWithResponseStream", () => ({ StatusCode: 204 }));
    const answer = await lambda.send(
      new InvokeWithResponseStreamCommand({ FunctionName: "f", InvocationType: "DryRun" }),
    );
    assert.equal(answer.StatusCode, 204);
  });

  it("send the head before the first event, and each event when it is there", async () => {
    let next: ((event: unknown) => void) | undefined;
    echo.answer("InvokeWithResponseStream", () => ({
      EventStream: (async function* () {
        for (;;) {
          const event = await new Promise((resolve) => {
            next = resolve;
          });
          if (event === undefined) return;
          yield event;
        }
      })(),
    }));
    const give = async (event: unknown) => {
      await eventually(() => next, { what: "the next event is asked for" });
      next?.(event);
      next = undefined;
    };
    const answer = await post();
    const decoder = new EventStreamDecoder();
    const bytes = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (const text of ["one", "two"]) {
      await give(chunk(text));
      const { value } = await bytes.next();
      assert.deepEqual(
        decoder.write(value).map(({ payload }) => Buffer.from(payload).toString()),
        [text],
      );
    }
    await give(undefined);
    assert.equal((await bytes.next()).done, true);
  });

  it("are made only as fast as they are read, and end when the reader goes", async () => {
    const errorsBefore = echo.errors.length;
    let made = 0;
    let ended = false;
    let aborted = false;
    echo.answer("InvokeWithResponseStream", (_, context) => {
      context.signal.addEventListener("abort", () => {
        aborted = true;
      });
      return {
        EventStream: (async function* () {
          try {
            for (; made < 100_000; made++) yield chunk("x".repeat(60_000));
          } finally {
            ended = true;
          }
        })(),
      };
    });
    const answer = await post();
    // Until nothing moves any more, because nobody reads: what is made then lies in the buffers of two sockets.
    let before = -1;
    await eventually(
      () => {
        const still = made === before && made > 0;
        before = made;
        return still || undefined;
      },
      { what: "no more events are made" },
    );
    assert.ok(made < 1_000, `${made} events were made`);
    answer.destroy();
    await eventually(() => (ended && aborted) || undefined, { what: "the source ends" });
    assert.deepEqual(echo.errors.slice(errorsBefore), []);
  });

  it("are read by boto3, exceptions included", async () => {
    const script = `
import boto3
client = boto3.client("lambda")
stream = client.invoke_with_response_stream(FunctionName="f", Payload=b"{}")["EventStream"]
try:
    for event in stream:
        print(event)
except Exception as error:
    print(type(error).__name__, error.response["Error"]["Code"], error.response["Error"].get("Message"))
`;
    streams(
      [chunk("ab"), { InvokeComplete: { ErrorCode: "Unhandled" } }],
      new ServiceError({ code: "ServiceException", status: 500, message: "no more" }),
    );
    const { stdout, stderr } = await run(clientProgram("python"), ["-c", script], {
      env: clientEnvironment(echo.endpoint),
    });
    assert.deepEqual(
      stdout.trim().split("\n"),
      [
        "{'PayloadChunk': {'Payload': b'ab'}}",
        "{'InvokeComplete': {'ErrorCode': 'Unhandled'}}",
        "EventStreamError ServiceException no more",
      ],
      stderr,
    );
  });

  it("go over HTTP/2 the same way", async () => {
    streams([chunk("ab"), complete]);
    const session = connect(echo.endpoint);
    const stream = session.request({
      ":method": "POST",
      ":path": PATH,
      authorization: AUTHORIZATION,
      "x-amz-date": "20260101T000000Z",
    });
    stream.end("{}");
    const decoder = new EventStreamDecoder();
    const messages: EventStreamMessage[] = [];
    for await (const bytes of stream) messages.push(...decoder.write(bytes as Buffer));
    decoder.end();
    session.close();
    assert.deepEqual(
      messages.map(({ headers, payload }) => [
        Object.fromEntries([...headers].map(([name, { value }]) => [name, value])),
        Buffer.from(payload).toString(),
      ]),
      [
        [
          {
            ":event-type": "PayloadChunk",
            ":message-type": "event",
            ":content-type": "application/octet-stream",
          },
          "ab",
        ],
        [
          { ":event-type": "InvokeComplete", ":message-type": "event", ":content-type": "application/json" },
          '{"LogResult":"bG9n"}',
        ],
      ],
    );
  });

  it("begin with the other members where the protocol has no headers for them", async () => {
    const logs = new CloudWatchLogsClient({ ...options(), disableHostPrefix: true });
    echo.answer("StartLiveTail", () => ({
      responseStream: (async function* () {
        yield { sessionStart: { sessionId: "12345678-1234-1234-1234-123456789012" } };
        yield { sessionUpdate: { sessionResults: [{ message: "line", timestamp: 5 }] } };
        yield { SessionTimeoutException: { message: "three hours" } };
      })(),
    }));
    const answer = await logs.send(
      new StartLiveTailCommand({ logGroupIdentifiers: ["arn:aws:logs:us-east-1:000000000000:log-group:g"] }),
    );
    const seen: unknown[] = [];
    const read = async () => {
      for await (const event of answer.responseStream ?? []) seen.push(event);
    };
    await assert.rejects(read, { name: "SessionTimeoutException", message: "three hours" });
    assert.deepEqual(seen, [
      { sessionStart: { sessionId: "12345678-1234-1234-1234-123456789012" } },
      { sessionUpdate: { sessionResults: [{ message: "line", timestamp: 5 }] } },
    ]);
    logs.destroy();
  });

  it("hold XML where the service speaks it", async () => {
    const s3 = new S3Client({ ...options(), forcePathStyle: true });
    echo.answer("SelectObjectContent", () => ({
      Payload: (async function* () {
        yield { Records: { Payload: Buffer.from("a,b\n") } };
        yield { Stats: { Details: { BytesScanned: 4, BytesProcessed: 4, BytesReturned: 4 } } };
        yield { Cont: {} };
        yield { End: {} };
      })(),
    }));
    const answer = await s3.send(
      new SelectObjectContentCommand({
        Bucket: "bucket",
        Key: "key",
        Expression: "SELECT * FROM S3Object",
        ExpressionType: "SQL",
        InputSerialization: { CSV: {} },
        OutputSerialization: { CSV: {} },
      }),
    );
    const seen: unknown[] = [];
    for await (const event of answer.Payload ?? []) seen.push(event);
    assert.deepEqual(JSON.parse(JSON.stringify(seen)), [
      { Records: { Payload: { 0: 97, 1: 44, 2: 98, 3: 10 } } },
      { Stats: { Details: { BytesScanned: 4, BytesProcessed: 4, BytesReturned: 4 } } },
      { Cont: {} },
      { End: {} },
    ]);
    s3.destroy();
  });
});
