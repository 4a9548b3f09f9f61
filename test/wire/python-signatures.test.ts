import assert from "node:assert/strict";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { clientEnvironment, clientProgram } from "../../testkit/aws-clients.ts";
import { run } from "../../testkit/lambkin-server.ts";
import { type EchoDoor, ISSUED, openEchoDoor } from "./kit/echo-door.ts";

let echo: EchoDoor;
before(async () => {
  echo = await openEchoDoor({ secure: true });
  for (const operation of [
    "GetObject",
    "ListObjectsV2",
    "DeleteObjects",
    "Invoke",
    "ListTags",
    "UntagResource",
    "GetItem",
    "DescribeLogGroups",
    "ListRoles",
    "GetCallerIdentity",
  ]) {
    echo.answer(operation, () => ({}));
  }
  echo.answer("PutObject", async (input) => {
    await buffer(input.Body);
    return {};
  });
});
after(() => echo.close());

async function call(secret: string): Promise<Record<string, string>> {
  const script = path.join(import.meta.dirname, "python_signatures.py");
  const { code, stdout, stderr } = await run(clientProgram("python"), [script, echo.endpoint], {
    env: clientEnvironment(echo.endpoint, {
      AWS_ACCESS_KEY_ID: ISSUED.accessKeyId,
      AWS_SECRET_ACCESS_KEY: secret,
    }),
  });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Record<string, string>;
}

describe("signatures of boto3", () => {
  it("hold for every service, key and kind", async () => {
    const results = await call(ISSUED.secretAccessKey);
    const bad = Object.entries(results).filter(([, result]) => result !== "ok");
    assert.deepEqual(bad, []);
    assert.ok(Object.keys(results).length > 40);
  });
});
