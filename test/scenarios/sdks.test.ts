import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PublishLayerVersionCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { type LambkinServer, lambkin, startLambkin } from "../../testkit/lambkin-server.ts";
import { seedCache } from "../../testkit/seeded-cache.ts";

// What is installed here stays here.
const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-sdks-"));
const cacheHome = path.join(folder, "cache");
await seedCache(path.join(cacheHome, "lambkin"));
process.env["XDG_CACHE_HOME"] = cacheHome;
after(() => rmSync(folder, { recursive: true, force: true }));

const COMMON_JS = `
const { S3Client, PutObjectCommand, GetObjectCommand } = require("@aws-sdk/client-s3");
const s3 = new S3Client({ forcePathStyle: true });
exports.handler = async ({ key }) => {
  await s3.send(new PutObjectCommand({ Bucket: "shelf", Key: key, Body: "by " + key }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: "shelf", Key: key }));
  return Body.transformToString();
};`;

const ES_MODULE = `
import { S3Client, PutObjectCommand, GetObjectCommand } from "@aws-sdk/client-s3";
const s3 = new S3Client({ forcePathStyle: true });
export const handler = async ({ key }) => {
  await s3.send(new PutObjectCommand({ Bucket: "shelf", Key: key, Body: "by " + key }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: "shelf", Key: key }));
  return Body.transformToString();
};`;

const PYTHON = `
import boto3
s3 = boto3.client("s3")
def handler(event, context):
    s3.put_object(Bucket="shelf", Key=event["key"], Body=b"by " + event["key"].encode())
    return s3.get_object(Bucket="shelf", Key=event["key"])["Body"].read().decode()
`;

interface Listed {
  readonly identifier: string;
  readonly match: string;
  readonly sdk?: string;
}

describe("the SDK of a runtime", () => {
  let server: LambkinServer;
  let lambda: LambdaClient;
  let python: string;

  before(async () => {
    server = await startLambkin();
    lambda = new LambdaClient(server.client);
    await new S3Client({ ...server.client, forcePathStyle: true }).send(
      new CreateBucketCommand({ Bucket: "shelf" }),
    );
    const runtimes = await listed();
    assert.ok(runtimes.every(({ sdk }) => sdk === undefined));
    const found = runtimes.find(
      ({ identifier, match }) => identifier.startsWith("python") && match === "exact",
    );
    assert.ok(found !== undefined, "this machine has no Python that Lambda has");
    python = found.identifier;
    // Functions ran before: what waits for the next one has no SDK.
    await create("without", "nodejs24.x", { "index.mjs": ES_MODULE });
    assert.match((await invoke("without")).text, /Cannot find package '@aws-sdk\/client-s3'/);
    await Promise.all([install("nodejs24.x", "@aws-sdk/client-s3"), install(python, "boto3")]);
  });
  after(async () => await server[Symbol.asyncDispose]());

  async function listed(): Promise<readonly Listed[]> {
    const { code, stdout, stderr } = await lambkin("runtimes", "--json", "--data", server.dataDirectory);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout).runtimes;
  }

  async function install(identifier: string, sdk: string): Promise<void> {
    const { code, stdout, stderr } = await lambkin(
      "runtimes",
      "install",
      identifier,
      "--sdk",
      sdk,
      "--data",
      server.dataDirectory,
    );
    assert.equal(code, 0, stdout + stderr);
  }

  async function create(
    name: string,
    runtime: string,
    files: Record<string, string>,
    layers: string[] = [],
  ): Promise<void> {
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Runtime: runtime as "nodejs24.x",
        Handler: "index.handler",
        Role: "arn:aws:iam::000000000000:role/any",
        Code: { ZipFile: await deploymentPackage(files) },
        Timeout: 30,
        MemorySize: 512,
        Layers: layers,
      }),
    );
    await waitUntilFunctionActiveV2(
      { client: lambda, maxWaitTime: 120, minDelay: 1 },
      { FunctionName: name },
    );
  }

  async function invoke(name: string): Promise<{ readonly text: string; readonly failed: boolean }> {
    const answer = await lambda.send(
      new InvokeCommand({ FunctionName: name, Payload: JSON.stringify({ key: name }) }),
    );
    const text = Buffer.from(answer.Payload ?? []).toString();
    return { text, failed: answer.FunctionError !== undefined };
  }

  async function serves(name: string, expected: string): Promise<void> {
    assert.deepEqual(await invoke(name), { text: JSON.stringify(expected), failed: false });
  }

  it("is listed with its version", async () => {
    const rows = await listed();
    const of = (identifier: string) => rows.find((row) => row.identifier === identifier)?.sdk ?? "";
    assert.match(of("nodejs24.x"), /^@aws-sdk\/client-s3 3\.\d+\.\d+$/);
    assert.match(of(python), /^boto3 1\.\d+\.\d+$/);
    assert.equal(of("nodejs16.x"), "");
  });

  it("is found by require, by import and by Python, and works with S3", async () => {
    await create("common", "nodejs24.x", { "index.js": COMMON_JS });
    await create("module", "nodejs24.x", { "index.mjs": ES_MODULE });
    await create("python", python, { "index.py": PYTHON });
    await serves("common", "by common");
    await serves("module", "by module");
    await serves("python", "by python");
  });

  it("comes after what the package and its layers bring", async () => {
    const own = {
      "node_modules/@aws-sdk/client-s3/package.json": '{"name":"@aws-sdk/client-s3","main":"index.js"}',
      "node_modules/@aws-sdk/client-s3/index.js": 'exports.origin = "the package\'s";',
    };
    const inLayer = Object.entries(own).map(([name, text]) => [
      `nodejs/${name}`,
      text.replace("package's", "layer's"),
    ]);
    const layer = await lambda.send(
      new PublishLayerVersionCommand({
        LayerName: "sdk",
        Content: {
          ZipFile: await deploymentPackage({
            ...Object.fromEntries(inLayer),
            "python/boto3.py": 'origin = "the layer\'s"\n',
          }),
        },
      }),
    );
    const layers = [layer.LayerVersionArn ?? ""];
    const required = 'exports.handler = async () => require("@aws-sdk/client-s3").origin;';
    const imported = 'import sdk from "@aws-sdk/client-s3"; export const handler = async () => sdk.origin;';
    const python3 = "import boto3\ndef handler(event, context):\n    return boto3.origin\n";
    await create("own-common", "nodejs24.x", { ...own, "index.js": required }, layers);
    await create("own-module", "nodejs24.x", { ...own, "index.mjs": imported }, layers);
    await create(
      "own-python",
      python,
      { "boto3.py": 'origin = "the package\'s"\n', "index.py": python3 },
      layers,
    );
    await create("layer-common", "nodejs24.x", { "index.js": required }, layers);
    await create("layer-module", "nodejs24.x", { "index.mjs": imported }, layers);
    await create("layer-python", python, { "index.py": python3 }, layers);
    for (const kind of ["common", "module", "python"]) {
      await serves(`own-${kind}`, "the package's");
      await serves(`layer-${kind}`, "the layer's");
    }
  });

  it("is replaced whole, and stays as it is if its successor can't be had", async () => {
    const sdk = async () => (await listed()).find(({ identifier }) => identifier === python)?.sdk;
    const before = await sdk();
    const failed = await lambkin(
      ...["runtimes", "install", python, "--sdk", "boto3==0.0.0.1", "--data", server.dataDirectory],
    );
    assert.equal(failed.code, 1);
    assert.match(failed.stdout, /No matching distribution found for boto3==0\.0\.0\.1/);
    assert.equal(await sdk(), before);
    await install(python, "jmespath==1.0.1");
    assert.equal(await sdk(), "jmespath 1.0.1");
    const names = readdirSync(path.join(folder, "cache", "lambkin", "sdks"));
    assert.equal(names.filter((name) => name.startsWith(`.${python}`)).length, 1, names.join(" "));
    const code = "import jmespath\ndef handler(event, context):\n    return jmespath.search('key', event)\n";
    await create("again", python, { "index.py": code });
    await serves("again", "again");
  });
});
