import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { eventually } from "../../testkit/eventually.ts";
import { type LambkinServer, lambkin, startLambkin } from "../../testkit/lambkin-server.ts";
import { readMetrics } from "../../testkit/prometheus-text.ts";

const ROLE = "arn:aws:iam::000000000000:role/any";
const SECRET = "do-not-write-this-down";

async function createFunction(lambda: LambdaClient, name: string, source: string): Promise<void> {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Role: ROLE,
      Timeout: 60,
      Environment: { Variables: { TOKEN: SECRET } },
      Code: { ZipFile: await deploymentPackage({ "index.mjs": source }) },
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 120, minDelay: 1 }, { FunctionName: name });
}

/** With the log's tail the answer comes last, when the environment is idle again. */
async function invoke(lambda: LambdaClient, FunctionName: string, Payload: string): Promise<string> {
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload, LogType: "Tail" }));
  return Buffer.from(answer.Payload ?? []).toString();
}

async function auditLines(server: LambkinServer): Promise<Record<string, unknown>[]> {
  const text = await readFile(path.join(server.dataDirectory, "audit", "audit.jsonl"), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("control-plane calls are audited without secrets, data-plane calls are not; metrics count both", async () => {
  await using server = await startLambkin();
  const lambda = new LambdaClient({ ...server.client, maxAttempts: 1 });
  const s3 = new S3Client({ ...server.client, forcePathStyle: true });
  const source = `export async function handler({ endpoint }) {
    const answer = await fetch(endpoint + "/_lambkin/metrics");
    return { status: answer.status, text: await answer.text() };
  }`;
  await createFunction(lambda, "asks", source);
  const refused = await lambda.send(new GetFunctionCommand({ FunctionName: "nobody" })).then(
    () => assert.fail("a function that is not there was found"),
    (error: { readonly name: string; readonly $metadata: { readonly requestId?: string } }) => error,
  );
  await s3.send(new CreateBucketCommand({ Bucket: "audited" }));
  await s3.send(new PutObjectCommand({ Bucket: "audited", Key: "secret-key", Body: SECRET }));
  const inside = JSON.parse(
    await invoke(lambda, "asks", JSON.stringify({ endpoint: server.endpoint, note: SECRET })),
  ) as { readonly status: number; readonly text: string };
  assert.notEqual(inside.status, 200, "a function in its sandbox reads the server's metrics");
  assert.doesNotMatch(inside.text, /lambkin_requests_total/);

  const lines = await eventually(
    async () => {
      const all = await auditLines(server);
      return all.some(({ operation }) => operation === "CreateBucket") ? all : undefined;
    },
    { what: "the audit log" },
  );
  assert.deepEqual(
    lines.filter(({ operation }) => /Invoke|PutObject$/.test(String(operation))),
    [],
  );
  const created = lines.find(({ operation }) => operation === "CreateFunction");
  assert.deepEqual(created?.["resource"], { FunctionName: "asks" });
  assert.equal(created?.["service"], "lambda");
  assert.equal(created?.["readOnly"], false);
  assert.equal(created?.["status"], 201);
  assert.equal(created?.["sourceIp"], "127.0.0.1");
  assert.equal(created?.["account"], "000000000000");
  assert.equal((created?.["caller"] as Record<string, unknown> | undefined)?.["type"], "root");
  const failed = lines.find(({ errorCode }) => errorCode !== undefined);
  assert.equal(failed?.["operation"], "GetFunction");
  assert.equal(failed?.["errorCode"], refused.name);
  assert.equal(failed?.["requestId"], refused.$metadata.requestId);
  assert.ok(!JSON.stringify(lines).includes(SECRET), "a secret is in the audit log");

  const backup = path.join(server.dataDirectory, "no", "such", "place");
  const { code } = await lambkin("backup", backup, "--endpoint", server.endpoint);
  assert.equal(code, 1);
  const route = await eventually(
    async () => (await auditLines(server)).find(({ service }) => service === "lambkin"),
    { what: "the attempt to make a backup is audited" },
  );
  assert.equal(route["operation"], "POST /_lambkin/backup");

  const metrics = readMetrics(await (await fetch(`${server.endpoint}/_lambkin/metrics`)).text());
  const sample = (name: string, labels: Record<string, string> = {}) => metrics.value(name, labels);
  assert.equal(
    sample("lambkin_requests_total", { service: "lambda", operation: "CreateFunction", status: "2xx" }),
    1,
  );
  assert.equal(sample("lambkin_requests_total", { service: "s3", operation: "PutObject", status: "2xx" }), 1);
  assert.equal(
    sample("lambkin_request_duration_seconds_count", { service: "lambda", operation: "Invoke" }),
    1,
  );
  assert.equal(sample("lambkin_cold_starts_total"), 1);
  assert.equal(sample("lambkin_environments", { state: "idle" }), 1);
  assert.equal(sample("lambkin_queued_events"), 0);
  assert.ok((sample("process_resident_memory_bytes") ?? 0) > 1e6);
  // Quantiles of the loop's delay are there from the second question on.
  const later = readMetrics(await (await fetch(`${server.endpoint}/_lambkin/metrics`)).text());
  assert.ok(later.value("lambkin_event_loop_delay_seconds", { quantile: "0.5" }) !== undefined);
  lambda.destroy();
  s3.destroy();
});

test("while it drains a server is live, not ready and serves on; a second signal ends it at once", async () => {
  await using server = await startLambkin({
    args: ["--drain-delay", "600", "--no-audit", "--log-level", "info", "--log-format", "json"],
  });
  const state = async (route: string) => {
    const answer = await fetch(`${server.endpoint}/_lambkin/${route}`);
    return `${answer.status} ${((await answer.json()) as { status: string }).status}`;
  };
  assert.equal(await state("ready"), "200 ready");
  const ended = server.end("SIGTERM");
  await eventually(async () => ((await state("ready")) === "503 draining" ? true : undefined), {
    what: "the server drains",
  });
  assert.equal(await state("live"), "200 live");
  const s3 = new S3Client({ ...server.client, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: "still-served" }));
  s3.destroy();
  // What comes at once may be the same signal twice, so it is sent until it counts.
  const again = setInterval(() => void server.end("SIGTERM"), 100);
  const code = await ended.finally(() => clearInterval(again));
  assert.equal(code, 1);
  const events = server
    .errorOutput()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => (JSON.parse(line) as { event: string }).event);
  assert.deepEqual(events, ["the server is ready", "the server drains"]);
  assert.match(server.errorOutput(), /a second signal came/);
  assert.ok(!(await readdir(server.dataDirectory)).includes("audit"), "--no-audit keeps an audit log");
});

test("an invocation that outlives --drain-timeout does not keep the server", async () => {
  await using server = await startLambkin({ args: ["--drain-timeout", "1"] });
  const lambda = new LambdaClient({ ...server.client, maxAttempts: 1 });
  await createFunction(
    lambda,
    "sleeps",
    "export const handler = () => new Promise((r) => setTimeout(r, 55_000));",
  );
  const invocation = invoke(lambda, "sleeps", "{}").then(
    () => assert.fail("it had no time to end"),
    () => undefined,
  );
  await eventually(
    async () => {
      const metrics = readMetrics(await (await fetch(`${server.endpoint}/_lambkin/metrics`)).text());
      return metrics.value("lambkin_environments", { state: "busy" }) === 1 ? true : undefined;
    },
    { what: "the function runs" },
  );
  const begun = performance.now();
  assert.equal(await server.end("SIGTERM"), 0, server.errorOutput());
  assert.ok(performance.now() - begun < 50_000, "the server waited for the function");
  await invocation;
  lambda.destroy();
});
