import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { findRuntimes } from "../../src/runtimes/index.ts";
import {
  type EnvironmentWorld,
  type FunctionOptions,
  openEnvironmentWorld,
} from "../../testkit/environment-world.ts";
import { ANY_TIER } from "../../testkit/tested-tier.ts";

describe("Python runtime", () => {
  let world: EnvironmentWorld;
  before(async () => {
    world = await openEnvironmentWorld({ tier: ANY_TIER, initMs: 60_000 });
  });
  after(() => world.close());

  const python = (code: string, options: Partial<FunctionOptions> = {}) =>
    world.start({ runtime: "python3.11", files: { "index.py": code }, ...options });
  const body = (...lines: readonly string[]) =>
    ["def handler(event, context):", ...lines.map((line) => `    ${line}`), ""].join("\n");
  const answer = async (code: string, options: Partial<FunctionOptions> = {}) =>
    (await python(code, options)).invoke({ n: 1 });

  describe("finds the handler", () => {
    const code = "def go(event, context):\n    return 'ok'\n";
    const cases: readonly (readonly [string, string, Record<string, string>])[] = [
      ["in a module", "index.go", { "index.py": code }],
      ["in a package by path", "src/app.go", { "src/app.py": code }],
      ["in a package by name", "src.app.go", { "src/__init__.py": "", "src/app.py": code }],
      ["in a module with a name of the runtime's", "bootstrap.go", { "bootstrap.py": code }],
      [
        "beside modules that shadow the library",
        "index.go",
        { "index.py": `import http\n${code}`, "http.py": "" },
      ],
    ];
    for (const [where, handler, files] of cases) {
      it(where, async () => {
        assert.equal(
          (await (await world.start({ runtime: "python3.11", handler, files })).invoke()).text,
          '"ok"',
        );
      });
    }
  });

  describe("refuses a function that it can't load", () => {
    const cases: readonly (readonly [string, string, string, string | RegExp])[] = [
      ["index.handler", "", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'"],
      [
        "handler",
        "",
        "Runtime.MalformedHandlerName",
        "Bad handler 'handler': not enough values to unpack (expected 2, got 1)",
      ],
      [
        "absent.handler",
        "",
        "Runtime.ImportModuleError",
        "Unable to import module 'absent': No module named 'absent'",
      ],
      [
        "index.handler",
        "import nope",
        "Runtime.ImportModuleError",
        "Unable to import module 'index': No module named 'nope'",
      ],
      [
        "sys.handler",
        "",
        "Runtime.BuiltInModuleConflict",
        "Cannot use built-in module sys as a handler module",
      ],
      [
        "index.handler",
        "def x(:",
        "Runtime.UserCodeSyntaxError",
        /^Syntax error in module 'index': invalid syntax \(index\.py, line 1\)$/,
      ],
      ["index.handler", "raise KeyError('top')", "KeyError", "'top'"],
    ];
    for (const [handler, code, type, message] of cases) {
      it(`${handler} of ${JSON.stringify(code)}`, async () => {
        const running = await python(code, { handler });
        const { json, outcome } = await running.invoke();
        assert.equal(json.errorType, type);
        if (typeof message === "string") assert.equal(json.errorMessage, message);
        else assert.match(json.errorMessage, message);
        assert.deepEqual(Object.keys(json), ["errorMessage", "errorType", "requestId", "stackTrace"]);
        assert.equal(outcome.functionError, "Unhandled");
        const [, warning, error, report] = running.log();
        assert.match(
          warning ?? "",
          /^\[WARNING\]\t\S+Z\t\tLAMBDA_WARNING: Unhandled exception\. The most likely cause/,
        );
        assert.ok(
          error?.startsWith(`[ERROR] ${type}: ${json.errorMessage}\nTraceback (most recent call last):`),
          error,
        );
        assert.match(
          report ?? "",
          /^INIT_REPORT .*\tPhase: init\tStatus: error\tError Type: Runtime\.[A-Za-z]+\n$/,
        );
      });
    }

    it("with exit code 1", async () => {
      const running = await python("import sys\nsys.exit(3)\n");
      assert.match(
        (await running.invoke()).json.errorMessage,
        /Error: Runtime exited with error: exit status 3$/,
      );
    });
  });

  it("shows the function's frames only", async () => {
    const running = await python(
      "def inner():\n    raise ValueError('böse')\n\ndef handler(event, context):\n    inner()\n",
    );
    const { json, log, requestId, outcome } = await running.invoke();
    const file = `${running.taskRoot}/index.py`;
    assert.deepEqual(json, {
      errorMessage: "böse",
      errorType: "ValueError",
      requestId,
      stackTrace: [
        `  File "${file}", line 5, in handler\n    inner()\n`,
        `  File "${file}", line 2, in inner\n    raise ValueError('böse')\n`,
      ],
    });
    assert.equal(
      log[1],
      `[ERROR] ValueError: böse\nTraceback (most recent call last):\n\u00a0\u00a0File "${file}", line 5, in handler\n` +
        `\u00a0\u00a0\u00a0\u00a0inner()\n\u00a0\u00a0File "${file}", line 2, in inner\n\u00a0\u00a0\u00a0\u00a0raise ValueError('böse')\n`,
    );
    assert.equal(outcome.status, "error");
    assert.doesNotMatch(log.at(-1) ?? "", /Status/);
  });

  it("marshals events and results", async () => {
    const echo = await python(
      [
        "import decimal",
        "def handler(event, context):",
        "    kinds = {'bytes': b'\\x00raw', 'decimal': [decimal.Decimal('1.10'), decimal.Decimal('NaN'), 'x'],",
        "             'nan': float('nan'), 'set': {1}, 'text': 'ä\\u2028'}",
        "    return kinds[event['kind']] if isinstance(event, dict) else repr(event)",
        "",
      ].join("\n"),
    );
    assert.equal((await echo.invoke({ kind: "bytes" })).text, "\0raw");
    assert.equal((await echo.invoke({ kind: "decimal" })).text, '[1.10, NaN, "x"]');
    assert.equal((await echo.invoke({ kind: "nan" })).text, "NaN");
    assert.equal((await echo.invoke({ kind: "text" })).text, '"\\u00e4\\u2028"');
    const failed = (await echo.invoke({ kind: "set" })).json;
    assert.deepEqual(
      [failed.errorType, failed.errorMessage],
      ["Runtime.MarshalError", "Unable to marshal response: Object of type set is not JSON serializable"],
    );
    const garbled = (await echo.invoke({}, { payload: Buffer.from("{") })).json;
    assert.equal(garbled.errorType, "Runtime.UnmarshalError");
    assert.match(garbled.errorMessage, /^Unable to unmarshal input: /);
    const raw = await echo.invoke({}, { payload: Buffer.from("<x>"), contentType: "text/xml" });
    assert.equal(raw.json, "b'<x>'");
    const late = await answer(body("return 'ä'"), { runtime: "python3.12" });
    assert.equal(late.text, '"ä"');
  });

  it("passes 6 MiB in both directions", async () => {
    const running = await python(body("return event"));
    const text = "x".repeat(6_291_554);
    const { outcome } = await running.invoke(text);
    assert.equal(outcome.payload.length, 6_291_556);
    assert.equal(outcome.status, "success");
    const more = await python(body("return 'x' * 6291555"));
    assert.equal((await more.invoke()).json.errorType, "Function.ResponseSizeTooLarge");
    assert.equal((await more.invoke()).json.errorType, "Function.ResponseSizeTooLarge");
  });

  it("gives handlers their context", async () => {
    const running = await python(
      [
        "import os",
        "def handler(event, context):",
        "    names = ['aws_request_id', 'log_group_name', 'log_stream_name', 'function_name', 'memory_limit_in_mb',",
        "             'function_version', 'invoked_function_arn', 'tenant_id']",
        "    found = {name: getattr(context, name) for name in names}",
        "    found['left'] = context.get_remaining_time_in_millis()",
        "    found['title'] = context.client_context.client.app_title",
        "    found['custom'] = context.client_context.custom",
        "    found['identity'] = context.identity.cognito_identity_id",
        "    found['trace'] = os.environ['_X_AMZN_TRACE_ID']",
        "    context.log('from the context\\n')",
        "    return found",
        "",
      ].join("\n"),
      { memoryMiB: 256, timeoutMs: 60_000 },
    );
    const { json, outcome, requestId, log } = await running.invoke(
      {},
      { clientContext: '{"client":{"app_title":"Tést"},"custom":{"a":1}}', traceId: "Root=1-a-b" },
    );
    const { left, ...found } = json;
    assert.ok(left > 30_000 && left <= 60_000, `${left} ms`);
    assert.deepEqual(found, {
      aws_request_id: requestId,
      log_group_name: running.spec.logGroup,
      log_stream_name: outcome.logStream,
      function_name: running.spec.functionName,
      memory_limit_in_mb: "256",
      function_version: "$LATEST",
      invoked_function_arn: running.spec.functionArn,
      tenant_id: null,
      title: "Tést",
      custom: { a: 1 },
      identity: null,
      trace: "Root=1-a-b",
    });
    assert.equal(log[1], "from the context\n");
    const broken = await running.invoke({}, { clientContext: "{" });
    assert.equal(broken.json.errorType, "Runtime.LambdaContextUnmarshalError");
  });

  const LOGGING = [
    "import logging",
    "def handler(event, context):",
    "    logging.basicConfig(level=logging.DEBUG, format='never')",
    "    logging.info('hidden unless asked for')",
    "    logging.getLogger('mine').warning('two\\nlines %d', 7, extra={'order': 12})",
    "    try:",
    "        1 / 0",
    "    except ZeroDivisionError:",
    "        logging.exception('caught')",
    "    print('plain', event)",
    "",
  ].join("\n");

  it("logs text", async () => {
    const { log, requestId } = await answer(LOGGING);
    const lines = log.slice(1, -2);
    assert.equal(lines.length, 3);
    assert.match(
      lines[0] ?? "",
      new RegExp(
        `^\\[WARNING\\]\t\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z\t${requestId}\ttwo\nlines 7\n$`,
      ),
    );
    assert.match(
      lines[1] ?? "",
      /^\[ERROR\]\t.*\tcaught\nTraceback \(most recent call last\):\n.*\n.*\n.*\nZeroDivisionError: /,
    );
    assert.equal(lines[2], "plain {'n': 1}\n");
  });

  it("with SnapStart calls what was registered around snapshots", async () => {
    const code = [
      "from snapshot_restore_py import register_after_restore, register_before_snapshot",
      "order = []",
      "register_before_snapshot(order.append, 'first')",
      "@register_before_snapshot",
      "def second(): order.append('second')",
      "@register_after_restore",
      "def third(): order.append('third')",
      "def handler(event, context): return order",
      "",
    ];
    const running = await world.start({
      runtime: "python3.11",
      files: { "index.py": code.join("\n") },
      initialization: "snap-start",
    });
    assert.deepEqual((await running.invoke()).json, ["second", "first", "third"]);
  });

  it("logs JSON from the level that is set", async () => {
    const { log, requestId } = await answer(LOGGING, {
      environment: { AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: "INFO" },
    });
    const lines = log.slice(1, -3).map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ level }) => level),
      ["INFO", "WARNING", "ERROR"],
    );
    const { timestamp, ...warning } = lines[1];
    assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual(warning, {
      level: "WARNING",
      message: "two\nlines 7",
      logger: "mine",
      requestId,
      order: 12,
    });
    assert.deepEqual([lines[2].errorType, lines[2].errorMessage], ["ZeroDivisionError", "division by zero"]);
    assert.match(lines[2].location, /index\.py:handler:9$/);
    assert.equal(lines[2].stackTrace.length, 1);
    const failed = await answer("def handler(event, context):\n    raise ValueError('x')\n", {
      environment: { AWS_LAMBDA_LOG_FORMAT: "JSON" },
    });
    const error = JSON.parse(failed.log[1] ?? "");
    assert.deepEqual(
      [error.level, error.errorType, error.requestId],
      ["ERROR", "ValueError", failed.requestId],
    );
  });

  it("searches the function, its layers, the language and the runtime, in this order", async () => {
    const running = await python("import sys\ndef handler(event, context):\n    return sys.path\n");
    const { json } = await running.invoke();
    assert.equal(json[0], running.taskRoot);
    assert.deepEqual(json.slice(1, 3), ["/opt/python/lib/python3.11/site-packages", "/opt/python"]);
    assert.match(json[3], /python311\.zip$/);
    assert.match(json.at(-1), /runtimes\/python\/bootstrap$|^\/var\/runtime$/);
    assert.equal(new Set(json).size, json.length);
  });

  it("loses no output of a process that dies", async () => {
    const { log, json } = await answer(body("print('part', end='')", "import os", "os._exit(2)"));
    assert.equal(log[1], "part\n");
    assert.match(json.errorMessage, /exit status 2$/);
  });

  it("runs on every Python of this machine", async () => {
    const runtimes = (await findRuntimes())
      .list()
      .filter(({ identifier }) => identifier.startsWith("python3."));
    for (const { identifier } of runtimes.filter(({ match }) => match === "exact")) {
      const { json } = await answer(
        "import sys, logging\ndef handler(event, context):\n    logging.error('x')\n    return list(sys.version_info[:2])\n",
        {
          runtime: identifier,
        },
      );
      assert.equal(`python${json.join(".")}`, identifier);
    }
  });
});
