import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { Agent, request } from "node:https";
import { createConnection } from "node:net";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { connect as connectTls } from "node:tls";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { clientEnvironment, clientProgram } from "../../testkit/aws-clients.ts";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { type LambkinServer, lambkin, run, startLambkin } from "../../testkit/lambkin-server.ts";

let server: LambkinServer;
let variables: Record<string, string>;
let ca: string;
let port: number;
before(async () => {
  server = await startLambkin({ args: ["--tls"] });
  const { stdout, stderr } = await lambkin("env", "--json", "--data", server.dataDirectory);
  assert.equal(stderr, "");
  variables = JSON.parse(stdout) as Record<string, string>;
  ca = readFileSync(variables["AWS_CA_BUNDLE"] ?? "", "utf8");
  port = Number(new URL(server.endpoint).port);
});
after(() => server[Symbol.asyncDispose]());

/** What a server presents to whoever calls it by this name; rejects unless the name and the authority hold. */
function presented(toPort: number, trusted: string, servername: string): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port: toPort, host: "127.0.0.1", servername, ca: trusted }, () => {
      resolve(socket.getPeerX509Certificate() as X509Certificate);
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

const health = (options: object): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(`https://localhost:${port}/_lambkin/health`, options, (answer) => {
      answer.resume().once("end", () => resolve(answer.statusCode));
    })
      .once("error", reject)
      .end();
  });

describe("start --tls", () => {
  it("tells clients of an https address and whom to trust", () => {
    assert.match(server.endpoint, /^https:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(variables["AWS_ENDPOINT_URL"], server.endpoint);
    assert.equal(variables["NODE_EXTRA_CA_CERTS"], variables["AWS_CA_BUNDLE"]);
    assert.ok(new X509Certificate(ca).ca);
  });

  it("keeps keys for their owner alone", () => {
    for (const name of ["authority.key", "server.key"]) {
      const { mode } = statSync(path.join(server.dataDirectory, "tls", name));
      assert.equal(mode & 0o777, 0o600, name);
    }
  });

  it("vouches for loopback and for every bucket's host name, and for nobody who does not trust it", async () => {
    for (const name of ["localhost", "bucket.s3.localhost", "bucket.localhost", "a.s3.eu-west-1.localhost"]) {
      const { validTo } = await presented(port, ca, name);
      const days = (Date.parse(validTo) - Date.now()) / 86_400_000;
      assert.ok(days > 30 && days < 100, `${days} days`);
    }
    await assert.rejects(health({}), { code: /SELF_SIGNED|UNABLE_TO/ });
    await assert.rejects(presented(port, ca, "elsewhere.example"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
    assert.equal(await health({ ca }), 200);
    assert.equal(await health({ ca, host: "127.0.0.1" }), 200);
  });

  it("speaks plain HTTP on the same port", async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/_lambkin/health`);
    assert.equal(answer.status, 200);
    const { stdout, code } = await lambkin("status", "--data", server.dataDirectory);
    assert.equal(code, 0, stdout);
  });

  it("speaks HTTP/2 to whoever asks for it", async () => {
    const session = connectHttp2(`https://localhost:${port}`, { ca });
    const stream = session.request({ ":path": "/_lambkin/health" });
    const status = await new Promise((resolve, reject) => {
      stream.once("response", (headers) => resolve(headers[":status"]));
      session.once("error", reject);
    });
    assert.equal(status, 200);
    assert.equal(session.alpnProtocol, "h2");
    session.close();
  });

  it("drops what only looks like TLS, and serves on", async () => {
    await new Promise<void>((resolve) => {
      const socket = createConnection(port, "127.0.0.1");
      socket.on("error", () => undefined).once("close", () => resolve());
      socket.resume().write(Buffer.concat([Buffer.of(0x16), Buffer.alloc(100, 1)]));
    });
    assert.equal(await health({ ca }), 200);
  });

  it("serves the SDK, whose objects' and functions' calls work as ever", async () => {
    const requestHandler = { httpsAgent: new Agent({ ca, keepAlive: true }) };
    const s3 = new S3Client({ ...server.client, requestHandler, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
    const body = "x".repeat(300_000);
    await s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "key", Body: body }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: "bucket", Key: "key" }));
    assert.equal(await Body?.transformToString(), body);

    const lambda = new LambdaClient({ ...server.client, requestHandler });
    const source = `exports.handler = async () => {
      const { status } = await fetch(process.env.AWS_ENDPOINT_URL + "/bucket");
      return { endpoint: process.env.AWS_ENDPOINT_URL, status };
    };`;
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: "f",
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        Role: "arn:aws:iam::000000000000:role/r",
        Timeout: 20,
        Code: { ZipFile: await deploymentPackage({ "index.js": source }) },
      }),
    );
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 120 }, { FunctionName: "f" });
    const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: "f" }));
    const result = JSON.parse(Buffer.from(Payload ?? []).toString()) as { endpoint: string; status: number };
    assert.match(result.endpoint, /^http:\/\/127\.0\.0\.1:/);
    assert.notEqual(result.status, 500);
    s3.destroy();
    lambda.destroy();
  });

  it("serves the AWS CLI and boto3 by what `lambkin env` says", async () => {
    const env = clientEnvironment(server.endpoint, variables);
    const cli = await run(clientProgram("aws"), ["s3api", "create-bucket", "--bucket", "by-cli"], { env });
    assert.equal(cli.code, 0, cli.stderr);
    const script = `import boto3
print([bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]])`;
    const { stdout, stderr } = await run(clientProgram("python"), ["-c", script], { env });
    assert.match(stdout, /by-cli/, stderr);
    const distrustful = await run(clientProgram("aws"), ["s3api", "list-buckets"], {
      env: clientEnvironment(server.endpoint),
    });
    assert.match(distrustful.stderr, /certificate verify failed/i);
  });

  it("keeps its authority over a restart, and serves one's own certificate instead", async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-tls-"));
    const { raw } = await presented(port, ca, "bucket.localhost");
    const pem = `-----BEGIN CERTIFICATE-----\n${raw.toString("base64")}\n-----END CERTIFICATE-----\n`;
    writeFileSync(path.join(folder, "cert.pem"), pem + ca);
    writeFileSync(
      path.join(folder, "key.pem"),
      readFileSync(path.join(server.dataDirectory, "tls/server.key")),
    );
    const own = (cert: string) =>
      startLambkin({
        args: ["--tls-cert", path.join(folder, cert), "--tls-key", path.join(folder, "key.pem")],
      });
    await assert.rejects(own("key.pem"), /the certificate of --tls-cert and --tls-key can't be used/);
    {
      await using other = await own("cert.pem");
      const certificate = await presented(Number(new URL(other.endpoint).port), ca, "bucket.localhost");
      assert.deepEqual(certificate.raw, raw);
      const { stdout } = await lambkin("env", "--json", "--data", other.dataDirectory);
      assert.equal((JSON.parse(stdout) as Record<string, string>)["AWS_CA_BUNDLE"], undefined);
    }
    rmSync(folder, { recursive: true });
    await server.end("SIGTERM");
    await using again = await startLambkin({ dataDirectory: server.dataDirectory, args: ["--tls"] });
    await presented(Number(new URL(again.endpoint).port), ca, "localhost");
  });
});
