import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { Conversation } from "../../testkit/conversation.ts";
import { DebugAdapter } from "../../testkit/debug-adapter.ts";
import { project, startDev } from "../../testkit/dev-command.ts";
import { InspectorClient } from "../../testkit/inspector-client.ts";

/** Longer than the functions' time, so that a time-out that were not suspended would have come. */
const THOUGHT_MS = 3_600;

const template = (properties: string) => `
Resources:
  Debugged:
    Type: AWS::Serverless::Function
    Properties: { Timeout: 3, ${properties} }
`;

async function invoke(lambda: LambdaClient, payload: unknown) {
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: "Debugged", Payload: Buffer.from(JSON.stringify(payload)) }),
  );
  return {
    answer: JSON.parse(Buffer.from(Payload ?? []).toString()) as unknown,
    failed: FunctionError !== undefined,
  };
}

test("a debugger of Node.js stops in a TypeScript handler, and the time-out waits for it", async () => {
  using files = project({
    "template.yaml": template("Runtime: nodejs24.x, Handler: src/app.handler, CodeUri: ., MemorySize: 1769"),
    "src/app.ts": `export const handler = async (event: { n?: number; forever?: boolean }): Promise<number> => {
  const doubled = (event.n ?? 0) * 2;
  if (event.forever === true) await new Promise((resolve) => setTimeout(resolve, 60_000));
  return doubled;
};
`,
  });
  await using dev = await startDev(files.root, "--debug", "Debugged:0");
  const lambda = new LambdaClient({ ...dev.client, maxAttempts: 1 });
  const [, port = ""] = await dev.said(/Debugged waits for a debugger on 127\.0\.0\.1:(\d+)/);
  const inspector = await InspectorClient.attach(Number(port));
  await inspector.request("Runtime.enable");
  await inspector.request("Debugger.enable");
  const parsed = await inspector.event("Debugger.scriptParsed", ({ url }) =>
    String(url).includes("app.compiled"),
  );
  assert.match(String(parsed["sourceMapURL"]), /app\.compiled/);
  const { scriptId } = parsed;
  const { scriptSource } = await inspector.request("Debugger.getScriptSource", { scriptId });
  const lines = String(scriptSource).split("\n");
  const lineNumber = lines.findIndex((line) => line.includes("const doubled"));
  await inspector.request("Debugger.setBreakpoint", { location: { scriptId, lineNumber } });
  const answered = invoke(lambda, { n: 21 });
  const paused = await inspector.event("Debugger.paused");
  const [frame] = paused["callFrames"] as [{ callFrameId: string; functionName: string }];
  await delay(THOUGHT_MS);
  const seen = await inspector.request("Debugger.evaluateOnCallFrame", {
    callFrameId: frame.callFrameId,
    expression: "event.n",
  });
  assert.deepEqual(seen["result"], { type: "number", value: 21, description: "21" });
  await inspector.request("Debugger.resume");
  assert.deepEqual(await answered, { answer: 42, failed: false });

  // Nobody is attached any more: the function has its three seconds again, and runs on.
  await inspector.detach();
  const { answer, failed } = await invoke(lambda, { forever: true });
  assert.ok(failed);
  assert.match(JSON.stringify(answer), /timed out/);
  assert.deepEqual(await invoke(lambda, { n: 1 }), { answer: 2, failed: false });
});

test("a debugger of Python stops at a breakpoint through debugpy's protocol", async () => {
  const debugpy = process.env["LAMBKIN_TEST_DEBUGPY"];
  assert.ok(debugpy, "start the tests with npm test");
  using files = project({
    "template.yaml": template("Runtime: python3.13, Handler: app.handler, CodeUri: fn, MemorySize: 1769"),
    "fn/app.py": "def handler(event, context):\n    doubled = event['n'] * 2\n    return doubled\n",
  });
  cpSync(path.join(debugpy, "debugpy"), path.join(files.root, "fn", "debugpy"), { recursive: true });
  await using dev = await startDev(files.root, "--debug", "Debugged:0");
  const lambda = new LambdaClient({ ...dev.client, maxAttempts: 1 });
  const [, port = ""] = await dev.said(/Debugged waits for a debugger on 127\.0\.0\.1:(\d+)/);
  const adapter = await DebugAdapter.connect(Number(port));
  await adapter.request("initialize", { adapterID: "test", clientID: "test", pathFormat: "path" });
  const local = path.join(files.root, "fn");
  adapter.send("attach", { justMyCode: true, pathMappings: [{ localRoot: local, remoteRoot: "/var/task" }] });
  await adapter.event("initialized");
  const { breakpoints } = await adapter.request("setBreakpoints", {
    source: { path: path.join(local, "app.py") },
    breakpoints: [{ line: 3 }],
  });
  assert.equal((breakpoints as [{ verified: boolean }])[0].verified, true);
  await adapter.request("configurationDone");
  const answered = invoke(lambda, { n: 21 });
  const { threadId } = await adapter.event("stopped");
  await delay(THOUGHT_MS);
  const { stackFrames } = await adapter.request("stackTrace", { threadId });
  const [frame] = stackFrames as [{ id: number; line: number; source: { path: string } }];
  assert.equal(frame.line, 3);
  assert.equal(frame.source.path, path.join(local, "app.py"));
  const { result } = await adapter.request("evaluate", { expression: "doubled", frameId: frame.id });
  assert.equal(result, "42");
  await adapter.request("continue", { threadId });
  assert.deepEqual(await answered, { answer: 42, failed: false });
  adapter.close();
});

test("a debugger of Java, the JDK's own, stops at a breakpoint through JDWP", async () => {
  const functions = process.env["LAMBKIN_TEST_JAVA_FUNCTIONS"];
  assert.ok(functions, "start the tests with npm test");
  using files = project({
    "template.yaml": template(
      `Runtime: java17, Handler: "example.Functions::text", CodeUri: "${functions}", MemorySize: 1769`,
    ),
  });
  await using dev = await startDev(files.root, "--debug", "Debugged:0");
  const lambda = new LambdaClient({ ...dev.client, maxAttempts: 1 });
  const [, port = ""] = await dev.said(/Debugged waits for a debugger on 127\.0\.0\.1:(\d+)/);
  await using jdb = new Conversation("jdb", "-attach", `127.0.0.1:${port}`);
  await jdb.says(/Initializing jdb/);
  jdb.tell("stop in example.Functions.text");
  await jdb.says(/(Deferring|Set) breakpoint example\.Functions\.text/);
  const answered = invoke(lambda, "quiet");
  await jdb.says(/Breakpoint hit: .*Functions\.text\(\)/);
  await delay(THOUGHT_MS);
  jdb.tell("where");
  await jdb.says(/\[1\] example\.Functions\.text \(Functions\.java:\d+\)/);
  jdb.tell("cont");
  assert.deepEqual(await answered, { answer: "QUIET", failed: false });
});
