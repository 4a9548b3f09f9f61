import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LogLines } from "../../src/cli/log-tail/log-lines.ts";

const RED = "\u001b[31m";

function lineOf(message: string, colours = false): string {
  const lines = new LogLines({ colours, named: () => false });
  const event = { eventId: "1", timestamp: 0, message, logStreamName: "s", logGroupName: "/aws/lambda/f" };
  const line = lines.line(event);
  return line.slice(line.indexOf("Z") + (colours ? 7 : 3));
}

describe("lines of the log for people", () => {
  it("show traces line by line", () => {
    const error = { errorType: "Odd", errorMessage: "bad", code: "E1", stack: ["Odd: bad", "    at x"] };
    assert.equal(
      lineOf(`1970-01-01T00:00:00.000Z\tid\tERROR\tInvoke Error \t${JSON.stringify(error)}\n`),
      "id\tERROR\tInvoke Error \tOdd: bad\n    at x\ncode=E1",
    );
    const message = { errorType: "Odd", errorMessage: "bad", stackTrace: ["Odd: bad", "    at x"] };
    assert.equal(
      lineOf(JSON.stringify({ timestamp: "t", level: "ERROR", requestId: "id", message })),
      "ERROR requestId=id errorType=Odd errorMessage=bad\nOdd: bad\n    at x",
    );
    assert.equal(lineOf(JSON.stringify({ level: "INFO", message: { a: 1 } })), 'INFO  {"a":1}');
    assert.equal(
      lineOf('id\tERROR\tno trace \t{"errorType":"x"}'),
      'id\tERROR\tno trace \t{"errorType":"x"}',
    );
  });

  it("are red where something is wrong, in every language", () => {
    for (const wrong of [
      "id\tERROR\tNode.js",
      "id\tfail\t.NET",
      "[ERROR]\t1970-01-01T00:00:00.000Z\tid\tPython",
      "E, [1970-01-01T00:00:00.000000 #2] ERROR id -- : Ruby",
      "RequestId: id Error: Runtime exited with error: exit status 1",
      "REPORT RequestId: id\tDuration: 3000.00 ms\tStatus: timeout",
    ]) {
      assert.ok(lineOf(wrong, true).includes(RED), wrong);
    }
    for (const fine of [
      "id\tINFO\tfine",
      "an ERROR in text",
      "I, [1970-01-01T00:00:00.000000 #2]  INFO id -- : fine",
    ])
      assert.ok(!lineOf(fine, true).includes(RED), fine);
  });
});
