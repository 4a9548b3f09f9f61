import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, it, test } from "node:test";
import { promisify } from "node:util";
import { cacheDirectory } from "../../src/base/index.ts";
import { findRuntimes } from "../../src/runtimes/index.ts";
import { JavaBootstrap } from "../../src/runtimes/java/compile-bootstrap.ts";
import {
  type EnvironmentWorld,
  type FunctionOptions,
  openEnvironmentWorld,
} from "../../testkit/environment-world.ts";
import { javaPackage } from "../../testkit/java-functions.ts";
import { ANY_TIER, TESTED_TIER } from "../../testkit/tested-tier.ts";

const RUNTIME = "java17";

describe("Java runtime", () => {
  let world: EnvironmentWorld;
  before(async () => {
    world = await openEnvironmentWorld({ tier: ANY_TIER, initMs: 60_000 });
  });
  after(() => world.close());

  const files = javaPackage();
  const java = (handler: string, options: Partial<FunctionOptions> = {}) =>
    world.start({ runtime: RUNTIME, files, handler: `example.${handler}`, ...options });
  const empty = { count: 0, loose: false };

  describe("calls", () => {
    const item = { name: "ü\n", count: 3, weights: { a: 1.5 }, size: "LARGE", bytes: "YWI=", URL: "u" };
    const cases: readonly (readonly [what: string, handler: string, event: unknown, answer: unknown])[] = [
      ["beans", "Functions::item", { ...item, x: 1 }, { ...empty, ...item }],
      [
        "beans through the type of a superclass",
        "Functions$Inherited",
        { parts: [{ count: "7" }] },
        [{ ...empty, parts: [{ ...empty, count: 7 }] }],
      ],
      ["strings", "Functions::text", "ä", "Ä"],
      ["lists of boxed numbers", "Functions::length", [1, 2, 3], 6],
      ["sets of constants", "Functions::sizes", ["LARGE", "SMALL", "LARGE"], ["LARGE", "SMALL"]],
      ["void without parameters", "Functions::nothing", {}, null],
      ["the overload with more parameters", "Functions::choose", "", "two"],
      ["static methods of primitives", "Functions::fixed", 21, 42],
      [
        "with an event of S3",
        "Events::bucket",
        {
          Records: [
            {
              eventTime: "2026-01-02T03:04:05.678Z",
              s3: { bucket: { name: "b" }, object: { key: "a+b%21", size: 5_000_000_000 } },
            },
          ],
        },
        "b/a b! 5000000000 1767323045678",
      ],
      [
        "with an event of SQS",
        "Events::queue",
        {
          Records: [
            {
              messageId: "1",
              body: "x",
              eventSourceARN: "arn",
              messageAttributes: { a: { stringValue: "v" } },
            },
          ],
        },
        "1xarnv",
      ],
      [
        "with an event of EventBridge",
        "Events::schedule",
        { "detail-type": "Scheduled Event", time: "2026-01-02T03:04:05Z", detail: {} },
        "Scheduled Event1767323045000",
      ],
    ];
    for (const [what, handler, event, answer] of cases) {
      it(what, async () => {
        assert.deepEqual((await (await java(handler)).invoke(event)).json, answer);
      });
    }
  });

  it("answers HTTP events with AWS's response class", async () => {
    const event = { rawPath: "/a", requestContext: { http: { method: "GET" } } };
    const { json } = await (await java("Events::http")).invoke(event);
    assert.equal(json.statusCode, 201);
    assert.deepEqual(json.headers, { "x-path": "/a" });
    assert.equal(json.body, "GET");
    assert.equal(json.isBase64Encoded, false);
  });

  it("passes a RequestHandler a context", async () => {
    const running = await java("Functions$Handler", {
      functionName: "kite",
      memoryMiB: 256,
      timeoutMs: 60_000,
    });
    const { json, requestId } = await running.invoke(
      { deep: [{ n: 1.5 }, null] },
      { clientContext: '{"client":{"app_title":"t"},"custom":{"a":"1"}}', traceId: "Root=1-2-3" },
    );
    assert.ok(json.left > 30_000 && json.left <= 60_000, String(json.left));
    assert.match(json.trace, /^Root=1-2-3/);
    assert.deepEqual(
      { ...json, left: 0, trace: "" },
      {
        event: { deep: [{ n: 1.5 }, null] },
        id: requestId,
        arn: "arn:aws:lambda:us-east-1:123456789012:function:kite",
        memory: 256,
        name: "kite",
        version: "$LATEST",
        group: "/aws/lambda/kite",
        left: 0,
        custom: { a: "1" },
        app: "t",
        trace: "",
      },
    );
  });

  it("gives a RequestStreamHandler the bytes, in a sandbox with a heap by its memory", async () => {
    await using sandboxes = await openEnvironmentWorld({ tier: TESTED_TIER, initMs: 60_000 });
    const start = (handler: string) =>
      sandboxes.start({ runtime: RUNTIME, files, handler: `example.${handler}`, memoryMiB: 512 });
    assert.equal((await (await start("Functions$Streams")).invoke(["ä"])).text, 'raw ["ä"]');
    const { json } = await (await start("Functions::self")).invoke();
    const heap = Number(/^example\.InJar(\d+)$/.exec(json)?.[1]);
    assert.ok(heap > 380 && heap <= 436, json);
  });

  describe("refuses a function that it can't load", () => {
    const cases = [
      ["Nope", "java.lang.ClassNotFoundException", "Class not found: example.Nope"],
      [
        "Functions::nope",
        undefined,
        "No public method named nope with appropriate method signature found on class example.Functions",
      ],
      [
        "Functions$Closed",
        "java.lang.Exception",
        "Class example.Functions$Closed has no public zero-argument constructor",
      ],
      ["Functions$Failing", "java.lang.IllegalStateException", "no luck"],
    ] as const;
    for (const [handler, type, message] of cases) {
      it(handler, async () => {
        const { json, outcome } = await (await java(handler)).invoke();
        assert.equal(json.errorType, type);
        assert.equal(json.errorMessage, message);
        assert.equal(outcome.functionError, "Unhandled");
      });
    }
  });

  it("shows the function's frames of an error, and goes on", async () => {
    const running = await java("Functions::fail");
    const { json, log } = await running.invoke({ text: "böse" });
    assert.deepEqual(Object.keys(json), ["errorMessage", "errorType", "stackTrace"]);
    assert.equal(json.errorMessage, "böse");
    assert.equal(json.errorType, "java.lang.UnsupportedOperationException");
    assert.equal(json.stackTrace.length, 1);
    assert.match(json.stackTrace[0], /^example\.Functions\.fail\(Functions\.java:\d+\)$/);
    const text = log.find((line) => line.startsWith("böse: java.lang.UnsupportedOperationException\n"));
    assert.match(
      text ?? "",
      /\njava\.lang\.UnsupportedOperationException: böse\n\tat example\.Functions\.fail\(/,
    );
    assert.equal((await running.invoke({})).json.errorMessage, "java.lang.UnsupportedOperationException");
  });

  it("says that an event does not fit, and ends after an error of the machine", async () => {
    const running = await java("Functions::text");
    const { json } = await running.invoke({ not: "a string" });
    assert.equal(json.errorMessage, "An error occurred during JSON parsing");
    assert.equal(json.errorType, "java.lang.RuntimeException");
    const { json: deep } = await (await java("Functions::overflow")).invoke();
    assert.equal(deep.errorType, "java.lang.StackOverflowError");
    const { json: exited } = await (await java("Functions::exit")).invoke(7);
    assert.match(exited.errorMessage, /Error: Runtime exited with error: exit status 7$/);
  });

  it("makes one event of what a logger is told", async () => {
    const running = await java("Functions::log", { environment: { JAVA_TOOL_OPTIONS: "-Dx=y" } });
    const { log, text } = await running.invoke();
    assert.equal(text, '"-Dx=y"');
    for (const line of ["printed\n", "two\nlines\n", "[DEBUG] quiet\n", "[ERROR] shared\n"]) {
      assert.ok(log.includes(line), `${line} in ${JSON.stringify(log)}`);
    }
    const json = await java("Functions::log", {
      settings: { logFormat: "JSON", applicationLogLevel: "INFO" },
    });
    const { log: lines, requestId } = await json.invoke();
    const told = lines.filter((line) => line.includes("AWSRequestId")).map((line) => JSON.parse(line));
    assert.deepEqual(
      told.map(({ message, level, AWSRequestId }) => [message, level, AWSRequestId === requestId]),
      [
        ["two\nlines", "UNDEFINED", true],
        ["shared", "ERROR", true],
      ],
    );
  });
});

test("classes are archived anew where the runtime's directory was moved", async () => {
  const java = (await findRuntimes()).find(RUNTIME)?.interpreter;
  assert.ok(java !== undefined);
  await mkdir(cacheDirectory(), { recursive: true });
  // Beside what is kept between runs, where sandboxes can show it.
  const folder = await mkdtemp(path.join(cacheDirectory(), "moved-"));
  try {
    const sources = path.join(import.meta.dirname, "../../src/runtimes/java/bootstrap");
    const at = (cache: string) => new JavaBootstrap(sources, { cache, prebuilt: "/nonexistent" }, [java]);
    const first = at(path.join(folder, "first"));
    await first.prepare(java);
    assert.ok(first.archive(java) !== undefined, "the control: there is one");
    await rename(path.join(folder, "first"), path.join(folder, "second"));
    const second = at(path.join(folder, "second"));
    await second.prepare(java);
    const { stdout, stderr } = await promisify(execFile)(java.program, [
      `-XX:SharedArchiveFile=${second.archive(java)}`,
      "-XX:+UseSerialGC",
      ...["-jar", path.join(second.directory, "runtime.jar"), "train"],
    ]);
    assert.deepEqual([stdout, stderr], ["", ""], "Java takes it");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
