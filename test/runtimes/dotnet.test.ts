import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { CollectedResponse } from "../../testkit/collected-response.ts";
import {
  type EnvironmentWorld,
  type FunctionOptions,
  openEnvironmentWorld,
} from "../../testkit/environment-world.ts";
import { ANY_TIER, TESTED_TIER } from "../../testkit/tested-tier.ts";

const RUNTIME = "dotnet8";

/** What `dotnet publish` would make, for the assembly of this name: each has files of its own that describe it. */
function dotnetPackage(assembly: string): Record<string, Uint8Array> {
  const directory = process.env["LAMBKIN_TEST_DOTNET_FUNCTIONS"];
  if (directory === undefined) throw new Error("start the tests with npm test");
  const names = readdirSync(directory).filter((name) => !name.endsWith(".json") || name.startsWith(assembly));
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(directory, name))]));
}

describe(".NET runtime", () => {
  let world: EnvironmentWorld;
  before(async () => {
    world = await openEnvironmentWorld({ tier: ANY_TIER, initMs: 60_000 });
  });
  after(() => world.close());

  const start = (assembly: string, handler: string, options: Partial<FunctionOptions> = {}) =>
    world.start({ runtime: RUNTIME, files: dotnetPackage(assembly), handler, ...options });
  const functions = (method: string, options: Partial<FunctionOptions> = {}) =>
    start("Example.Functions", `Example.Functions::Example.${method}`, options);

  describe("calls", () => {
    const cases: readonly (readonly [what: string, method: string, event: unknown, answer: unknown])[] = [
      [
        "methods with objects",
        "Functions::Beans",
        { name: "ü\n", COUNT: 3, weights: { a: 1.5 } },
        { Name: "ü\n", Count: 4, Weights: { a: 1.5 } },
      ],
      ["static methods with strings", "Functions::Upper", "ä", "Ä"],
      ["asynchronous methods", "Functions::Later", [1, 2, 3], 6],
      ["methods of a base class", "Inherited::Upper", "x", "X"],
      ["nested types, with cultures", "Functions+Nested::Here", {}, "nested ,"],
      ["by a whole signature", "Functions::System.String Over(Int32)", 4, "number 4"],
      ["with a serializer of its own", "Functions::Loud", "x", "LOUD x"],
    ];
    for (const [what, method, event, answer] of cases) {
      it(what, async () => {
        assert.deepEqual((await (await functions(method)).invoke(event)).json, answer);
      });
    }
  });

  it("gives streams the bytes and takes theirs", async () => {
    for (const method of ["Raw", "RawLater"]) {
      const running = await functions(`Functions::${method}`);
      assert.equal((await running.invoke(["ä"])).text, 'raw ["ä"]');
    }
    const plain = await start("Plain", "Plain::Plain.Functions::Echo");
    assert.deepEqual((await plain.invoke({ a: [1] })).json, { a: [1] });
  });

  it("answers nothing where there is no result, and keeps the object", async () => {
    assert.equal((await (await functions("Functions::Nothing")).invoke({})).text, "");
    const counting = await functions("Functions::Calls");
    assert.deepEqual([(await counting.invoke()).text, (await counting.invoke()).text], ["1", "2"]);
  });

  it("streams what the function writes, with a prelude of HTTP, and tells of a break", async () => {
    const running = await functions("Functions::Streams");
    assert.equal((await running.invoke("plain")).text, "one,two,8");
    assert.equal((await running.invoke("http")).text, `{"statusCode":201}${"\0".repeat(8)}one,two,8`);
    const response = new CollectedResponse();
    const { outcome } = await running.invoke("break", { response });
    assert.equal(response.text, "one,two,");
    assert.equal(outcome.functionError, "Unhandled");
    assert.equal((await running.invoke("plain")).text, "one,two,8");
  });

  it("tells of the invocation", async () => {
    const running = await functions("Functions::Told", {
      functionName: "kite",
      memoryMiB: 256,
      timeoutMs: 60_000,
    });
    const { json, requestId } = await running.invoke(
      {},
      { clientContext: '{"client":{"app_title":"t"},"custom":{"a":"1"}}', traceId: "Root=1-2-3" },
    );
    assert.ok(json.left > 30_000 && json.left <= 60_000, String(json.left));
    const [trace, ...elsewhere] = json.trace.split("|");
    assert.match(trace, /^Root=1-2-3/);
    assert.deepEqual(elsewhere, [trace, trace]);
    assert.deepEqual(
      { ...json, left: 0, trace: "", stream: "" },
      {
        id: requestId,
        name: "kite",
        version: "$LATEST",
        arn: "arn:aws:lambda:us-east-1:123456789012:function:kite",
        group: "/aws/lambda/kite",
        stream: "",
        memory: 256,
        left: 0,
        trace: "",
        identity: null,
        custom: { a: "1" },
        app: "t",
        later: 0,
      },
    );
  });

  it("makes one event of a message, with time, request and level", async () => {
    const running = await functions("Functions::Logging");
    const { log, requestId } = await running.invoke();
    const line = (text: string) => log.find((event) => event.includes(text)) ?? "";
    const prefix = `^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z\t${requestId}\t`;
    assert.match(line("console"), new RegExp(`${prefix}info\tconsole 1\n$`));
    assert.match(line("problem"), new RegExp(`${prefix}fail\tproblem\nof two lines\n$`));
    assert.match(line("\tline"), new RegExp(`${prefix}info\tline\n$`));
    assert.match(
      line("count") || line("3 of"),
      new RegExp(`${prefix}warn\t3 of \\{@item\\}, \\{missing\\}\n$`),
    );
    assert.equal(
      line("as it is").split("\t").at(-1),
      "{{as it is}} 01FF 2026 2026-11-29T08:30:00.000Z 0.1 {map} Example.Item 7\n",
    );
    assert.match(line("one and"), /\tone and two\n$/);
    assert.match(
      line("cause"),
      new RegExp(`${prefix}fail\twith cause\nSystem.InvalidOperationException: bad\n$`),
    );
    assert.match(line("static"), new RegExp(`${prefix}static\n$`));
    assert.equal(line("hidden"), "");
  });

  it("writes JSON where the function asks for it, from its level on", async () => {
    const running = await functions("Functions::Logging", {
      settings: { logFormat: "JSON", applicationLogLevel: "DEBUG" },
    });
    const { log, requestId } = await running.invoke();
    const told = log.filter((event) => event.includes('"message"')).map((event) => JSON.parse(event));
    assert.ok(told.every((event) => event.requestId === requestId && event.timestamp.endsWith("Z")));
    assert.deepEqual(
      told.map((event) => {
        for (const name of ["timestamp", "requestId", "traceId"]) delete event[name];
        return event;
      }),
      [
        { level: "Information", message: "console 1" },
        { level: "Error", message: "problem\nof two lines" },
        { level: "Information", message: "line" },
        { level: "Debug", message: "hidden unless DEBUG" },
        { level: "Warning", message: "3 of {@item}, {missing}", count: 3, item: ["a"] },
        {
          level: "Information",
          message: "{{as it is}} 01FF 2026 2026-11-29T08:30:00.000Z 0.1 {map} Example.Item 7",
          bytes: "01FF",
          day: "2026",
          at: "2026-11-29T08:30:00.000Z",
          half: 0.1,
          map: { a: 1 },
          item: { Name: "b", Count: 0 },
          wrong: "7",
        },
        { level: "Information", message: "one and two", 1: "one", 2: "two" },
        {
          level: "Error",
          message: "with cause",
          0: "cause",
          errorType: "System.InvalidOperationException",
          errorMessage: "bad",
          stackTrace: ["System.InvalidOperationException: bad"],
        },
        { level: "Information", message: "static" },
      ],
    );
  });

  it("shows an exception with its causes, and goes on", async () => {
    const running = await functions("Functions::Throws");
    const { json, text, log, outcome, requestId } = await running.invoke("plain");
    assert.equal(outcome.functionError, "Unhandled");
    assert.ok(
      text.startsWith('{\n  "errorType": "ArgumentException",\n  "errorMessage": "not \\"this\\"",\n'),
    );
    assert.equal(json.stackTrace.length, 1);
    assert.match(json.stackTrace[0], /^at Example\.Functions\.Throws\(String kind\)/);
    const logged = log.find((line) => line.includes("ArgumentException")) ?? "";
    assert.ok(
      logged.includes(`\t${requestId}\tfail\tSystem.ArgumentException: not "this"\n   at Example.`),
      logged,
    );
    const { json: outer } = await running.invoke("cause");
    assert.equal(outer.cause.errorType, "KeyNotFoundException");
    assert.match(outer.cause.stackTrace[0], /^at Example\.Functions\.Deeper\(\)/);
    assert.equal(
      (await running.invoke("text")).text.replace(/\n *"stackTrace": \[[^\]]*\],/, ""),
      `{
  "errorType": "Exception",
  "errorMessage": "ends \\f\\u2028\\u0001é\ufffd",
  "cause":   {
    "errorType": "Exception",
    "errorMessage": "inner"
  }
}
`,
    );
    const { json: long } = await running.invoke("long");
    assert.equal(long.errorMessage, "short");
    assert.deepEqual(long.cause, { errorMessage: "Exception exceeded maximum payload size of 256KB." });
    const { json: many } = await running.invoke("many");
    assert.equal(many.errorType, "AggregateException");
    assert.deepEqual(
      many.causes.map((cause: { errorType: string }) => cause.errorType),
      ["TimeoutException", "FormatException"],
    );
  });

  describe("refuses a function that it can't load", () => {
    const cases: readonly (readonly [handler: string, message: RegExp, type?: string])[] = [
      [
        "Example.Functions::Example.Nope::Upper",
        /^Unable to load type 'Example\.Nope' from assembly 'Example/,
      ],
      [
        "Example.Functions::Example.Functions::Nope",
        /^Unable to find method 'Nope' in type 'Example\.Functions' /,
      ],
      [
        "Example.Functions::Example.Functions::Over",
        /appears to have a number of overloads\. .*\nSystem\.String Over/,
      ],
      [
        "Example.Functions::Example.Functions",
        /^Invalid lambda function handler: 'Example\.Functions::Example/,
      ],
      [
        "Example.Functions::::Upper",
        /, the type is missing\. The valid format is 'ASSEMBLY::TYPE::METHOD'\.$/,
      ],
      [
        "Other::Example.Functions::Upper",
        /^Could not find the specified handler assembly with the file name 'Other,/,
      ],
      ["Example.Functions::Example.Functions::Lost", /because it is an 'async void' method\./],
      ["Example.Functions::Example.Functions::Generic", /because it is a generic method\./],
      ["Example.Functions::Example.Functions::Rest", /because it is a 'params' method\./],
      ["Example.Functions::Example.Functions::Three", /the method has more than 2 parameters\.$/],
      [
        "Example.Functions::Example.Functions::NoContext",
        /not of type 'Amazon\.Lambda\.Core\.ILambdaContext'\.$/,
      ],
      ["Example.Functions::Example.Abstract::Handle", /because its type 'Example\.Abstract' is abstract\./],
      [
        "Example.Functions::Example.FailingStatically::Handle",
        /^The type initializer for 'Example\.FailingStatically' threw an exception\.$/,
        "TypeInitializationException",
      ],
    ];
    for (const [handler, message, type = "LambdaValidationException"] of cases) {
      it(handler, async () => {
        const { json, outcome } = await (await start("Example.Functions", handler)).invoke();
        assert.equal(json.errorType, type);
        assert.match(json.errorMessage, message);
        assert.equal(outcome.functionError, "Unhandled");
      });
    }

    it("whose constructor fails", async () => {
      const { json } = await (
        await start("Example.Functions", "Example.Functions::Example.Failing::Handle")
      ).invoke();
      assert.equal(json.errorType, "TargetInvocationException");
      assert.equal(json.cause.errorType, "NotSupportedException");
      assert.equal(json.cause.errorMessage, "never made");
    });

    it("for want of a serializer", async () => {
      for (const [method, direction] of [
        [
          "Text",
          "assembly 'Plain' or method 'Text' while attempting to deserialize input data of type 'System.String'",
        ],
        [
          "Number",
          "assembly 'Plain' or method 'Number' while attempting to serialize output data of type 'System.Int32'",
        ],
      ] as const) {
        const { json } = await (await start("Plain", `Plain::Plain.Functions::${method}`)).invoke("x");
        assert.equal(json.errorType, "LambdaValidationException");
        assert.ok(json.errorMessage.includes(`on the ${direction}.`), json.errorMessage);
      }
    });

    it("for want of the files that describe it", async () => {
      const files = dotnetPackage("Plain");
      const without = (name: string) =>
        Object.fromEntries(Object.entries(files).filter(([file]) => file !== name));
      for (const [name, code] of [
        ["Plain.deps.json", 105],
        ["Plain.runtimeconfig.json", 106],
      ] as const) {
        const running = await start("Plain", "Plain::Plain.Functions::Echo", { files: without(name) });
        const { json } = await running.invoke();
        assert.match(json.errorMessage, new RegExp(`exit status ${code}$`));
      }
    });
  });

  it("runs an executable assembly, which brings its own runtime client", async () => {
    const running = await start("Executable", "Executable");
    assert.deepEqual((await running.invoke({ a: 1 })).json, { handler: "Executable", event: { a: 1 } });
    const { json } = await (await start("Executable", "Absent")).invoke();
    assert.match(json.errorMessage, /exit status 104$/);
  });

  it("starts dotnet through the exec wrapper, in a sandbox", async () => {
    await using sandboxes = await openEnvironmentWorld({ tier: TESTED_TIER, initMs: 60_000 });
    const files = {
      ...dotnetPackage("Example.Functions"),
      wrapper: '#!/bin/sh\necho "$1 $2" >/tmp/wrapped\nexec "$@"\n',
    };
    const running = await sandboxes.start({
      runtime: RUNTIME,
      files,
      handler: "Example.Functions::Example.Functions::Wrapped",
      executables: ["wrapper"],
      environment: { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper" },
    });
    assert.equal((await running.invoke()).text, '"/var/lang/bin/dotnet exec|/var/task/"');
  });
});
