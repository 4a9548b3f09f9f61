import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, test } from "node:test";
import { GetFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { environmentLimits } from "../../src/base/index.ts";
import { eventually } from "../../testkit/eventually.ts";
import { type LambkinServer, startLambkin } from "../../testkit/lambkin-server.ts";
import { createFunctions } from "../../testkit/node-functions.ts";

/** Sends what the event says, byte for byte, to a port of its loopback; or takes part in the theft of an answer. */
const HANDLER = `
const net = require("node:net");
const fs = require("node:fs");
const runtimeApi = () => Number(process.env.AWS_LAMBDA_RUNTIME_API.split(":")[1]);
const endpoint = () => Number(new URL(process.env.AWS_ENDPOINT_URL).port);
const send = (port, text) => new Promise((resolve) => {
  let answer = "";
  const socket = net.connect(port, "127.0.0.1", () => socket.write(text));
  socket.setTimeout(20_000, () => socket.destroy());
  socket.on("data", (data) => (answer += data)).on("error", (error) => resolve(error.code)).on("close", () => resolve(answer));
});
const call = (port, method, path, body = "") =>
  send(port, method + " " + path + " HTTP/1.1\\r\\nhost: 127.0.0.1:" + port + "\\r\\nconnection: close\\r\\n" +
    "authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0\\r\\n" +
    "content-length: " + body.length + "\\r\\n\\r\\n" + body);
const environs = () => fs.readdirSync("/proc").filter((name) => /^\\d+$/.test(name)).map((pid) => {
  try { return fs.readFileSync("/proc/" + pid + "/environ", "latin1"); } catch { return ""; }
});
exports.handler = async (event, context) => {
  if (event.ask) return send(event.runtimeApi ? runtimeApi() : endpoint(), event.ask);
  if (event.forge) return { answer: await call(runtimeApi(), "POST",
    "/2018-06-01/runtime/invocation/" + (event.forge === "own" ? context.awsRequestId : event.forge) + "/response", '"forged"') };
  if (event.hold) {
    await call(endpoint(), "PUT", "/meeting/id", context.awsRequestId);
    while (!(await call(endpoint(), "GET", "/meeting/go")).includes(" 200 ")) await new Promise((r) => setTimeout(r, 20));
    return "genuine";
  }
  if (event.connect) {
    const sockets = Array.from({ length: event.connect }, () => net.connect(endpoint(), "127.0.0.1").on("error", () => {}));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => {
      // Who is not closed at once is answered, at the latest when the others have been closed.
      socket.on("close", resolve).on("data", resolve).write("GET / HTTP/1.1\\r\\nhost: 127.0.0.1:" + endpoint() + "\\r\\n\\r\\n");
    })));
    const open = sockets.filter((socket) => !socket.destroyed && socket.bytesRead > 0).length;
    if (!event.keep) for (const socket of sockets) socket.destroy();
    return { open };
  }
  return { own: process.env.AWS_ACCESS_KEY_ID, readable: environs().join("\\n") };
};`;

const SETTINGS = { MemorySize: 1_769, Timeout: 60 };

async function invokeWith<Answer>(lambda: LambdaClient, name: string, event: object): Promise<Answer> {
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
  );
  const text = Payload?.transformToString() ?? "";
  assert.equal(FunctionError, undefined, text);
  return JSON.parse(text) as Answer;
}

test("functions together leave the server descriptors for its clients, for starts and for each other", async () => {
  // Of these, a fifth is for the endpoint's connections.
  await using server = await startLambkin({
    args: ["--egress", "off"],
    by: ["sh", "-c", 'ulimit -n 800; exec "$@"', "sh"],
  });
  const lambda = new LambdaClient(server.client);
  const hold = (name: string, connect: number) =>
    invokeWith<{ open: number }>(lambda, name, { connect, keep: true }).then(({ open }) => open);
  await createFunctions(server, ["one", "other", "third"], HANDLER, SETTINGS);
  const all = await hold("one", 500);
  assert.ok(all >= 150 && all <= 160, `${all} connections stay open`);
  assert.equal(await hold("other", 70), 70, "whoever has most gives them up");
  assert.equal(await hold("third", 40), 40, "a start, and a few for it");
  const health = await fetch(`${server.endpoint}/_lambkin/health`, { headers: { connection: "close" } });
  assert.equal(health.status, 200);
  assert.doesNotMatch(server.errorOutput(), /EMFILE/);
});

describe("a function's own listeners", () => {
  let server: LambkinServer;
  let lambda: LambdaClient;
  let s3: S3Client;
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "lambkin-inner-"));
    // A pooled process began without the function's variables, so that its environ could not serve as the control.
    server = await startLambkin({ args: ["--egress", "off", "--pool", "off"] });
    lambda = new LambdaClient(server.client);
    s3 = new S3Client({ ...server.client, forcePathStyle: true });
    await createFunctions(server, ["one", "other"], HANDLER, SETTINGS);
  });
  after(async () => {
    lambda.destroy();
    s3.destroy();
    await server[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const invoke = <Answer>(name: string, event: object) => invokeWith<Answer>(lambda, name, event);

  it("serve no administrative route, however it is written", async () => {
    const { Code } = await lambda.send(new GetFunctionCommand({ FunctionName: "one" }));
    const link = new URL(Code?.Location ?? "");
    const { port } = new URL(server.endpoint);
    const routes: [method: string, target: string, signed?: true][] = [
      ["GET", "/_lambkin/health"],
      ["GET", "/_lambkin/live"],
      ["GET", "/_lambkin/ready"],
      ["GET", "/_lambkin/metrics"],
      ["GET", "/_localstack/health"],
      ["GET", `${link.pathname}${link.search}`],
      ["GET", "/_lambkin/usage", true],
      ["GET", "/_lambkin/queue", true],
      ["DELETE", "/_lambkin/queue?function=one", true],
      ["POST", `/_lambkin/backup?to=${join(directory, "backup")}`, true],
    ];
    for (const [method, target, signed] of routes) {
      const written = [
        target,
        target.replace("/_", "//_"),
        target.replace("_", "%5F"),
        `http://127.0.0.1:${port}${target}`,
      ];
      for (const ask of written) {
        const text = request(method, ask, port, signed);
        const answer = await invoke<string>("one", { ask: text });
        // By the service that the request is for by its signature or form: S3, or one that does not exist.
        assert.match(answer, /^HTTP\/1\.1 (4\d\d .*<Code>|501 .*no service called)/s, text);
        assert.match(
          await invoke<string>("one", { ask: text, runtimeApi: true }),
          /^HTTP\/1\.1 40[04] /,
          text,
        );
      }
      const answer = await fetch(`${server.endpoint}${target}`, {
        method,
        headers: signed === true ? signedHeaders(method, target, port) : {},
      });
      await answer.arrayBuffer();
      assert.equal(answer.status, 200, `the control: ${method} ${target}`);
    }
    assert.deepEqual(await readdir(directory), ["backup"], "the control's, written once");
  });

  it("know the requests of their own sandbox alone", async () => {
    await s3.send(new CreateBucketCommand({ Bucket: "meeting" }));
    const held = invoke<string>("one", { hold: true });
    const id = await eventually(
      () =>
        s3.send(new GetObjectCommand({ Bucket: "meeting", Key: "id" })).then(
          ({ Body }) => Body?.transformToString(),
          () => undefined,
        ),
      { what: "the request's id" },
    );
    const { answer } = await invoke<{ answer: string }>("other", { forge: id });
    assert.match(answer, /^HTTP\/1\.1 40[03] /);
    await s3.send(new PutObjectCommand({ Bucket: "meeting", Key: "go", Body: "go" }));
    assert.equal(await held, "genuine");
    assert.equal(await invoke("other", { forge: "own" }), "forged", "the control");
  });

  it("take no more connections of one function than the server can bear of many", async () => {
    const { endpointConnections } = environmentLimits;
    const few = Math.floor(endpointConnections / 2);
    assert.deepEqual(await invoke("one", { connect: few }), { open: few }, "the control");
    const { open } = await invoke<{ open: number }>("one", { connect: endpointConnections + 200 });
    assert.ok(open <= endpointConnections, `${open} connections stay open`);
    assert.deepEqual(await invoke("other", { connect: few }), { open: few }, "nor fewer of others");
    assert.deepEqual(await invoke("one", { connect: few }), { open: few }, "which is over with them");
  });

  it("give no credentials but their own", async () => {
    const [one, other] = await Promise.all(
      ["one", "other"].map((name) => invoke<{ own: string; readable: string }>(name, {})),
    );
    assert.ok(one !== undefined && other !== undefined);
    assert.notEqual(one.own, other.own);
    for (const [self, stranger] of [
      [one, other],
      [other, one],
    ] as const) {
      assert.ok(self.readable.includes(`AWS_ACCESS_KEY_ID=${self.own}`), "the control");
      assert.ok(!self.readable.includes(stranger.own));
      assert.ok(!self.readable.includes("LAMBKIN_LAUNCHER"), "a variable of the server");
    }
  });
});

function request(method: string, target: string, port: string, signed?: true): string {
  const headers = signed === true ? signedHeaders(method, target.replace(/^http:\/\/[^/]+/, ""), port) : {};
  const lines = Object.entries({
    host: `127.0.0.1:${port}`,
    connection: "close",
    "content-length": "0",
    ...headers,
  });
  return `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

/** Signature Version 4 with the root user's development key. */
function signedHeaders(method: string, target: string, port: string): Record<string, string> {
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const mac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${date.slice(0, 8)}/us-east-1/lambkin/aws4_request`;
  const [path, query = ""] = target.split("?");
  const canonicalQuery = [...new URLSearchParams(query)]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join("&");
  const canonical = [
    method,
    path,
    canonicalQuery,
    `host:127.0.0.1:${port}`,
    `x-amz-date:${date}`,
    "",
    "host;x-amz-date",
    hash(""),
  ];
  const key = ["us-east-1", "lambkin", "aws4_request"].reduce(mac, mac("AWS4test", date.slice(0, 8)));
  const signature = mac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash(canonical.join("\n"))}`).toString(
    "hex",
  );
  return {
    "x-amz-date": date,
    authorization: `AWS4-HMAC-SHA256 Credential=test/${scope}, SignedHeaders=host;x-amz-date, Signature=${signature}`,
  };
}
