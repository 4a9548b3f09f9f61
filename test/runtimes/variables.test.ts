import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { EnvironmentSpec } from "../../src/environments/index.ts";
import { type EnvironmentWorld, openEnvironmentWorld } from "../../testkit/environment-world.ts";
import { TESTED_TIER } from "../../testkit/tested-tier.ts";

const DUMP_NODE = "exports.handler = async () => process.env;";
const DUMP_RUBY = "def handler(event:, context:) = ENV.to_h\n";
/** A custom runtime that answers with what it was started with. */
const DUMP_BOOTSTRAP = `#!/usr/bin/python3
import json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
started = open("/proc/self/environ").read().split("\\0")[:-1]
body = json.dumps(dict(variable.split("=", 1) for variable in started)).encode()
while True:
    with urllib.request.urlopen(api + "next") as event:
        request = event.headers["Lambda-Runtime-Aws-Request-Id"]
    urllib.request.urlopen(api + request + "/response", body).close()
`;
const DUMP_PYTHON = "import os\ndef handler(event, context):\n    return dict(os.environ)\n";

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, as a function sees it. */
describe("environment variables", { skip: process.platform !== "linux" }, () => {
  let world: EnvironmentWorld;
  before(async () => {
    world = await openEnvironmentWorld({ tier: TESTED_TIER, initMs: 60_000 });
  });
  after(() => world.close());

  function expected(runtime: string, more: Record<string, string>): Record<string, string> {
    return {
      AWS_ACCESS_KEY_ID: "ASIATEST",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
      AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "512",
      AWS_LAMBDA_FUNCTION_NAME: "named",
      AWS_LAMBDA_FUNCTION_VERSION: "3",
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/named",
      AWS_LAMBDA_METADATA_API: "127.0.0.1:9001",
      AWS_LAMBDA_RUNTIME_API: "127.0.0.1:9001",
      AWS_REGION: "us-east-1",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_SESSION_TOKEN: "token",
      AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
      AWS_XRAY_DAEMON_ADDRESS: "169.254.100.1:2000",
      LAMBDA_RUNTIME_DIR: "/var/runtime",
      LAMBDA_TASK_ROOT: "/var/task",
      LANG: "en_US.UTF-8",
      LD_LIBRARY_PATH:
        "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
      PATH: "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
      TZ: ":UTC",
      _AWS_XRAY_DAEMON_ADDRESS: "169.254.100.1",
      _AWS_XRAY_DAEMON_PORT: "2000",
      ...more,
    };
  }

  async function variables(
    runtime: string,
    files: Readonly<Record<string, string | Uint8Array>>,
    environment: Record<string, string>,
    settings: Partial<EnvironmentSpec> = {},
  ) {
    const running = await world.start({
      runtime,
      files,
      executables: ["bootstrap"],
      environment,
      settings,
      handler: settings.handler ?? "index.handler",
      functionName: "named",
      version: "3",
      memoryMiB: 512,
    });
    const invoked = await running.invoke({}, { traceId: "Root=1-a-b;Sampled=0" });
    assert.equal(invoked.outcome.status, "success", invoked.text);
    const { AWS_LAMBDA_METADATA_TOKEN, AWS_LAMBDA_LOG_STREAM_NAME, ...others } = invoked.json;
    assert.match(AWS_LAMBDA_METADATA_TOKEN, /^[0-9a-f]{64}$/);
    assert.equal(AWS_LAMBDA_LOG_STREAM_NAME, invoked.outcome.logStream);
    return others;
  }

  it("of a Node.js function are exactly these", async () => {
    assert.deepEqual(
      await variables("nodejs22.x", { "index.js": DUMP_NODE }, { MINE: "1", _DROPPED: "1" }),
      expected("nodejs22.x", {
        _HANDLER: "index.handler",
        _X_AMZN_TRACE_ID: "Root=1-a-b;Sampled=0",
        MINE: "1",
        NODE_PATH:
          "/opt/nodejs/node22/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task",
      }),
    );
  });

  it("of a Python function are exactly these", async () => {
    const { LC_CTYPE: _coerced, ...others } = await variables("python3.11", { "index.py": DUMP_PYTHON }, {});
    assert.deepEqual(
      others,
      expected("python3.11", {
        _HANDLER: "index.handler",
        _X_AMZN_TRACE_ID: "Root=1-a-b;Sampled=0",
        PYTHONPATH: "/var/runtime",
      }),
    );
  });

  it("of a Ruby function are exactly these", async () => {
    assert.deepEqual(
      await variables("ruby3.3", { "index.rb": DUMP_RUBY }, {}),
      expected("ruby3.3", {
        _HANDLER: "index.handler",
        _X_AMZN_TRACE_ID: "Root=1-a-b;Sampled=0",
        GEM_PATH: "/var/task/vendor/bundle/ruby/3.3.0:/opt/ruby/gems/3.3.0",
        RUBYLIB: "/var/task:/var/runtime/lib:/opt/ruby/lib",
      }),
    );
  });

  it("of a .NET function are exactly these, beside those of the shell that starts it", async () => {
    const directory = process.env["LAMBKIN_TEST_DOTNET_FUNCTIONS"];
    if (directory === undefined) throw new Error("start the tests with npm test");
    const names = (await readdir(directory)).filter((name) => /^Example\.Functions|\.dll$/.test(name));
    const files: Record<string, Uint8Array> = {};
    for (const name of names) files[name] = await readFile(join(directory, name));
    const handler = "Example.Functions::Example.Functions::Variables";
    const {
      PWD,
      OLDPWD: _from,
      SHLVL: _depth,
      _: _program,
      // Where the machine's ICU has another version than .NET looks for.
      CLR_ICU_VERSION_OVERRIDE: _icu,
      ...others
    } = await variables("dotnet8", files, {}, { handler });
    assert.equal(PWD, "/var/task");
    assert.deepEqual(
      others,
      expected("dotnet8", {
        DOTNET_ROOT: "/var/lang/bin",
        _HANDLER: handler,
        _X_AMZN_TRACE_ID: "Root=1-a-b;Sampled=0",
      }),
    );
  });

  it("of a custom runtime are exactly these", async () => {
    const { AWS_EXECUTION_ENV: _unset, ...managed } = expected("provided", {});
    assert.deepEqual(await variables("provided.al2023", { bootstrap: DUMP_BOOTSTRAP }, { MINE: "1" }), {
      ...managed,
      _HANDLER: "index.handler",
      _LAMBDA_TELEMETRY_LOG_FD: "3",
      MINE: "1",
      LD_LIBRARY_PATH: "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
      PATH: "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    });
  });

  it("tell of JSON logs and of provisioned concurrency", async () => {
    const found = await variables(
      "provided.al2023",
      { bootstrap: DUMP_BOOTSTRAP },
      {},
      { logFormat: "JSON", applicationLogLevel: "WARN", initialization: "provisioned-concurrency" },
    );
    assert.deepEqual(
      [found.AWS_LAMBDA_LOG_FORMAT, found.AWS_LAMBDA_LOG_LEVEL, found.AWS_LAMBDA_INITIALIZATION_TYPE],
      ["JSON", "WARN", "provisioned-concurrency"],
    );
  });

  it("give way to the customer's, except the reserved ones", async () => {
    const found = await variables(
      "nodejs22.x",
      { "index.js": DUMP_NODE },
      {
        TZ: "Europe/Berlin",
        AWS_REGION: "eu-west-9",
        LAMBDA_TASK_ROOT: "/",
        AWS_ENDPOINT_URL: "https://aws",
      },
    );
    assert.equal(found.TZ, "Europe/Berlin");
    assert.equal(found.AWS_ENDPOINT_URL, "https://aws");
    assert.equal(found.AWS_REGION, "us-east-1");
    assert.equal(found.LAMBDA_TASK_ROOT, "/var/task");
  });

  it("name a wrapper that starts the runtime", async () => {
    for (const [runtime, files, words] of [
      ["nodejs22.x", { "index.js": DUMP_NODE }, "6"],
      ["python3.11", { "index.py": DUMP_PYTHON }, "3"],
    ] as const) {
      const running = await world.start({
        runtime,
        files: { ...files, wrapper: '#!/bin/sh\nexport WRAPPED=$#\nexec "$@"\n', data: "x" },
        executables: ["wrapper"],
        environment: { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper" },
      });
      assert.equal((await running.invoke({})).json.WRAPPED, words);
      const start = (wrapper: string) =>
        world.start({
          runtime,
          files: { ...files, data: "x" },
          environment: { AWS_LAMBDA_EXEC_WRAPPER: wrapper },
        });
      const missing = await start("/var/task/none");
      assert.match(missing.log().join(""), /^\/var\/task\/none: does not exist$/m);
      assert.match((await missing.invoke({})).json.errorMessage, /exit status 127$/);
      const data = await start("/var/task/data");
      assert.match(data.log().join(""), /^\/var\/task\/data: is not an executable$/m);
      assert.match((await data.invoke({})).json.errorMessage, /exit status 126$/);
    }
  });
});
