import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { type EnvironmentWorld, openEnvironmentWorld } from "../../testkit/environment-world.ts";
import { checkRuntimeClient, fromSetUp } from "../../testkit/runtime-client.ts";
import { TESTED_TIER } from "../../testkit/tested-tier.ts";

const PYTHON = `
import logging, os
def handler(event, context):
    logging.getLogger().warning("two\\nlines")
    if event.get("do") == "fail":
        raise ValueError("as asked")
    if event.get("do") == "exit":
        os._exit(3)
    return {
        "requestId": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "name": context.function_name,
        "custom": context.client_context and context.client_context.custom,
        "remaining": context.get_remaining_time_in_millis(),
    }
`;

/** In place of our own program, the client of AWS on the same interpreter. */
const WRAPPER = `#!/bin/sh
exec "$1" -m awslambdaric "$_HANDLER"
`;

describe("AWS's own runtime clients", () => {
  let world: EnvironmentWorld;
  before(async () => {
    world = await openEnvironmentWorld({ tier: TESTED_TIER, initMs: 60_000 });
  });
  after(() => world.close());

  it("for Python serves functions", async () => {
    const running = await world.start({
      runtime: "python3.11",
      files: { "index.py": PYTHON, wrapper: WRAPPER },
      executables: ["wrapper"],
      environment: { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper", PYTHONPATH: "/opt" },
      settings: { layersDirectory: fromSetUp("LAMBKIN_TEST_PYTHON_CLIENT") },
      memoryMiB: 512,
      timeoutMs: 60_000,
    });
    const clientContext = JSON.stringify({ custom: { a: "b" } });
    const { json, log } = await running.invoke({}, { clientContext });
    assert.deepEqual(json.custom, { a: "b" });
    assert.ok(json.remaining > 1_000 && json.remaining <= 60_000, `${json.remaining} ms`);
    assert.ok(
      log.some((line) => /^\[WARNING\]\t\S+Z\t[0-9a-f-]{36}\ttwo\n/.test(line)),
      log.join(""),
    );
    await checkRuntimeClient(running, { type: /^ValueError$/, message: "as asked" });
  });

  it("for Go serves functions that are custom runtimes", async () => {
    const running = await world.start({
      runtime: "provided.al2023",
      files: { bootstrap: readFileSync(fromSetUp("LAMBKIN_TEST_GO_PROGRAM")) },
      executables: ["bootstrap"],
      timeoutMs: 60_000,
    });
    assert.match(running.log()[0] ?? "", /^INIT_START Runtime Version: provided:al2023\.v\d+\t/);
    const { json, outcome, log } = await running.invoke({});
    assert.equal(json.deadline, outcome.startedAt + 60_000);
    assert.match(json.trace, /^Root=1-/);
    assert.ok(log.includes("handled\n"));
    await checkRuntimeClient(running, { type: /^errorString$/, message: "as asked" });
  });

  it("for Java serves functions that are custom runtimes", async () => {
    const running = await world.start({
      runtime: "provided.al2023",
      handler: "example.Told::handle",
      files: { readme: "" },
      settings: { layersDirectory: fromSetUp("LAMBKIN_TEST_JAVA_LAYER") },
      timeoutMs: 60_000,
    });
    const clientContext = JSON.stringify({ custom: { a: "b" } });
    const { json, log, outcome } = await running.invoke({}, { clientContext });
    assert.deepEqual(json.custom, { a: "b" });
    assert.equal(json.stream, outcome.logStream);
    assert.match(json.trace, /^Root=1-/);
    assert.ok(json.remaining > 1_000 && json.remaining <= 60_000, `${json.remaining} ms`);
    assert.ok(log.includes("two\nlines\n"), JSON.stringify(log));
    await checkRuntimeClient(running, { type: /^java\.lang\.IllegalStateException$/, message: "as asked" });
  });
});

describe("custom runtimes", () => {
  let world: EnvironmentWorld;
  before(async () => {
    world = await openEnvironmentWorld({ tier: TESTED_TIER });
  });
  after(() => world.close());

  it("that can't be started say why", async () => {
    const cases = [
      [{ files: { readme: "" } }, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"],
      [{ files: { bootstrap: "#!/bin/sh\n" } }, "fork/exec /var/task/bootstrap: permission denied"],
      [
        { files: { bootstrap: "no program" }, executables: ["bootstrap"] },
        "fork/exec /var/task/bootstrap: exec format error",
      ],
      [
        { files: { bootstrap: "#!/absent\n" }, executables: ["bootstrap"] },
        "fork/exec /var/task/bootstrap: no such file or directory",
      ],
    ] as const;
    for (const [options, why] of cases) {
      const running = await world.start({ runtime: "provided.al2023", ...options });
      const { json, requestId, log } = await running.invoke({});
      assert.deepEqual(json, {
        errorType: "Runtime.InvalidEntrypoint",
        errorMessage: `RequestId: ${requestId} Error: ${why}`,
      });
      assert.match(log.at(-1) ?? "", /Status: error\tError Type: Runtime\.InvalidEntrypoint\n$/);
    }
  });

  it("may lie in a layer, and write events of several lines in frames", async () => {
    const frame =
      "printf '\\245\\132\\000\\003\\000\\000\\000\\012\\000\\000\\000\\000\\000\\000\\000\\000two\\nlines\\n' >&3";
    const running = await world.start({
      runtime: "provided.al2",
      files: { readme: "" },
      layer: {
        bootstrap: `#!/bin/sh\necho "$_LAMBDA_TELEMETRY_LOG_FD $0 $# $(pwd) $AWS_EXECUTION_ENV"\n${frame}\nexit 4\n`,
      },
    });
    const { json } = await running.invoke({});
    assert.equal(json.errorType, "Runtime.ExitError");
    assert.ok(running.log().includes("3 /opt/bootstrap 0 /var/task \n"), running.log().join(""));
    assert.ok(running.log().includes("two\nlines\n"), running.log().join(""));
  });
});
