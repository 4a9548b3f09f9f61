import assert from "node:assert/strict";
import type { RunningFunction } from "./environment-world.ts";

/**
 * What any runtime client has to bring about with a function that answers `requestId`, `arn` and `name` of its context,
 * throws an error if it is to `fail`, and ends its process with code 3 if it is to `exit`.
 */
export async function checkRuntimeClient(
  running: RunningFunction,
  error: { readonly type: RegExp; readonly message: string },
): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const { json, outcome, requestId } = await running.invoke({});
    assert.equal(outcome.status, "success");
    assert.deepEqual(
      [json.requestId, json.arn, json.name],
      [requestId, running.spec.functionArn, running.spec.functionName],
    );
  }
  const failed = await running.invoke({ do: "fail" });
  assert.equal(failed.outcome.functionError, "Unhandled");
  assert.match(failed.json.errorType, error.type);
  assert.equal(failed.json.errorMessage, error.message);
  assert.match(failed.log.at(-1) ?? "", /^REPORT .*MB\t\n$/);
  const died = await running.invoke({ do: "exit" });
  assert.equal(
    died.text,
    `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ${died.requestId} Error: Runtime exited with error: exit status 3"}`,
  );
  assert.equal((await running.invoke({})).outcome.status, "success");
}

/** What the set-up of the tests has installed or built. */
export function fromSetUp(variable: string): string {
  const value = process.env[variable];
  assert.ok(value, `${variable} is set by npm test`);
  return value;
}
