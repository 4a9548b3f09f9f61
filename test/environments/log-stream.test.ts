import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { environmentLimits } from "../../src/base/index.ts";
import type { EnvironmentSpec } from "../../src/environments/index.ts";
import { EnvironmentLogStream, logStreamName } from "../../src/environments/log-stream.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";

const spec = {
  account: "123456789012",
  region: "us-east-1",
  functionName: "name",
  version: "$LATEST",
  logGroup: "/aws/lambda/name",
} as EnvironmentSpec;

function stream() {
  const messages: string[] = [];
  const log = new EnvironmentLogStream(
    { append: (_stream, events) => messages.push(...events.map(({ message }) => message)) },
    new SimulatedClock(),
    spec,
    "stream",
  );
  return { log, messages };
}

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
    const { log, messages } = stream();
    for (const byte of Buffer.from("one\ntwo ä\n\nthr")) log.output(Buffer.from([byte]));
    log.output(Buffer.from("ee\nfo"));
    log.platform("END RequestId: id\n");
    log.output(Buffer.from("ur\n"));
    assert.deepEqual(messages, ["one\n", "two ä\n", "\n", "three\n", "fo\n", "END RequestId: id\n", "ur\n"]);
  });

  it("takes a carriage return within a line for a soft line feed", () => {
    const { log, messages } = stream();
    log.output(Buffer.from("first\rsecond\r\nthird\n"));
    assert.deepEqual(messages, ["first\nsecond\r\n", "third\n"]);
  });

  it("cuts what no event can hold, between characters", () => {
    const { log, messages } = stream();
    const limit = environmentLimits.logEventBytes;
    log.output(Buffer.from(`${"x".repeat(limit - 1)}${"ä".repeat(10)}\n`));
    assert.equal(messages.length, 2);
    assert.equal(messages[0], `${"x".repeat(limit - 1)}\n`);
    assert.equal(messages[1], `${"ä".repeat(10)}\n`);
  });

  it("keeps the last 4 KiB as the tail, from the start of a character", () => {
    const { log } = stream();
    log.output(Buffer.from("before\n"));
    log.startTail();
    log.platform("START\n");
    assert.equal(Buffer.from(log.takeTail()).toString(), "START\n");
    log.startTail();
    for (let line = 0; line < 5_000; line++) log.output(Buffer.from(`${line} ä\n`));
    const tail = Buffer.from(log.takeTail());
    assert.ok(tail.length <= 4096 && tail.length > 4090, `${tail.length} bytes`);
    assert.ok(tail.toString().endsWith("4998 ä\n4999 ä\n"));
    assert.ok(!tail.toString().includes("\ufffd"));
  });
});
