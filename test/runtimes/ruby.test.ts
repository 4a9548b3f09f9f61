import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  type EnvironmentWorld,
  type FunctionOptions,
  openEnvironmentWorld,
} from "../../testkit/environment-world.ts";
import { ANY_TIER, TESTED_TIER } from "../../testkit/tested-tier.ts";

const RUNTIME = "ruby3.3";

describe("Ruby runtime", () => {
  let world: EnvironmentWorld;
  before(async () => {
    world = await openEnvironmentWorld({ tier: ANY_TIER, initMs: 60_000 });
  });
  after(() => world.close());

  const ruby = (code: string, options: Partial<FunctionOptions> = {}) =>
    world.start({ runtime: RUNTIME, files: { "index.rb": code }, ...options });
  const body = (...lines: readonly string[]) =>
    ["def handler(event:, context:)", ...lines, "end", ""].join("\n");

  describe("finds the handler", () => {
    const code = "def go(event:, context:) = 'ok'\n";
    const cases: readonly (readonly [string, string, Record<string, string>])[] = [
      ["a method of a file", "index.go", { "index.rb": code }],
      ["a file in a folder", "src/app.go", { "src/app.rb": code }],
      [
        "a method of a class in a module",
        "index.Shop::Orders.go",
        { "index.rb": `module Shop\nclass Orders\ndef self.go(event:, context:) = 'ok'\nend\nend\n` },
      ],
      [
        "files named like the runtime's",
        "bootstrap.go",
        { "bootstrap.rb": code, "context.rb": "raise 'no'" },
      ],
      [
        "gems beside it",
        "index.go",
        {
          "index.rb": `require 'greeting'\ndef go(event:, context:) = Greeting::TEXT\n`,
          "vendor/bundle/ruby/3.3.0/gems/greeting-1.0.0/lib/greeting.rb": "module Greeting; TEXT = 'ok'; end",
          "vendor/bundle/ruby/3.3.0/specifications/greeting-1.0.0.gemspec":
            "Gem::Specification.new { |s| s.name='greeting'; s.version='1.0.0'; s.summary='s'; s.authors=['a']; s.files=['lib/greeting.rb'] }",
        },
      ],
    ];
    for (const [where, handler, files] of cases) {
      it(where, async () => {
        const { text } = await (await world.start({ runtime: RUNTIME, handler, files })).invoke();
        assert.equal(text, '"ok"');
      });
    }
  });

  it("takes a layer's library and gems from their places", async () => {
    const code =
      "require 'shared'\ndef handler(event:, context:) = [SHARED, ENV['GEM_PATH'].split(':').size]\n";
    const { text } = await (
      await ruby(code, { layer: { "ruby/lib/shared.rb": "SHARED = 'layer'" } })
    ).invoke();
    assert.equal(text, '["layer",2]');
  });

  describe("refuses a function that it can't load", () => {
    const cases: readonly (readonly [string, string, string, RegExp])[] = [
      ["absent.handler", "", "Init<LoadError>", /^cannot load such file -- absent$/],
      [
        "handler",
        "",
        "Init<ArgumentError>",
        /^Invalid handler \["handler"\], must be of form FILENAME\.METHOD or/,
      ],
      ["a.b.c.d", "", "Init<ArgumentError>", /^Invalid handler \["a", "b", "c", "d"\], must be/],
      ["index.handler", "def x(", "Init<SyntaxError>", /syntax error/],
      ["index.handler", "class Odd < StandardError; end\nraise Odd, 'top'", "Init<Odd>", /^top$/],
      ["index.handler", "exit 3", "Init<SystemExit>", /^exit$/],
    ];
    for (const [handler, code, type, message] of cases) {
      it(`${handler} of ${JSON.stringify(code)}`, async () => {
        const running = await ruby(code, { handler });
        const { json, outcome } = await running.invoke();
        assert.equal(json.errorType, type);
        assert.match(json.errorMessage, message);
        assert.deepEqual(Object.keys(json), ["errorMessage", "errorType", "stackTrace"]);
        assert.equal(outcome.functionError, "Unhandled");
        assert.ok(
          running.log().some((line) => line.startsWith(`Init error when loading handler ${handler}`)),
        );
      });
    }
  });

  it("answers with what the handler returns", async () => {
    const running = await ruby(
      body("event['n'].nil? ? nil : { 'twice' => event['n'] * 2, 'ü' => [1.5, true] }"),
    );
    assert.equal((await running.invoke({ n: 21 })).text, '{"twice":42,"ü":[1.5,true]}');
    assert.equal((await running.invoke({})).text, "null");
  });

  it("answers with the bytes of a stream", async () => {
    const running = await ruby(`require 'stringio'\n${body("StringIO.new('raw <' + event['x'] + '>')")}`);
    assert.equal((await running.invoke({ x: "ä" })).text, "raw <ä>");
  });

  it("passes a context", async () => {
    const running = await ruby(
      body(
        "c = context",
        "{ id: c.aws_request_id, arn: c.invoked_function_arn, memory: c.memory_limit_in_mb, name: c.function_name,",
        "  version: c.function_version, group: c.log_group_name, left: c.get_remaining_time_in_millis,",
        "  client: c.client_context, identity: c.identity, tenant: c.tenant_id, trace: ENV['_X_AMZN_TRACE_ID'],",
        "  env: ENV['AWS_EXECUTION_ENV'], deadline: c.deadline_ms.class.to_s }",
      ),
      { functionName: "kite", memoryMiB: 256, timeoutMs: 60_000 },
    );
    const { json, requestId } = await running.invoke(
      {},
      { clientContext: '{"custom":{"a":1}}', traceId: "Root=1-2-3" },
    );
    assert.ok(json.left > 30_000 && json.left <= 60_000, String(json.left));
    assert.match(json.trace, /^Root=1-2-3/);
    assert.deepEqual(
      { ...json, left: 0, trace: "" },
      {
        id: requestId,
        arn: "arn:aws:lambda:us-east-1:123456789012:function:kite",
        memory: "256",
        name: "kite",
        version: "$LATEST",
        group: "/aws/lambda/kite",
        left: 0,
        client: { custom: { a: 1 } },
        identity: null,
        tenant: null,
        trace: "",
        env: `AWS_Lambda_${RUNTIME}`,
        deadline: "Integer",
      },
    );
  });

  it("shows the function's frames of an error, and goes on", async () => {
    const running = await ruby(
      `def inner = raise('böse')\n${body("inner if event['n'] == 1", "$count = $count.to_i + 1")}`,
    );
    const { json, log, outcome } = await running.invoke({ n: 1 });
    assert.equal(outcome.functionError, "Unhandled");
    assert.equal(json.errorMessage, "böse");
    assert.equal(json.errorType, "Function<RuntimeError>");
    assert.match(
      json.stackTrace.join("\n"),
      /^\S+index\.rb:1:in [`'].*inner'\n\S+index\.rb:3:in [`'].*handler'$/,
    );
    assert.ok(log.includes("Error raised from handler method\n"));
    assert.ok(
      log.some((line) => line.startsWith('{\n  "errorMessage": "böse",\n  "errorType": "Function<')),
      log.join("|"),
    );
    assert.equal((await running.invoke({})).text, "1");
  });

  for (const [what, code, type] of [
    ["a missing name", "Missing", "Function<NameError>"],
    ["a missing method", "nil.upcase", "Function<NoMethodError>"],
    ["an exit", "exit 0", "Function<SystemExit>"],
  ] as const) {
    it(`answers ${what} and ends`, async () => {
      const running = await ruby(body(code));
      const { json, log } = await running.invoke();
      assert.equal(json.errorType, type);
      assert.ok(log.includes("Critical exception from handler\n"), log.join("|"));
    });
  }

  it("tells how a process ended that did not answer", async () => {
    const { json } = await (await ruby(body("exit!(7)"))).invoke();
    assert.equal(json.errorType, "Runtime.ExitError");
    assert.match(json.errorMessage, /Error: Runtime exited with error: exit status 7$/);
  });

  it("makes one event of what a logger is told, with the request's id", async () => {
    const running = await ruby(
      `require 'logger'\n${body('Logger.new($stdout).info("two\\nlines")', "Logger.new($stderr, progname: 'shop').debug('low')", "puts 'raw'", "nil")}`,
    );
    const { log, requestId } = await running.invoke();
    const line = (text: string) => log.find((event) => event.includes(text)) ?? "";
    assert.match(
      line("two"),
      new RegExp(
        `^I, \\[\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6} #\\d+\\]  INFO ${requestId} -- : two\nlines\n$`,
      ),
    );
    assert.match(line("low"), new RegExp(`^D, .* DEBUG ${requestId} -- shop: low\n$`));
    assert.ok(log.includes("raw\n"));
  });

  it("makes one event of what is printed at once, and of what a logger of no device is told", async () => {
    const running = await ruby(
      `require 'logger'\n${body("puts 'a', ['b', nil, 1]", "puts", 'puts "\\xff\\n"', "$stdout.puts 'lines'", "Logger.new(nil).warn('kept')", "puts('x')")}`,
    );
    const { log, json, requestId } = await running.invoke();
    assert.equal(json, null);
    for (const event of ["a\nb\n\n1\n", "\n", "\ufffd\n", "lines\n"]) assert.ok(log.includes(event), event);
    assert.ok(
      log.some((event) => event.endsWith(`  WARN ${requestId} -- : kept\n`)),
      log.join("|"),
    );
  });

  it("calls handlers on an object of their own, and conversions that the function put in place", async () => {
    const code = `@file = 1
class AwsLambda::Marshaller
  def self.marshall_request(request) = { 'type' => request['content-type'], 'text' => request.body }
  def self.marshall_response(value) = value.is_a?(String) ? [value, 'text/plain'] : super_json(value)
  def self.super_json(value) = value.to_json
end
def handler(event:, context:)
  @count = @count.to_i + 1
  return "plain" if @count == 2
  { event: event, file: @file, self: self.class.to_s, sink: AwsLambdaRIC::TelemetryLogger.telemetry_log_sink.respond_to?(:write) }
end
`;
    const running = await ruby(code);
    assert.deepEqual((await running.invoke({ n: 1 })).json, {
      event: { type: "application/json", text: '{"n":1}' },
      file: null,
      self: "LambdaHandler",
      sink: true,
    });
    assert.equal((await running.invoke()).text, "plain");
  });

  it("shows no frames of an error whose backtrace the function made", async () => {
    const { json } = await (await ruby(body("raise KeyError, 'k', ['mine:1']"))).invoke();
    assert.deepEqual(json, { errorMessage: "k", errorType: "Function<KeyError>", stackTrace: [] });
  });

  it("starts through the exec wrapper", async () => {
    const running = await ruby(body("ENV['WRAPPED']"), {
      files: { "index.rb": body("ENV['WRAPPED']"), wrapper: '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n' },
      executables: ["wrapper"],
      environment: { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper" },
    });
    assert.equal((await running.invoke()).text, '"yes"');
  });

  it("runs in a sandbox", async () => {
    await using sandboxes = await openEnvironmentWorld({ tier: TESTED_TIER, initMs: 60_000 });
    const code = "require 'json'\ndef handler(event:, context:) = [Dir.pwd, $PROGRAM_NAME, __FILE__]\n";
    const running = await sandboxes.start({ runtime: RUNTIME, files: { "index.rb": code } });
    assert.deepEqual((await running.invoke()).json, [
      "/var/task",
      "/var/runtime/bootstrap.rb",
      "/var/task/index.rb",
    ]);
  });
});
