import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { eventually } from "../../testkit/eventually.ts";
import { lambkin, run, startLambkin } from "../../testkit/lambkin-server.ts";

const command = path.join(import.meta.dirname, "..", "..", "bin", "lambkin.cjs");
const ESCAPE = "\u001b[";

async function create(lambda: LambdaClient, name: string, json = false) {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/any",
      Timeout: 60,
      ...(json ? { LoggingConfig: { LogFormat: "JSON" } } : {}),
      Code: {
        ZipFile: await deploymentPackage({
          "index.mjs": `export const handler = async ({ text }) => {
  console.warn(text); process.stdout.write("raw " + text + "\\n"); };`,
        }),
      },
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 120 }, { FunctionName: name });
}

async function invoke(lambda: LambdaClient, name: string, text: string): Promise<string> {
  const { $metadata } = await lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify({ text })) }),
  );
  return $metadata.requestId ?? "";
}

/** What the command writes to a terminal. */
async function onTerminal(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const line = [process.execPath, command, ...args].map((word) => `'${word}'`).join(" ");
  const env = { ...process.env, TERM: "xterm-256color", NO_COLOR: "", FORCE_COLOR: "", ...environment };
  return (await run("script", ["-qec", line, "/dev/null"], { env })).stdout;
}

test("logs of several functions: names, patterns, filters, one request, colours on terminals only", async () => {
  await using server = await startLambkin();
  const lambda = new LambdaClient(server.client);
  await Promise.all([
    create(lambda, "orders-in"),
    create(lambda, "orders-out", true),
    create(lambda, "mail"),
  ]);
  const first = await invoke(lambda, "orders-in", "first text");
  await invoke(lambda, "orders-in", "second text");
  await invoke(lambda, "orders-out", "json text");
  await invoke(lambda, "mail", "mail text");
  const at = ["--endpoint", server.endpoint];
  const all = await eventually(
    async () => {
      const { stdout } = await lambkin("logs", ...at);
      const texts = ["first text", "second text", "json text", "mail text"];
      const reports = stdout.match(/REPORT|platform\.report/g) ?? [];
      const whole = reports.length === texts.length && texts.every((text) => stdout.includes(`raw ${text}`));
      return whole ? stdout : undefined;
    },
    { what: "all lines" },
  );
  assert.ok(!all.includes(ESCAPE));
  assert.match(all, /^\S+Z {2}mail +\S+\tWARN\tmail text$/m);
  assert.match(all, /^\S+Z {2}orders-out +WARN +json text requestId=/m);

  const orders = await lambkin("logs", "orders-*", ...at, "--since", "1h");
  assert.match(orders.stdout, /raw json text/);
  assert.doesNotMatch(orders.stdout, /mail text/);
  const filtered = await lambkin(
    "logs",
    "orders-in",
    "mail",
    ...at,
    "--filter",
    `?"second text" ?"mail text"`,
  );
  assert.match(filtered.stdout, /second text[^]*mail text/);
  assert.doesNotMatch(filtered.stdout, /first text|START/);
  const one = await lambkin("logs", ...at, "--request-id", first);
  assert.match(one.stdout, /START[^]*first text[^]*raw first text[^]*REPORT/);
  assert.doesNotMatch(one.stdout, /second text|mail text/);
  const json = await lambkin("logs", "mail", ...at, "--json");
  for (const line of json.stdout.trim().split("\n")) {
    assert.equal((JSON.parse(line) as { logGroupName: string }).logGroupName, "/aws/lambda/mail");
  }

  const [coloured, plain] = await Promise.all([
    onTerminal(["logs", ...at]),
    onTerminal(["logs", ...at], { NO_COLOR: "1" }),
  ]);
  assert.ok(coloured.includes(ESCAPE));
  assert.ok(!plain.includes(ESCAPE));
  assert.match(plain, /mail text/);
});

test("a tail goes on with functions that are new and over a restart of the server", async () => {
  const dataDirectory = mkdtempSync(path.join(os.tmpdir(), "lambkin-tail-"));
  const first = await startLambkin({ dataDirectory });
  const lambda = new LambdaClient(first.client);
  const tail = spawn(process.execPath, [command, "logs", "--tail", "--data", dataDirectory], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  tail.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  tail.stderr.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  const said = (text: string) =>
    eventually(() => (output.includes(text) ? true : undefined), { what: `${text} in ${output}` });
  try {
    await create(lambda, "before");
    await invoke(lambda, "before", "told before");
    await said("raw told before");
    await first.end("SIGTERM");
    await said("waiting for the server");
    await using second = await startLambkin({ dataDirectory });
    await said("the server is back");
    const again = new LambdaClient(second.client);
    await create(again, "after");
    await invoke(again, "after", "told after");
    await invoke(again, "before", "told again");
    await said("raw told after");
    await said("raw told again");
    assert.equal(output.match(/raw told before/g)?.length, 1);
  } finally {
    tail.kill("SIGINT");
    await first.end("SIGKILL");
    rmSync(dataDirectory, { recursive: true, force: true });
  }
});
