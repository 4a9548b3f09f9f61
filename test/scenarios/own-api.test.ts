/** The server's own HTTP API for usage, budgets and the queue: signed requests of the right caller, and no others. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { signRequest } from "../../src/wire/index.ts";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { type LambkinServer, startLambkin } from "../../testkit/lambkin-server.ts";

interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

interface Call {
  readonly method: string;
  readonly target: string;
  readonly body?: string;
  /** What it answers to who may. */
  readonly status?: number;
}

/** What is signed differently, or altered after it. */
interface Tampering {
  readonly signed?: Partial<Parameters<typeof signRequest>[1]>;
  readonly payloadHash?: string;
  readonly sent?: Partial<Call>;
  readonly without?: "signature";
}

const ALL = readFileSync(new URL("../../src/metering/public-prices.json", import.meta.url), "utf8");
const CALLS: readonly Call[] = [
  { method: "GET", target: "/_lambkin/usage?by=function&freeTier=off" },
  { method: "POST", target: "/_lambkin/usage?by=function", body: ALL },
  { method: "PUT", target: "/_lambkin/budgets?name=month", body: '{"amount":10,"period":"month"}' },
  { method: "GET", target: "/_lambkin/budgets" },
  { method: "GET", target: "/_lambkin/queue" },
  { method: "DELETE", target: "/_lambkin/queue?function=failing" },
  { method: "DELETE", target: "/_lambkin/budgets?name=month" },
];
const MINUTE_MS = 60_000;

async function send(
  endpoint: string,
  key: Key,
  { method, target, body }: Call,
  { signed = {}, payloadHash, sent = {}, without }: Tampering = {},
): Promise<{ readonly status: number; readonly error: string | null; readonly text: string }> {
  const url = new URL(target, endpoint);
  const { host: _, ...headers } = signRequest(
    { method, url, headers: {}, body: body ?? "", ...(payloadHash === undefined ? {} : { payloadHash }) },
    { ...key, region: "us-east-1", service: "lambkin", now: Date.now(), ...signed },
  );
  if (without === "signature") delete headers["authorization"];
  const content = sent.body ?? body;
  const response = await fetch(new URL(sent.target ?? target, endpoint), {
    method: sent.method ?? method,
    headers,
    ...(content === undefined ? {} : { body: content }),
  });
  return {
    status: response.status,
    error: response.headers.get("x-amzn-errortype"),
    text: await response.text(),
  };
}

/** Makes a function that fails, so that its event waits for another attempt a minute later. */
async function queueEvent(lambda: Lambda, account: string): Promise<void> {
  await lambda.createFunction({
    FunctionName: "failing",
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Role: `arn:aws:iam::${account}:role/r`,
    Code: {
      ZipFile: await deploymentPackage({ "index.mjs": "export const handler = () => { throw 'no'; };" }),
    },
  });
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 120, minDelay: 1 },
    { FunctionName: "failing" },
  );
  await lambda.invoke({ FunctionName: "failing", InvocationType: "Event", Payload: "{}" });
}

describe("with --secure", () => {
  const dataDirectory = mkdtempSync(path.join(os.tmpdir(), "lambkin-own-api-"));
  let server: LambkinServer;
  let root: Key;
  before(async () => {
    server = await startLambkin({ dataDirectory, args: ["--secure"] });
    root = JSON.parse(readFileSync(path.join(dataDirectory, "root-credentials.json"), "utf8")) as Key;
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(dataDirectory, { recursive: true, force: true });
  });
  const refusals = async (key: Key, tampering: (call: Call) => Tampering, calls = CALLS) => {
    const answers: Record<string, string> = {};
    for (const call of calls) {
      const { status, error } = await send(server.endpoint, key, call, tampering(call));
      answers[`${call.method} ${call.target}`] = `${status} ${error}`;
    }
    return answers;
  };
  const all = (answer: string, calls = CALLS) =>
    Object.fromEntries(calls.map(({ method, target }) => [`${method} ${target}`, answer]));

  test("wrong, altered, unsigned and late requests are refused, and change nothing", async () => {
    const settings = { endpoint: server.endpoint, region: "us-east-1", credentials: root };
    const { Role } = await new IAM(settings).createRole({
      RoleName: "r",
      AssumeRolePolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
        ],
      }),
    });
    await queueEvent(new Lambda(settings), Role?.Arn?.split(":")[4] ?? "");
    const budget = CALLS.find(({ method }) => method === "PUT") as Call;
    assert.equal((await send(server.endpoint, root, budget)).status, 200);

    const signature = "403 InvalidSignatureException";
    const secret = { ...root, secretAccessKey: `${root.secretAccessKey.slice(0, -1)}!` };
    assert.deepEqual(await refusals(secret, () => ({})), all(signature), "another secret");
    const stranger = { accessKeyId: "AKIAABCDEFGHIJKLMNOP", secretAccessKey: "x" };
    assert.deepEqual(
      await refusals(stranger, () => ({})),
      all("403 UnrecognizedClientException"),
      "an unknown key",
    );
    assert.deepEqual(
      await refusals(root, () => ({ without: "signature" })),
      all("403 MissingAuthenticationTokenException"),
      "no signature",
    );
    assert.deepEqual(
      await refusals(root, ({ target }) => ({
        sent: { target: target.includes("?") ? `${target}0` : `${target}?a=b` },
      })),
      all(signature),
      "another query",
    );
    const withBody = CALLS.filter(({ body }) => body !== undefined);
    assert.deepEqual(
      await refusals(root, ({ body = "" }) => ({ sent: { body: body.replace("1", "9") } }), withBody),
      all(signature, withBody),
      "another body",
    );
    assert.deepEqual(
      await refusals(root, () => ({ payloadHash: "UNSIGNED-PAYLOAD" })),
      all(signature),
      "a body that is not signed",
    );
    for (const minutes of [-16, 16]) {
      const now = Date.now() + minutes * MINUTE_MS;
      assert.deepEqual(
        await refusals(root, () => ({ signed: { now } })),
        all(signature),
        `${minutes} minutes`,
      );
    }
    assert.deepEqual(
      await refusals(root, () => ({ signed: { service: "s3" } })),
      all(signature),
      "for another service",
    );

    // None of it has done what it asked for.
    const queue = JSON.parse((await send(server.endpoint, root, CALLS[4] as Call)).text);
    assert.deepEqual(
      queue.functions.map(({ events }: { events: number }) => events),
      [1],
    );
    const { budgets } = JSON.parse((await send(server.endpoint, root, CALLS[3] as Call)).text);
    assert.deepEqual(
      budgets.map(({ name, amount }: { name: string; amount: number }) => [name, amount]),
      [["month", 10]],
    );
    // And who may, may.
    for (const call of CALLS) {
      const { status, text } = await send(server.endpoint, root, call);
      assert.equal(status, 200, `${call.method} ${call.target}: ${text}`);
      if (call.target.includes("?function=")) assert.equal(JSON.parse(text).dropped, 1);
    }
  });

  test("a user sees the account's usage but not all accounts', and no other account's queue", async () => {
    const iam = new IAM({ endpoint: server.endpoint, region: "us-east-1", credentials: root });
    await iam.createUser({ UserName: "u" });
    const { AccessKey: issued } = await iam.createAccessKey({ UserName: "u" });
    const user = { accessKeyId: issued?.AccessKeyId ?? "", secretAccessKey: issued?.SecretAccessKey ?? "" };
    const everything = { method: "GET", target: "/_lambkin/usage?accounts=all" };
    const foreign = {
      method: "DELETE",
      target: "/_lambkin/queue?function=arn:aws:lambda:us-east-1:999999999999:function:f",
    };
    assert.equal((await send(server.endpoint, user, CALLS[0] as Call)).status, 200);
    assert.equal((await send(server.endpoint, user, everything)).status, 403);
    assert.equal((await send(server.endpoint, root, everything)).status, 200);
    for (const key of [user, root]) assert.equal((await send(server.endpoint, key, foreign)).status, 403);
  });
});

describe("without it", () => {
  test("each account has usage, budgets and a queue of its own", async () => {
    await using server = await startLambkin();
    const key = (accessKeyId: string): Key => ({ accessKeyId, secretAccessKey: "x" });
    const one = "111111111111";
    await queueEvent(new Lambda({ ...server.client, credentials: key(one) }), one);
    const ask = async (account: string, call: Call) => {
      const { status, text } = await send(server.endpoint, key(account), call);
      return { status, answer: JSON.parse(text) };
    };
    const budget = {
      method: "PUT",
      target: "/_lambkin/budgets?name=own",
      body: '{"amount":1,"period":"day"}',
    };
    assert.equal((await ask(one, budget)).status, 200);
    const other = "222222222222";
    assert.deepEqual((await ask(other, { method: "GET", target: "/_lambkin/budgets" })).answer.budgets, []);
    assert.equal((await ask(other, { method: "DELETE", target: "/_lambkin/budgets?name=own" })).status, 404);
    assert.deepEqual((await ask(other, { method: "GET", target: "/_lambkin/queue" })).answer.functions, []);
    const purge = { method: "DELETE", target: "/_lambkin/queue?function=failing" };
    assert.equal((await ask(other, purge)).answer.dropped, 0);
    const named = `arn:aws:lambda:us-east-1:${one}:function:failing`;
    assert.equal(
      (await ask(other, { method: "DELETE", target: `/_lambkin/queue?function=${named}` })).status,
      403,
    );
    assert.equal((await ask(one, { method: "GET", target: "/_lambkin/budgets" })).answer.budgets.length, 1);
    assert.equal((await ask(one, purge)).answer.dropped, 1);
  });
});
