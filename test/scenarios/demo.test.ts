import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { run } from "../../testkit/lambkin-server.ts";

test("the demo tells the whole story and ends by itself", async () => {
  const { code, stdout, stderr } = await run(process.execPath, [
    path.join(import.meta.dirname, "..", "..", "scripts", "demo.ts"),
  ]);
  assert.equal(code, 0, stderr);
  for (const part of [
    /^object +24222 bytes/m,
    /^event +ObjectCreated:Put to arn:aws:lambda:us-east-1:000000000000:function:log-summary$/m,
    /^run +cold start, init [\d.]+ ms, isolation (namespaces|process)/m,
    /^run +warm start, /m,
    /^metered +duration [\d.]+ ms, billed \d+ ms, \d+ of 256 MB used$/m,
    /^log +\| orders\/|INFO {2}orders\/orders\.csv: 36 orders imported, 3 lines rejected$/m,
    /^DynamoDB table log-summaries: 22 items$/m,
    /^DynamoDB table orders: 36 items$/m,
    /^csv-import +\$LATEST +\S+ +2 +0 /m,
    /^server +stopped; nothing of it is left$/m,
  ]) {
    assert.match(stdout, part);
  }
});
