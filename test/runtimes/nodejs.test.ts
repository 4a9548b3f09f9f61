import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  type EnvironmentWorld,
  type FunctionOptions,
  openEnvironmentWorld,
} from "../../testkit/environment-world.ts";
import { eventually } from "../../testkit/eventually.ts";
import { LATE_FREEZES } from "../../testkit/late-freezes.ts";
import { ANY_TIER } from "../../testkit/tested-tier.ts";

const ISO_TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

describe("Node.js runtime", () => {
  let world: EnvironmentWorld;
  before(async () => {
    world = await openEnvironmentWorld({ tier: ANY_TIER, initMs: 60_000 });
  });
  after(() => world.close());

  const node = (code: string, options: Partial<FunctionOptions> = {}) =>
    world.start({ runtime: "nodejs22.x", files: { "index.js": code }, ...options });
  const answer = async (code: string, options: Partial<FunctionOptions> = {}) =>
    (await node(code, options)).invoke({ n: 1 });

  describe("finds the handler", () => {
    const cases: readonly (readonly [string, Record<string, string>, string, (string | undefined)?])[] = [
      ["in CommonJS", { "index.js": "exports.handler = async () => 'ok'" }, "index.handler"],
      [
        "in an ES module by extension",
        { "index.mjs": "export const handler = async () => 'ok'" },
        "index.handler",
      ],
      [
        "in an ES module by package.json, with top-level await",
        {
          "package.json": '{"type":"module"}',
          "index.js": "await 1; export const handler = async () => 'ok'",
        },
        "index.handler",
      ],
      [
        "in CommonJS inside a module package",
        { "package.json": '{"type":"module"}', "index.cjs": "exports.handler = async () => 'ok'" },
        "index.handler",
      ],
      ["in a directory", { "src/app.js": "exports.handler = async () => 'ok'" }, "src/app.handler"],
      ["as a nested export", { "index.js": "exports.a = { b: async () => 'ok' }" }, "index.a.b"],
      ["in an installed package", { "node_modules/lib/index.js": "exports.go = async () => 'ok'" }, "lib.go"],
      [
        "in a default export",
        { "index.mjs": "export default { handler: async () => 'ok' }" },
        "index.handler",
        "nodejs24.x",
      ],
      [
        "in CommonJS by import",
        { "index.js": "exports.handler = async () => 'ok'" },
        "index.handler",
        "nodejs24.x",
      ],
    ];
    for (const [where, files, handler, runtime = "nodejs22.x"] of cases) {
      it(where, async () => {
        assert.equal((await (await world.start({ runtime, files, handler })).invoke()).text, '"ok"');
      });
    }
  });

  describe("refuses a function that it can't load", () => {
    const cases: readonly (readonly [string, string, string, RegExp])[] = [
      [
        "index.handler",
        "exports.other = 1",
        "Runtime.HandlerNotFound",
        /^index\.handler is undefined or not exported$/,
      ],
      [
        "index.handler",
        "exports.handler = 1",
        "Runtime.HandlerNotFound",
        /^index\.handler is not a function$/,
      ],
      ["handler", "", "Runtime.MalformedHandlerName", /^Bad handler$/],
      ["../index.handler", "", "Runtime.MalformedHandlerName", /is not a valid handler name/],
      ["index.handler", "exports.handler = {", "Runtime.UserCodeSyntaxError", /^SyntaxError: /],
      [
        "absent.handler",
        "",
        "Runtime.ImportModuleError",
        /^Error: Cannot find module 'absent'\nRequire stack:/,
      ],
      ["index.handler", "throw new RangeError('top')", "RangeError", /^top$/],
    ];
    for (const [handler, code, type, message] of cases) {
      it(`${handler} of ${JSON.stringify(code)}`, async () => {
        const running = await node(code, { handler });
        const { json, outcome } = await running.invoke();
        assert.equal(json.errorType, type);
        assert.match(json.errorMessage, message);
        assert.ok(Array.isArray(json.trace));
        assert.equal(outcome.functionError, "Unhandled");
        assert.match(
          running.log()[1] ?? "",
          new RegExp(`^${ISO_TIME}\tundefined\tERROR\tUncaught Exception \t{"errorType"`),
        );
      });
    }

    it("callbacks from nodejs24.x on", async () => {
      const running = await node("exports.handler = (event, context, callback) => callback()", {
        runtime: "nodejs24.x",
      });
      const { json } = await running.invoke();
      assert.equal(json.errorType, "Runtime.CallbackHandlerDeprecated");
      assert.match(running.log()[1] ?? "", /\tERROR\tInit Error \t/);
    });
  });

  it("requires no ES module and guesses none, as far as Lambda switches that off, unless asked to", async () => {
    const files = {
      "index.js": "const { answer } = require('./answer.mjs'); exports.handler = async () => answer;",
      "answer.mjs": "export const answer = 42;",
    };
    for (const runtime of ["nodejs22.x", "nodejs24.x"]) {
      const refused = await (await world.start({ runtime, files })).invoke();
      assert.match(refused.json.errorMessage, /^require\(\) of ES Module .* not supported/);
      const environment = { NODE_OPTIONS: "--experimental-require-module --no-warnings" };
      assert.equal((await (await world.start({ runtime, files, environment })).invoke()).json, 42);
    }
    const guessed = { files: { "index.js": "export const handler = async () => 43;" } };
    const { json } = await (await world.start({ runtime: "nodejs22.x", ...guessed })).invoke();
    assert.equal(json.errorType, "Runtime.UserCodeSyntaxError");
    assert.equal((await (await world.start({ runtime: "nodejs24.x", ...guessed })).invoke()).json, 43);
  });

  describe("completes", () => {
    it("with what an async handler returns, undefined as null", async () => {
      assert.equal((await answer("exports.handler = async (event) => event")).text, '{"n":1}');
      assert.equal((await answer("exports.handler = async () => {}")).text, "null");
      assert.equal((await answer("exports.handler = () => 5", { runtime: "nodejs24.x" })).text, "5");
    });

    it("with a callback once the event loop is empty", async () => {
      const running = await node(
        "exports.handler = (event, context, callback) => { const t = Date.now(); setTimeout(() => { state = 'ran' }, 100); let state = 'new'; callback(null, { get state() { return state } }); }",
      );
      assert.deepEqual((await running.invoke()).json, { state: "ran" });
    });

    it("with a callback at once if the context says so", async () => {
      // Would it wait for the timer, its time would be over first.
      const { json } = await answer(
        "exports.handler = (event, context, callback) => { context.callbackWaitsForEmptyEventLoop = false; setTimeout(() => {}, 3_600_000); callback(null, 1); }",
      );
      assert.equal(json, 1);
    });

    it("with context.succeed, fail and done; the first one counts", async () => {
      const via = (call: string) =>
        answer(`exports.handler = (event, context) => { ${call}; context.succeed('late'); }`);
      assert.equal((await via("context.succeed({ a: 1 })")).text, '{"a":1}');
      assert.equal((await via("context.done(null, 2)")).text, "2");
      assert.equal((await via("context.fail(new Error('no'))")).json.errorMessage, "no");
      assert.deepEqual((await via("context.fail()")).json, {
        errorType: "string",
        errorMessage: "handled",
        trace: [],
      });
    });

    it("with null if nothing ever will, and with an error if a promise was due", async () => {
      assert.equal((await answer("exports.handler = () => { setTimeout(() => {}, 20) }")).text, "null");
      const never = "exports.handler = async () => new Promise(() => {})";
      for (const runtime of ["nodejs22.x", "nodejs24.x"]) {
        const running = await node(never, { runtime });
        assert.equal((await running.invoke()).json.errorType, "Runtime.NodeJsExit");
        assert.equal((await running.invoke()).json.errorType, "Runtime.NodeJsExit");
      }
    });

    it("with an error for what is no JSON", async () => {
      const { json } = await answer("exports.handler = async () => 10n");
      assert.deepEqual([json.errorType, json.errorMessage], ["Error", "Unable to stringify response body"]);
      const newer = await answer("exports.handler = async () => 10n", { runtime: "nodejs24.x" });
      assert.equal(newer.json.errorType, "Runtime.JSONStringifyError");
    });

    it("with an error for an event that is no JSON", async () => {
      const running = await node("exports.handler = async () => 1");
      const { json } = await running.invoke({}, { payload: Buffer.from("{") });
      assert.equal(json.errorType, "SyntaxError");
      assert.equal((await running.invoke()).json, 1);
    });
  });

  it("describes errors, whatever was thrown", async () => {
    const thrown = async (code: string) => (await answer(`exports.handler = async () => { ${code} }`)).json;
    const error = await thrown("class Mine extends Error { name = 'Mine' } throw new Mine('bad\\x7f')");
    assert.deepEqual([error.errorType, error.errorMessage], ["Mine", "bad%7F"]);
    assert.match(error.trace[1], /^ {4}at .*index\.js:1/);
    assert.deepEqual(await thrown("throw 'text'"), { errorType: "string", errorMessage: "text", trace: [] });
    assert.deepEqual(await thrown("throw 7"), { errorType: "number", errorMessage: "7", trace: [] });
    assert.equal((await thrown("throw undefined")).errorType, "string");
    const sync = await answer("exports.handler = () => { throw new TypeError('now') }");
    assert.deepEqual([sync.json.errorType, sync.outcome.status], ["TypeError", "error"]);
    assert.match(
      sync.log.at(-1) ?? "",
      /MB\tInit Duration: [\d.]+ ms\t\n$/,
      "an error of the handler is no status",
    );
  });

  it("answers for uncaught errors and dies of them", async () => {
    const running = await node(
      "let n = 0; exports.handler = async (event) => { n++; if (event.reject) { Promise.reject(new Error('lost')); await new Promise((r) => setImmediate(r)); return n; } if (event.throw) setTimeout(() => { throw new Error('stray') }); if (!event.ok) await new Promise((r) => setTimeout(r, 200)); return n; }",
    );
    const rejected = await running.invoke({ reject: true });
    assert.equal(rejected.json.errorType, "Runtime.UnhandledPromiseRejection");
    assert.equal(rejected.json.errorMessage, "Error: lost");
    assert.match(
      rejected.log.join(""),
      /\tERROR\tUnhandled Promise Rejection \t\{"errorType":"Runtime.UnhandledPromiseRejection"/,
    );
    assert.match(rejected.log.at(-1) ?? "", /Status: error\tError Type: Runtime\.ExitError\n$/);
    assert.equal((await running.invoke({ ok: true })).json, 1);
    const thrown = await running.invoke({ throw: true });
    assert.equal(thrown.json.errorMessage, "stray");
    assert.match(
      thrown.log.join(""),
      /\tERROR\tUncaught Exception \t\{"errorType":"Error","errorMessage":"stray"/,
    );
    assert.equal((await running.invoke({ ok: true })).json, 1);
  });

  it("gives handlers their context", async () => {
    const running = await node(
      "exports.handler = async (event, context) => ({ ...context, left: context.getRemainingTimeInMillis(), trace: process.env._X_AMZN_TRACE_ID, keys: Object.keys(context) })",
      { memoryMiB: 256, timeoutMs: 60_000 },
    );
    const { json, outcome, requestId } = await running.invoke(
      {},
      { clientContext: '{"client":{"app_title":"Tést"}}', traceId: "Root=1-a-b" },
    );
    const { left, ...context } = json;
    assert.ok(left > 30_000 && left <= 60_000, `${left} ms`);
    assert.deepEqual(context, {
      callbackWaitsForEmptyEventLoop: true,
      functionVersion: "$LATEST",
      functionName: running.spec.functionName,
      memoryLimitInMB: "256",
      logGroupName: running.spec.logGroup,
      logStreamName: outcome.logStream,
      clientContext: { client: { app_title: "Tést" } },
      invokedFunctionArn: running.spec.functionArn,
      awsRequestId: requestId,
      trace: "Root=1-a-b",
      keys: context.keys,
    });
    assert.ok(context.keys.includes("succeed") && context.keys.includes("getRemainingTimeInMillis"));
    const newer = await answer("exports.handler = async (event, context) => context", {
      runtime: "nodejs24.x",
    });
    assert.equal(newer.json.callbackWaitsForEmptyEventLoop, undefined);
    assert.match(newer.json.xRayTraceId, /^Root=/);
  });

  it("logs text", async () => {
    const { log, requestId } = await answer(
      "exports.handler = async () => { console.log('a %s', 'b', { c: [1] }); console.error('two\\nlines'); console.trace('t'); console.debug('d'); console.warn(); console.fatal('f'); process.stdout.write('raw\\n'); }",
    );
    const line = (level: string, text: string) =>
      new RegExp(`^${ISO_TIME}\t${requestId}\t${level}\t${text}\n$`);
    assert.match(log[1] ?? "", line("INFO", "a b { c: \\[ 1 \\] }"));
    assert.match(log[2] ?? "", line("ERROR", "two\nlines"));
    assert.match(log[3] ?? "", line("TRACE", "t"));
    assert.match(log[4] ?? "", line("DEBUG", "d"));
    assert.match(log[5] ?? "", line("WARN", "undefined"));
    assert.match(log[6] ?? "", line("FATAL", "f"));
    assert.equal(log[7], "raw\n");
  });

  it("logs JSON from the level that is set", async () => {
    const { log, requestId } = await answer(
      "exports.handler = async () => { console.debug('hidden'); console.log({ a: 1 }); console.warn('x', 2); console.error(new TypeError('bad')); console.error('why', new Error('inner')); const loop = {}; loop.loop = loop; console.log(loop); }",
      { environment: { AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: "INFO" } },
    );
    const lines = log.slice(1, -2).map((line) => JSON.parse(line));
    assert.equal(lines.length, 5);
    for (const { timestamp } of lines) assert.match(timestamp, new RegExp(`^${ISO_TIME}$`));
    assert.deepEqual(lines[0], {
      timestamp: lines[0].timestamp,
      level: "INFO",
      requestId,
      message: { a: 1 },
    });
    assert.deepEqual([lines[1].level, lines[1].message], ["WARN", "x 2"]);
    assert.deepEqual([lines[2].message.errorType, lines[2].message.errorMessage], ["TypeError", "bad"]);
    assert.deepEqual([lines[3].errorType, lines[3].errorMessage], ["Error", "inner"]);
    assert.match(lines[4].message, /Circular/);
  });

  describe("streams responses", () => {
    const stream = (body: string, options: Partial<FunctionOptions> = {}) =>
      node(`exports.handler = awslambda.streamifyResponse(${body})`, options);

    it("that a buffered caller gets whole", async () => {
      for (const runtime of ["nodejs22.x", "nodejs24.x"]) {
        const running = await stream(
          "async (event, stream) => { stream.write('one '); await new Promise((r) => setTimeout(r, 20)); stream.write({ n: event.n }); stream.end(); }",
          { runtime },
        );
        assert.equal((await running.invoke({ n: 2 })).text, 'one {"n":2}');
        assert.equal((await running.invoke({ n: 3 })).text, 'one {"n":3}');
      }
    });

    it("through pipelines, larger than any buffer", async () => {
      const running = await stream(
        "async (event, stream) => require('node:stream/promises').pipeline(require('node:stream').Readable.from((function* () { for (let i = 0; i < 100; i++) yield Buffer.alloc(40000, 97); })()), stream)",
      );
      const { outcome } = await running.invoke();
      assert.equal(outcome.payload.length, 4_000_000);
    });

    it("with the prelude of an HTTP integration", async () => {
      const running = await stream(
        "async (event, stream) => { const http = awslambda.HttpResponseStream.from(stream, { statusCode: 201 }); http.write('body'); http.end(); }",
      );
      assert.equal((await running.invoke()).text, `{"statusCode":201}${"\0".repeat(8)}body`);
    });

    it("whose failure is the answer", async () => {
      const failing = await stream(
        "async (event, stream) => { stream.write('half'); throw new RangeError('broke'); }",
      );
      const { json, outcome } = await failing.invoke();
      assert.deepEqual(
        [json.errorType, json.errorMessage, outcome.functionError],
        ["RangeError", "broke", "Unhandled"],
      );
      const piped = await stream(
        "async (event, stream) => { const { Readable, promises } = require('node:stream'); await promises.pipeline(Readable.from((function* () { yield 'x'; throw new RangeError('source'); })()), stream); }",
      );
      for (let round = 0; round < 2; round++) {
        const cut = await piped.invoke();
        assert.deepEqual([cut.json.errorType, cut.json.errorMessage], ["RangeError", "source"]);
      }
      const sync = await stream("(event, stream) => { stream.end(); }");
      assert.match((await sync.invoke()).log.join(""), /Streaming does not support non-async handlers\./);
      const late = await stream(
        "async (event, stream) => { stream.write('x'); stream.setContentType('a/b'); }",
      );
      const tooLate = (await late.invoke()).json;
      assert.deepEqual(
        [tooLate.errorType, tooLate.errorMessage],
        ["Runtime.InvalidStreamingOperation", "Cannot set content-type, too late."],
      );
    });
  });

  it("keeps background work alive between invocations, without a say in the next one", async () => {
    await using late = await openEnvironmentWorld({ tier: ANY_TIER, initMs: 60_000, clock: LATE_FREEZES });
    const running = await late.start({
      runtime: "nodejs22.x",
      files: {
        "index.js":
          "let fired = 0; exports.handler = async () => { setTimeout(() => console.log('fired', ++fired), 10); return fired; }",
      },
    });
    const logged = (text: string) => running.log().some((line) => line.includes(text)) || undefined;
    assert.equal((await running.invoke()).json, 0);
    await eventually(() => logged("fired 1"), { what: "the work in the background" });
    assert.equal((await running.invoke()).json, 1);
  });

  it("runs on every Node.js of this machine", async () => {
    for (const runtime of ["nodejs18.x", "nodejs20.x", "nodejs24.x"]) {
      const { json } = await answer("exports.handler = async () => process.versions.node", { runtime });
      assert.match(json, /^\d+\.\d+\.\d+$/);
    }
  });
});
