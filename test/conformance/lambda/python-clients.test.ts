import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { clientEnvironment, clientProgram } from "../../../testkit/aws-clients.ts";
import { Contract } from "../../../testkit/contract.ts";
import { run } from "../../../testkit/lambkin-server.ts";

test("boto3 pages through functions, layers and code signing, waits, and raises errors by their names", async () => {
  await using contract = await Contract.open();
  const prefix = `${contract.name()}-`;
  const { code, stdout, stderr } = await run(
    clientProgram("python"),
    [path.join(import.meta.dirname, "boto3_layers.py"), contract.roleArn, prefix],
    { env: clientEnvironment(contract.endpoint) },
  );
  assert.equal(code, 0, stderr);
  const names = [`${prefix}one`, `${prefix}two`];
  assert.deepEqual(JSON.parse(stdout), {
    layers: [`${prefix}layer`, `${prefix}other`],
    versions: [2, 1],
    "by arn": 1,
    answer: "layered",
    signed: names,
    config: true,
    published: ["$LATEST", "1"],
    listed: names.flatMap((name) => [`${name}:$LATEST`, `${name}:1`]),
    errors: [
      ["ResourceConflictException", 409],
      ["CodeVerificationFailedException", 400],
      ["ResourceNotFoundException", 404],
      ["CodeSigningConfigNotFoundException", 404],
      ["PreconditionFailedException", 412],
    ],
  });
});
