import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { clientEnvironment, clientProgram } from "../../../testkit/aws-clients.ts";
import { Contract } from "../../../testkit/contract.ts";
import { run } from "../../../testkit/lambkin-server.ts";

test("boto3 pages through mappings, capacity providers and durable executions, and knows their errors", async () => {
  await using contract = await Contract.open();
  const { code, stdout, stderr } = await run(
    clientProgram("python"),
    [path.join(import.meta.dirname, "boto3_durable.py"), contract.name(), contract.roleArn, contract.account],
    { env: clientEnvironment(contract.endpoint) },
  );
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), {
    mappings: [["Disabled", "Disabled", "Disabled"], 2],
    mapping: ["ResourceNotFoundException", 404, true],
    providers: 3,
    versions: [],
    result: 7,
    executions: [true, 2],
    events: [["ExecutionStarted", "InvocationCompleted", "ExecutionSucceeded"], 2],
    "same name": ["DurableExecutionAlreadyStartedException", 409, true],
    callback: ["ResourceNotFoundException", 404, true],
    stopped: true,
  });
});
