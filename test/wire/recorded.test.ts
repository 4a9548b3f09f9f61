import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";
import { type EchoDoor, openEchoDoor } from "./kit/echo-door.ts";
import { exchange } from "./kit/raw.ts";

/** What scripts/record-wire.ts wrote. */
interface Recording {
  readonly head: readonly string[];
  readonly bodyBase64: string;
}

const folder = path.join(import.meta.dirname, "recorded");
const TEXT = "text ü & <b>";
const BYTES = Buffer.from([1, 2, 3]);

/** What every client was told to call; of inputs that clients add members to, these. */
const CALLS: Readonly<Record<string, object>> = {
  Invoke: {
    FunctionName: "arn:aws:lambda:us-east-1:000000000000:function:f",
    Qualifier: "$LATEST",
    Payload: Buffer.from('{"a":1}'),
    LogType: "Tail",
  },
  PutObject: { Bucket: "bucket", Key: "a b/ü+c", Metadata: { m: "v" }, Body: Buffer.from(TEXT) },
  PutItem: { TableName: "table", Item: { id: { S: TEXT }, b: { B: BYTES.toString("base64") } } },
  CreateRole: { RoleName: "role", AssumeRolePolicyDocument: "{}", Description: TEXT },
  SendMessage: { MessageBody: TEXT, MessageAttributes: { a: { DataType: "Binary", BinaryValue: BYTES } } },
  PutRecord: { StreamName: "stream", PartitionKey: "p", Data: BYTES },
};

let echo: EchoDoor;
let clock: SimulatedClock;
before(async () => {
  clock = new SimulatedClock();
  echo = await openEchoDoor({ secure: true, clock });
  for (const operation of [...Object.keys(CALLS), "PutMetricData"]) echo.answer(operation, () => ({}));
  echo.answer("PutObject", async (input: Record<string, unknown>) => {
    input["Body"] = await buffer(input["Body"] as never);
    return {};
  });
});
after(() => echo.close());

function field(recording: Recording, name: string): string | undefined {
  const line = recording.head.find((header) => header.toLowerCase().startsWith(`${name}: `));
  return line?.slice(name.length + 2);
}

/** The recorded bytes again, in one piece: bodies were recorded without their framing. */
function replay(recording: Recording): Buffer {
  const body = Buffer.from(recording.bodyBase64, "base64");
  const head = recording.head.filter((line) => !/^(?:transfer-encoding|content-length|expect):/i.test(line));
  return Buffer.concat([
    Buffer.from(`${head.join("\r\n")}\r\nContent-Length: ${body.length}\r\n\r\n`, "latin1"),
    body,
  ]);
}

describe("recorded requests", () => {
  const files = globSync("*.json", { cwd: folder }).sort();
  it("of all five clients are there", () => {
    assert.deepEqual(files, ["aws-cli.json", "boto3.json", "go.json", "java.json", "sdk-v3.json"]);
  });

  for (const file of files) {
    it(`of ${file.replace(".json", "")} are verified and decoded`, async () => {
      const recordings = JSON.parse(readFileSync(path.join(folder, file), "utf8")) as Recording[];
      // The CLI sends whole seconds.
      const time = new Date(`2026-01-02T03:04:05.${file === "aws-cli.json" ? "000" : "678"}Z`);
      const metrics = { Namespace: "n", MetricData: [{ MetricName: "m", Value: 0.5, Timestamp: time }] };
      const calls: Readonly<Record<string, object>> = { ...CALLS, PutMetricData: metrics };
      const seen: string[] = [];
      for (const recording of recordings) {
        const date = field(recording, "x-amz-date") ?? "";
        const sent = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
        await clock.advance(sent - clock.now());
        const answer = await exchange(echo.port, replay(recording));
        assert.ok(answer.status < 300, `${recording.head[0]}: ${answer.text}`);
        const { input, context } = echo.last();
        seen.push(context.operation);
        const expected = calls[context.operation] ?? {};
        const members = Object.fromEntries(Object.keys(expected).map((name) => [name, input[name]]));
        assert.deepEqual(members, expected, context.operation);
        assert.equal(context.identity.account, "111122223333");
      }
      assert.deepEqual(seen, Object.keys(calls));
    });
  }
});
