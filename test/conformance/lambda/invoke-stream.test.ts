import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  type InvokeWithResponseStreamCommandInput,
  type InvokeWithResponseStreamCompleteEvent,
  LambdaServiceException,
  ResourceNotFoundException,
} from "@aws-sdk/client-lambda";
import { Contract } from "../../../testkit/contract.ts";
import { eventually } from "../../../testkit/eventually.ts";
import { zipOf } from "../../../testkit/zip-writer.ts";

const STREAMING = zipOf({
  "index.mjs": `
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
  if (event.throws) throw new RangeError("out of range");
  for (const part of event.parts ?? []) {
    stream.write(part);
    if (event.pauseMs) await pause(event.pauseMs);
  }
  if (event.hangs) await pause(60_000);
  if (event.exits !== undefined) process.exit(event.exits);
  if (event.throwsLate) throw new RangeError("half-way");
  if (event.bytes) for (let left = event.bytes; left > 0; left -= 65_536) {
    if (!stream.write("x".repeat(Math.min(left, 65_536)))) await new Promise((done) => stream.once("drain", done));
  }
  console.log("streamed", context.awsRequestId);
  stream.end();
});
`,
});
const BUFFERED = zipOf({
  "index.mjs":
    "export const handler = async (event) => { if (event.throws) throw new RangeError('no'); return event; };",
});

describe("InvokeWithResponseStream", () => {
  let contract: Contract;
  let streaming: string;
  let hasty: string;
  let buffered: string;

  before(async () => {
    contract = await Contract.open();
    const patient = { Runtime: "nodejs22.x", Timeout: 60 } as const;
    [streaming, hasty, buffered] = await Promise.all([
      contract.createFunction({ ...patient, Code: { ZipFile: STREAMING } }),
      contract.createFunction({ ...patient, Code: { ZipFile: STREAMING }, Timeout: 10 }),
      contract.createFunction({ ...patient, Code: { ZipFile: BUFFERED } }),
    ]);
  });
  after(() => contract[Symbol.asyncDispose]());

  async function stream(event: unknown, input: Partial<InvokeWithResponseStreamCommandInput> = {}) {
    const output = await contract.lambda.send(
      new InvokeWithResponseStreamCommand({
        FunctionName: streaming,
        Payload: JSON.stringify(event),
        ...input,
      }),
    );
    const arrivals: { readonly text: string; readonly at: number }[] = [];
    let bytes = 0;
    let complete: InvokeWithResponseStreamCompleteEvent | undefined;
    for await (const { PayloadChunk, InvokeComplete } of output.EventStream ?? []) {
      assert.equal(complete, undefined, "InvokeComplete is the last event");
      if (InvokeComplete !== undefined) complete = InvokeComplete;
      else {
        bytes += PayloadChunk?.Payload?.length ?? 0;
        arrivals.push({ text: Buffer.from(PayloadChunk?.Payload ?? []).toString(), at: performance.now() });
      }
    }
    assert.ok(complete !== undefined, "the stream ends with InvokeComplete");
    return {
      output,
      arrivals,
      bytes,
      complete,
      ended: performance.now(),
      text: () => arrivals.map(({ text }) => text).join(""),
    };
  }

  it("gives the bytes as they are written, then InvokeComplete", async () => {
    const whole = async () => {
      const { output, arrivals, complete, text } = await stream({
        parts: ["one", "two", "three"],
        pauseMs: 250,
      });
      assert.equal(output.StatusCode, 200);
      assert.equal(output.ExecutedVersion, "$LATEST");
      assert.equal(output.ResponseStreamContentType, "application/vnd.amazon.eventstream");
      assert.equal(text(), "onetwothree");
      assert.deepEqual(complete, {});
      return arrivals;
    };
    // On a machine that is busy for as long as a pause, parts of one answer come together; not of every answer.
    await eventually(
      async () => {
        const arrivals = await whole();
        // The first part was here long before the last was written.
        return (arrivals.length === 3 && (arrivals[2]?.at ?? 0) - (arrivals[0]?.at ?? 0) > 250) || undefined;
      },
      { what: "parts that come as they are written" },
    );
  });

  it("tells the tail of the log at the end", async () => {
    const { output, complete } = await stream({ parts: ["x"] }, { LogType: "Tail" });
    const tail = Buffer.from(complete.LogResult ?? "", "base64").toString();
    assert.ok(tail.startsWith(`START RequestId: ${output.$metadata.requestId} Version: $LATEST\n`), tail);
    assert.match(tail, /streamed [\s\S]*REPORT RequestId: /);
  });

  it("tells of errors before the first byte, and after it", async () => {
    const early = await stream({ throws: true });
    assert.equal(early.bytes, 0);
    assert.equal(early.complete.ErrorCode, "RangeError");
    assert.equal(JSON.parse(early.complete.ErrorDetails ?? "").errorMessage, "out of range");
    const late = await stream({ parts: ["so far"], throwsLate: true });
    assert.equal(late.text(), "so far");
    assert.equal(late.complete.ErrorCode, "RangeError");
    assert.equal(JSON.parse(late.complete.ErrorDetails ?? "").errorMessage, "half-way");
  });

  it("tells when the function runs out of time or dies half-way", async () => {
    const from = { FunctionName: hasty };
    const timedOut = await stream({ parts: ["so far"], hangs: true }, from);
    assert.equal(timedOut.text(), "so far");
    assert.equal(timedOut.complete.ErrorCode, "Sandbox.Timedout");
    assert.match(timedOut.complete.ErrorDetails ?? "", /Task timed out after 10\.00 seconds/);
    const died = await stream({ parts: ["so far"], pauseMs: 100, exits: 3 }, from);
    assert.equal(died.text(), "so far");
    assert.match(died.complete.ErrorCode ?? "", /^Runtime\.(ExitError|TruncatedResponse)$/);
    assert.equal((await stream({ parts: ["again"] }, from)).text(), "again");
  });

  it("carries more than a buffered response may", async () => {
    const bytes = 7 * 1024 * 1024;
    assert.equal((await stream({ bytes })).bytes, bytes);
    const whole = await contract.lambda.send(
      new InvokeCommand({ FunctionName: streaming, Payload: JSON.stringify({ bytes }) }),
    );
    assert.equal(whole.FunctionError, "Unhandled");
    assert.equal(
      JSON.parse(Buffer.from(whole.Payload ?? []).toString()).errorType,
      "Function.ResponseSizeTooLarge",
    );
  });

  it("serves functions that do not stream, and Invoke those that do", async () => {
    const { complete, text } = await stream({ a: 1 }, { FunctionName: buffered });
    assert.equal(text(), '{"a":1}');
    assert.deepEqual(complete, {});
    const failed = await stream({ throws: true }, { FunctionName: buffered });
    assert.equal(failed.bytes, 0);
    assert.equal(failed.complete.ErrorCode, "RangeError");
    const whole = await contract.lambda.send(
      new InvokeCommand({ FunctionName: streaming, Payload: '{"parts":["a","b"]}' }),
    );
    assert.equal(Buffer.from(whole.Payload ?? []).toString(), "ab");
  });

  it("answers a dry run without a stream", async () => {
    const output = await contract.lambda.send(
      new InvokeWithResponseStreamCommand({ FunctionName: streaming, InvocationType: "DryRun" }),
    );
    assert.equal(output.StatusCode, 204);
    assert.equal(output.ExecutedVersion, undefined);
  });

  it("refuses before the stream begins with errors of its own", async () => {
    await assert.rejects(stream({}, { FunctionName: "nobody" }), ResourceNotFoundException);
    await assert.rejects(stream({}, { Payload: "{" }), /Could not parse request body into json/);
    await assert.rejects(stream("x".repeat(6 * 1024 * 1024 - 1)), (error) => {
      assert.ok(error instanceof LambdaServiceException);
      assert.equal(error.name, "RequestEntityTooLargeException");
      assert.match(error.message, /6291456 bytes for the InvokeWithResponseStream operation/);
      return true;
    });
  });

  it("lets a caller go away without an error for the next", async () => {
    const caller = new AbortController();
    const output = await contract.lambda.send(
      new InvokeWithResponseStreamCommand({
        FunctionName: streaming,
        Payload: JSON.stringify({ parts: Array(8).fill("x"), pauseMs: 100 }),
      }),
      { abortSignal: caller.signal },
    );
    for await (const event of output.EventStream ?? []) {
      assert.ok(event.PayloadChunk);
      break;
    }
    caller.abort();
    assert.equal((await stream({ parts: ["fine"] })).text(), "fine");
  });
});
