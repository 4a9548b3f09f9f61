import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { clientEnvironment, clientProgram } from "../../testkit/aws-clients.ts";
import { run, startLambkin } from "../../testkit/lambkin-server.ts";

test("boto3 deploys, invokes, updates and deletes, with its waiters, paginators and resources", async () => {
  await using server = await startLambkin();
  const { code, stdout, stderr } = await run(
    clientProgram("python"),
    [path.join(import.meta.dirname, "boto3_client.py")],
    {
      env: clientEnvironment(server.endpoint),
    },
  );
  assert.equal(code, 0, stderr);
  const seen = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual(seen["identity"], { Account: "000000000000", Arn: "arn:aws:iam::000000000000:root" });
  assert.deepEqual(seen["answers"], [
    { sum: 6, version: 1 },
    { sum: 6, version: 2 },
  ]);
  assert.deepEqual(seen["error"], { FunctionError: "Unhandled", errorType: "TypeError" });
  assert.deepEqual(seen["streamed"], { payload: { sum: 9, version: 2 }, last: ["InvokeComplete"] });
  assert.equal(seen["functions"], 3);
  assert.equal(seen["item"], "12.5");
  assert.deepEqual(seen["queried"], ["a", "b"]);
  assert.equal(seen["object"], "from boto3");
  assert.equal(seen["presigned"], "from boto3");
  assert.deepEqual(seen["missing"], ["ResourceNotFoundException", 404]);
});
