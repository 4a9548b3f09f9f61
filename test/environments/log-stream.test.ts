import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { environmentLimits } from "../../src/base/index.ts";
import type { EnvironmentSpec } from "../../src/environments/index.ts";
import { EnvironmentLogStream, logStreamName } from "../../src/environments/logs/log-stream.ts";
import { FramedLog, OutputLines } from "../../src/environments/logs/process-log.ts";
import { TelemetryHub } from "../../src/environments/telemetry/telemetry-hub.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";

const spec = {
  account: "123456789012",
  region: "us-east-1",
  functionName: "name",
  version: "$LATEST",
  logGroup: "/aws/lambda/name",
} as EnvironmentSpec;

function stream(settings: Partial<EnvironmentSpec> = {}) {
  const messages: string[] = [];
  const log = new EnvironmentLogStream(
    { append: (_stream, events) => messages.push(...events.map(({ message }) => message)) },
    new SimulatedClock(),
    { ...spec, ...settings },
    "stream",
    new TelemetryHub(new SimulatedClock(), {
      connect: () => Promise.reject(new Error("nobody listens")),
      onDropped: () => undefined,
    }),
  );
  const lines = new OutputLines((message) => log.application("function", message));
  log.track(lines);
  const frames = new FramedLog((message) => log.application("function", message));
  return {
    log,
    messages,
    output: (bytes: Buffer) => log.write(lines, bytes),
    frames: (bytes: Buffer) => log.write(frames, bytes),
  };
}

const END = { type: "platform.end", record: { requestId: "id" } } as const;

describe("log stream", () => {
  it("is named by day, version and environment, and by function in a shared group", () => {
    const day = Date.UTC(2026, 7, 8, 23, 59);
    assert.equal(logStreamName(spec, day, "0f".repeat(16)), `2026/08/08/[$LATEST]${"0f".repeat(16)}`);
    assert.equal(
      logStreamName({ ...spec, version: "7", logGroup: "shared" }, day, "ab"),
      "2026/08/08/name[7]ab",
    );
  });

  it("makes one event of each line, however the bytes arrive", () => {
    const { log, messages, output } = stream();
    for (const byte of Buffer.from("one\ntwo ä\n\nthr")) output(Buffer.from([byte]));
    output(Buffer.from("ee\nfo"));
    log.platform(END);
    output(Buffer.from("ur\n"));
    assert.deepEqual(messages, ["one\n", "two ä\n", "\n", "three\n", "fo\n", "END RequestId: id\n", "ur\n"]);
  });

  it("takes a carriage return within a line for a soft line feed", () => {
    const { messages, output } = stream();
    output(Buffer.from("first\rsecond\r\nthird\n"));
    assert.deepEqual(messages, ["first\nsecond\r\n", "third\n"]);
  });

  it("cuts what no event can hold, between characters", () => {
    const { messages, output } = stream();
    const limit = environmentLimits.logEventBytes;
    output(Buffer.from(`${"x".repeat(limit - 1)}${"ä".repeat(10)}\n`));
    assert.equal(messages.length, 2);
    assert.equal(messages[0], `${"x".repeat(limit - 1)}\n`);
    assert.equal(messages[1], `${"ä".repeat(10)}\n`);
  });

  it("keeps the last 4 KiB as the tail, from the start of a character", () => {
    const { log, output } = stream();
    output(Buffer.from("before\n"));
    log.startTail();
    log.platform(END);
    assert.equal(Buffer.from(log.takeTail()).toString(), "END RequestId: id\n");
    log.startTail();
    for (let line = 0; line < 5_000; line++) output(Buffer.from(`${line} ä\n`));
    const tail = Buffer.from(log.takeTail());
    assert.ok(tail.length <= 4096 && tail.length > 4090, `${tail.length} bytes`);
    assert.ok(tail.toString().endsWith("4998 ä\n4999 ä\n"));
    assert.ok(!tail.toString().includes("\ufffd"));
  });

  it("takes a frame for an event, in any pieces, and what is no frame for lines", () => {
    const frame = (type: number, text: string, time = true) => {
      const head = Buffer.alloc(time ? 16 : 8);
      head.writeUInt32BE(type, 0);
      head.writeUInt32BE(Buffer.byteLength(text), 4);
      if (time) head.writeBigUInt64BE(1_700_000_000_000_000n, 8);
      return Buffer.concat([head, Buffer.from(text)]);
    };
    const bytes = Buffer.concat([
      frame(0xa55a0003, "two\nlines\n"),
      frame(0xa55a0017, "ä"),
      frame(0xa55a0001, "no time\n", false),
      frame(0xa55a0003, ""),
      frame(0xa55a0003, "last"),
    ]);
    const expected = ["two\nlines\n", "ä\n", "no time\n", "last\n"];
    const whole = stream();
    whole.frames(bytes);
    assert.deepEqual(whole.messages, expected);
    const single = stream();
    for (const byte of bytes) single.frames(Buffer.from([byte]));
    assert.deepEqual(single.messages, expected);
    const broken = stream();
    for (const byte of Buffer.from("plain text, no frame\nat all\n")) broken.frames(Buffer.from([byte]));
    assert.deepEqual(broken.messages, ["plain text, no frame\n", "at all\n"]);
  });

  it("counts lines and frames, also those that are no event", () => {
    const { output, frames, messages } = stream();
    assert.equal(output(Buffer.from("one\n\ntwo\nthree")), 3);
    const empty = Buffer.alloc(8);
    empty.writeUInt32BE(0xa55a0001, 0);
    messages.length = 0;
    assert.equal(frames(Buffer.concat([empty, empty, empty])), 3);
    assert.deepEqual(messages, []);
    assert.equal(frames(Buffer.from("no frame\nat all\n")), 3, "what is no head was looked at, too");
  });

  it("drops what is below the levels of JSON logs, and nothing of text", () => {
    const at = (level: unknown, timestamp: unknown = "2026-08-08T05:06:39.288Z") =>
      `${JSON.stringify({ timestamp, level, message: "m" })}\n`;
    const lines = [
      at("debug"),
      at("WARN"),
      at("error"),
      at("ERROR", "yesterday"),
      at(7),
      "plain\n",
      "{broken\n",
    ];
    const said = (settings: Partial<EnvironmentSpec>) => {
      const { log, messages, output } = stream(settings);
      for (const line of lines) output(Buffer.from(line));
      log.platform({ type: "platform.start", record: { requestId: "id", version: "1" } }, END);
      return messages;
    };
    assert.equal(said({}).length, lines.length + 2);
    const start =
      '{"time":"2026-01-15T12:00:00.000Z","type":"platform.start","record":{"requestId":"id","version":"1"}}\n';
    assert.deepEqual(said({ logFormat: "JSON" }), [...lines.slice(1), start]);
    assert.deepEqual(said({ logFormat: "JSON", applicationLogLevel: "ERROR", systemLogLevel: "WARN" }), [
      lines[2],
    ]);
    assert.deepEqual(said({ logFormat: "JSON", applicationLogLevel: "TRACE" }), [...lines, start]);
  });
});
