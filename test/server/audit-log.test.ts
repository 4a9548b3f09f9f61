import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { auditLimits, createLog } from "../../src/base/index.ts";
import { AuditLog } from "../../src/server/audit/audit-log.ts";
import { isControlPlane } from "../../src/server/audit/classify.ts";
import type { AnsweredRequest } from "../../src/wire/index.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";

const FILE_BYTES = 2_000;

function answered(n: number): AnsweredRequest {
  return {
    service: "lambda",
    operation: "UpdateFunctionConfiguration",
    requestId: `request-${n}`,
    status: 200,
    errorCode: undefined,
    durationMs: 1,
    identity: undefined,
    region: "us-east-1",
    sourceIp: "127.0.0.1",
    environmentId: undefined,
    input: { FunctionName: "f".repeat(5_000), Environment: { Variables: { PASSWORD: "hidden" } } },
  };
}

function world(directory: string) {
  const said: string[] = [];
  const clock = new SimulatedClock();
  const log = createLog({ level: "debug", format: "json", write: (line) => said.push(line) });
  return { said, clock, audit: new AuditLog({ directory, clock, log, fileBytes: FILE_BYTES }) };
}

test("the audit log's files are bounded in size and number, and the newest lines are kept", async () => {
  const parent = mkdtempSync(path.join(os.tmpdir(), "lambkin-test-"));
  try {
    const directory = path.join(parent, "audit");
    const { audit, clock } = world(directory);
    const lines = 40;
    for (let n = 0; n < lines; n += 1) {
      audit.record(answered(n));
      await clock.advance(5);
      // One batch a line, as of calls that come one after the other.
      await audit.close();
    }
    const files = readdirSync(directory).sort();
    assert.equal(files.length, auditLimits.files);
    const requests: string[] = [];
    for (const name of files) {
      assert.ok(statSync(path.join(directory, name)).size <= FILE_BYTES);
      assert.equal(statSync(path.join(directory, name)).mode & 0o777, 0o600);
      const text = readFileSync(path.join(directory, name), "utf8");
      assert.doesNotMatch(text, /hidden|PASSWORD/);
      for (const line of text.trimEnd().split("\n"))
        requests.push((JSON.parse(line) as { requestId: string }).requestId);
    }
    const kept = Array.from(requests, (_, at) => `request-${lines - requests.length + at}`);
    assert.deepEqual(new Set(requests), new Set(kept));
    assert.equal(requests.length, kept.length);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});

test("what can't be written is counted and said once, and the log goes on when it can", async () => {
  const parent = mkdtempSync(path.join(os.tmpdir(), "lambkin-test-"));
  try {
    const directory = path.join(parent, "audit");
    // A file where the directory should be.
    writeFileSync(directory, "");
    const { audit, said } = world(directory);
    audit.record(answered(0));
    await audit.close();
    audit.record(answered(1));
    await audit.close();
    assert.equal(audit.dropped, 2);
    assert.equal(said.length, 1);
    rmSync(directory);
    audit.record(answered(2));
    await audit.close();
    assert.match(readFileSync(path.join(directory, "audit.jsonl"), "utf8"), /request-2/);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});

test("operations on data are not audited, those on what holds it are", () => {
  for (const name of [
    "GetObject",
    "PutObject",
    "ListObjectsV2",
    "UploadPart",
    "CompleteMultipartUpload",
    "DeleteObjects",
  ])
    assert.equal(isControlPlane("s3", name), false, name);
  for (const name of [
    "CreateBucket",
    "PutBucketNotificationConfiguration",
    "PutObjectLockConfiguration",
    "ListBuckets",
  ])
    assert.equal(isControlPlane("s3", name), true, name);
  for (const name of ["PutItem", "TransactWriteItems", "BatchGetItem", "Query"])
    assert.equal(isControlPlane("dynamodb", name), false, name);
  for (const name of ["CreateTable", "DescribeTable", "UpdateTimeToLive"])
    assert.equal(isControlPlane("dynamodb", name), true, name);
  assert.equal(isControlPlane("lambda", "Invoke"), false);
  assert.equal(isControlPlane("lambda", "AddPermission"), true);
  assert.equal(isControlPlane("logs", "PutLogEvents"), false);
});
