import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { eventually } from "../../testkit/eventually.ts";
import { lambkin, startLambkin } from "../../testkit/lambkin-server.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-command-"));
after(() => rmSync(folder, { recursive: true, force: true }));

async function createFunction(
  lambda: LambdaClient,
  name: string,
  source: string,
  timeout = 30,
): Promise<void> {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/any",
      Timeout: timeout,
      Code: { ZipFile: await deploymentPackage({ "index.mjs": source }) },
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 120, minDelay: 1 }, { FunctionName: name });
}

test("wrong use exits with 2 and one clear line, failure with 1", async () => {
  for (const args of [
    ["nonsense"],
    ["start", "--port", "many"],
    ["start", "--data", "x", "--ephemeral"],
    ["start", "--frobnicate"],
    ["invoke"],
    ["logs", "--since", "yesterday"],
  ]) {
    const { code, stderr } = await lambkin(...args);
    assert.equal(code, 2, `lambkin ${args.join(" ")}`);
    assert.match(stderr, /^lambkin/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }
  const nobody = path.join(folder, "nobody-here");
  const { code, stdout } = await lambkin(
    "status",
    "--json",
    "--endpoint",
    "http://127.0.0.1:9",
    "--data",
    nobody,
  );
  assert.equal(code, 1);
  assert.deepEqual(JSON.parse(stdout), { status: "stopped", endpoint: "http://127.0.0.1:9" });
  assert.equal((await lambkin("help")).code, 0);
  assert.match((await lambkin("start", "--help")).stdout, /--secure/);
});

test("a second start on the same data directory fails and says why", async () => {
  await using server = await startLambkin();
  const { code, stderr } = await lambkin("start", "--port", "0", "--data", server.dataDirectory);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`${server.pid}`));
  assert.equal((await fetch(`${server.endpoint}/_lambkin/health`)).status, 200);
});

test("a taken port is said clearly and leaves nothing locked", async () => {
  const blocker = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => blocker.once("listening", resolve));
  const { port } = blocker.address() as { port: number };
  const data = path.join(folder, "taken-port");
  const { code, stderr } = await lambkin("start", "--port", String(port), "--data", data);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`port ${port} .* is taken`));
  blocker.close();
  await using server = await startLambkin({ dataDirectory: data });
  assert.ok(server.endpoint);
});

test("status, env, invoke, logs, usage and stop work against a running server", async () => {
  const server = await startLambkin();
  try {
    const at = ["--endpoint", server.endpoint];
    // This month and this day, which is what is shown otherwise, may end before the test.
    const ofTest = [...at, "--from", new Date(Date.now() - 60_000).toISOString()];
    const lambda = new LambdaClient(server.client);
    await createFunction(
      lambda,
      "echo",
      `export const handler = async (event) => { if (event.fail) throw new RangeError("asked to"); console.log("saw", event.word); return event; };`,
    );

    const answered = await lambkin("invoke", "echo", '{"word":"lamb"}', ...at);
    assert.equal(answered.code, 0, answered.stderr);
    assert.deepEqual(JSON.parse(answered.stdout), { word: "lamb" });
    assert.match(answered.stderr, /INFO\tsaw lamb/);
    const failed = await lambkin("invoke", "echo", '{"fail":true}', "--json", ...at);
    assert.equal(failed.code, 1);
    assert.equal(JSON.parse(failed.stdout).functionError, "Unhandled");
    const queued = await lambkin("invoke", "echo", '{"word":"later"}', "--async", ...at);
    assert.equal(queued.code, 0);
    assert.match(
      (await lambkin("invoke", "nobody", ...at)).stderr,
      /ResourceNotFoundException: Function not found/,
    );

    await eventually(
      async () => ((await lambkin("logs", "echo", ...at)).stdout.includes("saw later") ? true : undefined),
      { what: "the log of the asynchronous invocation" },
    );
    // Of what it logs while it still runs nothing is charged yet.
    const usage = await eventually(
      async () => {
        const told = JSON.parse((await lambkin("usage", "--json", ...ofTest)).stdout);
        return told.total.requests >= 3 ? told : undefined;
      },
      { what: "the usage of the asynchronous invocation" },
    );
    assert.equal(usage.total.requests, 3);
    assert.equal(usage.rows[0].errors, 1);
    assert.equal(usage.total.cost.total, 0, "the free tier covers it");
    const charged = JSON.parse((await lambkin("usage", "--json", "--no-free-tier", ...ofTest)).stdout);
    assert.ok(charged.total.cost.total > 0);
    assert.match((await lambkin("usage", ...at)).stdout, /function +version +architecture +requests/);
    const csv = (await lambkin("usage", "--csv", "--by", "function,day", ...ofTest)).stdout.split("\r\n");
    assert.match(csv[0] ?? "", /^function,day,requests,.*,cost\.total,currency$/);
    const days = csv.slice(1).filter((row) => row !== "");
    for (const row of days) assert.match(row, /^echo,\d{4}-\d{2}-\d{2},\d,0,\d,.*,USD$/);
    const sum = (column: number) => days.reduce((all, row) => all + Number(row.split(",")[column]), 0);
    assert.deepEqual([sum(2), sum(4)], [3, 1]);
    assert.match(
      (await lambkin("usage", "--by", "colour", ...at)).stderr,
      /`by` takes account, region, function/,
    );

    const status = JSON.parse((await lambkin("status", "--json", ...at)).stdout);
    assert.equal(status.pid, server.pid);
    assert.equal(status.services.lambda, "running");
    const environment = await lambkin("env", ...at);
    assert.match(environment.stdout, new RegExp(`^export AWS_ENDPOINT_URL='${server.endpoint}'$`, "m"));
    assert.match(environment.stdout, new RegExp(`^export LAMBKIN_ENDPOINT='${server.endpoint}'$`, "m"));
    const localstack = await (await fetch(`${server.endpoint}/_localstack/health`)).json();
    assert.equal((localstack as { services: { s3: string } }).services.s3, "available");

    // Reserved for documentation (RFC 5737): nothing is sent, since the server can't be of this machine.
    const elsewhere = await lambkin("stop", "--endpoint", "http://192.0.2.1:4566");
    assert.equal(elsewhere.code, 1);
    assert.match(elsewhere.stderr, /another machine's/);
    // A server that was killed left its address, where now another one listens.
    const left = mkdtempSync(path.join(folder, "left-"));
    const none = await lambkin("stop", "--data", left);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /no server answers on the data directory /);
    writeFileSync(path.join(left, "server.json"), JSON.stringify({ pid: 1, endpoint: server.endpoint }));
    assert.equal((await lambkin("stop", "--data", left)).code, 1);
    assert.equal((await lambkin("status", "--data", left)).code, 1);

    const stopped = await lambkin("stop", "--json", ...at);
    assert.equal(stopped.code, 0, stopped.stderr);
    assert.equal(JSON.parse(stopped.stdout).stopped, true);
    assert.equal(await server.end("SIGTERM"), 0);
  } finally {
    await server[Symbol.asyncDispose]();
  }
});

test("SIGTERM lets what runs finish", async () => {
  const server = await startLambkin();
  try {
    const lambda = new LambdaClient(server.client);
    const marker = path.join(folder, "slow");
    await createFunction(
      lambda,
      "slow",
      `export const handler = async () => { console.log("begun ${marker}"); await new Promise((r) => setTimeout(r, 1500)); return "done"; };`,
    );
    const running = lambda.send(new InvokeCommand({ FunctionName: "slow" }));
    await eventually(
      async () => {
        const { environments } = (await (await fetch(`${server.endpoint}/_lambkin/health`)).json()) as {
          environments: { total: number };
        };
        return environments.total === 1 ? true : undefined;
      },
      { what: "the environment of the running invocation" },
    );
    const ended = server.end("SIGTERM");
    assert.equal(Buffer.from((await running).Payload ?? []).toString(), '"done"');
    assert.equal(await ended, 0);
  } finally {
    await server[Symbol.asyncDispose]();
  }
});

test("nothing is left of a server that is killed", async () => {
  const server = await startLambkin();
  try {
    const lambda = new LambdaClient(server.client);
    const token = `lambkin-orphan-${process.pid}-${Date.now()}`;
    await createFunction(
      lambda,
      "orphan",
      `import { spawn } from "node:child_process";
       export const handler = async () => { process.title = "${token}"; spawn("/bin/sh", ["-c", "sleep 600 # ${token}"], { detached: true }); return 1; };`,
    );
    await lambda.send(new InvokeCommand({ FunctionName: "orphan" }));
    assert.notEqual(processesNaming(token), 0, "the control: the function's processes are there");
    await server.end("SIGKILL");
    await eventually(() => (processesNaming(token) === 0 ? true : undefined), {
      what: "the end of the function's processes",
    });
  } finally {
    await server[Symbol.asyncDispose]();
  }
});

function processesNaming(token: string): number {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(token);
    } catch {
      return false;
    }
  }).length;
}

test("queue shows the events that wait for another attempt, and drops them", async () => {
  await using server = await startLambkin();
  const at = ["--endpoint", server.endpoint];
  const lambda = new LambdaClient(server.client);
  await createFunction(
    lambda,
    "failing",
    "export const handler = async () => { throw new Error('always'); };",
  );
  await lambda.send(new InvokeCommand({ FunctionName: "failing", InvocationType: "Event" }));
  const functionArn = "arn:aws:lambda:us-east-1:000000000000:function:failing";
  const shown = JSON.parse((await lambkin("queue", "--json", ...at)).stdout);
  assert.deepEqual(shown, { functions: [{ functionArn, events: 1 }] });
  assert.match((await lambkin("queue", ...at)).stdout, /function +events\n.*:failing +1/s);
  assert.equal(
    (await lambkin("queue", "--purge", "failing", ...at)).stdout,
    `1 events of ${functionArn} dropped\n`,
  );
  assert.equal((await lambkin("queue", ...at)).stdout, "no asynchronous events wait\n");
  assert.equal((await lambkin("queue", "--purge", "not a name", ...at)).code, 1);
  const elsewhere = new LambdaClient({ ...server.client, region: "eu-west-1" });
  await createFunction(
    elsewhere,
    "failing",
    "export const handler = async () => { throw new Error('always'); };",
  );
  await elsewhere.send(new InvokeCommand({ FunctionName: "failing", InvocationType: "Event" }));
  assert.equal(
    (await lambkin("queue", "--purge", "failing", "--region", "eu-west-1", ...at)).stdout,
    `1 events of ${functionArn.replace("us-east-1", "eu-west-1")} dropped\n`,
  );
  lambda.destroy();
  elsewhere.destroy();
});
