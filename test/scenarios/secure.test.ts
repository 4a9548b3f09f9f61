/** Who may call what: everything is verified with `--secure`, and keys choose accounts without it. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { GetObjectCommand, S3 } from "@aws-sdk/client-s3";
import { STS } from "@aws-sdk/client-sts";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { environmentLimits, serverLimits } from "../../src/base/index.ts";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { type LambkinServer, startLambkin } from "../../testkit/lambkin-server.ts";

interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
    { Effect: "Allow", Principal: { AWS: "000000000000" }, Action: "sts:AssumeRole" },
  ],
});

function clients({ endpoint }: LambkinServer, credentials: Key) {
  const settings = { endpoint, region: "us-east-1", credentials, maxAttempts: 1 };
  return {
    s3: new S3({ ...settings, forcePathStyle: true }),
    dynamodb: new DynamoDB(settings),
    lambda: new Lambda(settings),
    logs: new CloudWatchLogs(settings),
    iam: new IAM(settings),
    sts: new STS(settings),
  };
}

/** One harmless call of each service. */
function probes(server: LambkinServer, key: Key): Record<string, () => Promise<unknown>> {
  const { s3, dynamodb, lambda, logs, iam, sts } = clients(server, key);
  return {
    s3: () => s3.listBuckets({}),
    dynamodb: () => dynamodb.listTables({}),
    lambda: () => lambda.listFunctions({}),
    logs: () => logs.describeLogGroups({}),
    iam: () => iam.listRoles({}),
    sts: () => sts.getCallerIdentity({}),
  };
}

async function failure(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    return `${$metadata?.httpStatusCode} ${name}`;
  }
  return "no failure";
}

async function failures(server: LambkinServer, key: Key): Promise<Record<string, string>> {
  const found = Object.entries(probes(server, key)).map(
    async ([service, probe]) => [service, await failure(probe())] as const,
  );
  return Object.fromEntries(await Promise.all(found));
}

const NOTHING_FAILS = Object.fromEntries(
  ["s3", "dynamodb", "lambda", "logs", "iam", "sts"].map((service) => [service, "no failure"]),
);
const UNKNOWN_KEY = {
  s3: "403 InvalidAccessKeyId",
  dynamodb: "400 UnrecognizedClientException",
  lambda: "403 UnrecognizedClientException",
  logs: "400 UnrecognizedClientException",
  iam: "403 InvalidClientTokenId",
  sts: "403 InvalidClientTokenId",
};
const WRONG_SECRET = {
  s3: "403 SignatureDoesNotMatch",
  dynamodb: "400 InvalidSignatureException",
  lambda: "403 InvalidSignatureException",
  logs: "400 InvalidSignatureException",
  iam: "403 SignatureDoesNotMatch",
  sts: "403 SignatureDoesNotMatch",
};

/** A request with exactly these headers, as a browser or a stranger might send it. */
function plain(
  endpoint: string,
  headers: Record<string, string>,
  target = "/_lambkin/health",
): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path: target, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("lambkin start --secure", () => {
  const dataDirectory = mkdtempSync(path.join(os.tmpdir(), "lambkin-secure-"));
  const file = path.join(dataDirectory, "root-credentials.json");
  let server: LambkinServer;
  let root: Key;
  before(async () => {
    server = await startLambkin({ dataDirectory, args: ["--secure"] });
    root = JSON.parse(readFileSync(file, "utf8")) as Key;
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(dataDirectory, { recursive: true, force: true });
  });

  test("makes root credentials that only their owner can read, and that work", async () => {
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.match(root.accessKeyId, /^AKIA[A-Z2-7]{16}$/);
    assert.deepEqual(await failures(server, root), NOTHING_FAILS);
    const { Arn } = await clients(server, root).sts.getCallerIdentity({});
    assert.equal(Arn, "arn:aws:iam::000000000000:root");
  });

  test("refuses strangers and wrong secrets in each service's words", async () => {
    for (const accessKeyId of ["test", "123456789012", "AKIAABCDEFGHIJKLMNOP", "ASIAABCDEFGHIJKLMNOP"])
      assert.deepEqual(
        await failures(server, { accessKeyId, secretAccessKey: "x" }),
        UNKNOWN_KEY,
        accessKeyId,
      );
    const wrong = { ...root, secretAccessKey: `${root.secretAccessKey.slice(0, -1)}!` };
    assert.deepEqual(await failures(server, wrong), WRONG_SECRET);
    const unsigned = await plain(server.endpoint, {}, "/bucket/key");
    assert.equal(unsigned.status, 403);
    assert.match(unsigned.body, /<Code>AccessDenied<\/Code>/);
    const headless = await plain(server.endpoint, {}, "/2015-03-31/functions/");
    assert.equal(headless.status, 403);
    assert.match(headless.body, /Missing Authentication Token/);
  });

  test("refuses requests that were changed on their way, and presigned addresses past their time", async () => {
    const { s3, dynamodb } = clients(server, root);
    dynamodb.middlewareStack.add(
      (next) => (args) => {
        const changed = args.request as { body: Uint8Array | string };
        changed.body = new TextDecoder().decode(changed.body as Uint8Array).replace("Limit", "LImit");
        return next(args);
      },
      { step: "finalizeRequest", priority: "low", name: "tamper" },
    );
    assert.equal(await failure(dynamodb.listTables({ Limit: 5 })), "400 InvalidSignatureException");

    await s3.createBucket({ Bucket: "vault" });
    await s3.putObject({ Bucket: "vault", Key: "secret.txt", Body: "gold" });
    const command = new GetObjectCommand({ Bucket: "vault", Key: "secret.txt" });
    const good = await getSignedUrl(s3, command, { expiresIn: 60 });
    assert.equal(await (await fetch(good)).text(), "gold");
    const other = await fetch(good.replace("secret.txt", "other.txt"));
    assert.equal(other.status, 403);
    assert.match(await other.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
    const longer = await fetch(good.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"));
    assert.equal(longer.status, 403);
    const past = await getSignedUrl(s3, command, {
      expiresIn: 60,
      signingDate: new Date(Date.now() - 120_000),
    });
    const expired = await fetch(past);
    assert.equal(expired.status, 403);
    assert.match(await expired.text(), /<Code>AccessDenied<\/Code><Message>Request has expired<\/Message>/);
  });

  test("verifies the keys of users and the sessions of roles", async () => {
    const { iam } = clients(server, root);
    await iam.createUser({ UserName: "dev" });
    const { AccessKey: issued } = await iam.createAccessKey({ UserName: "dev" });
    const user = { accessKeyId: issued?.AccessKeyId ?? "", secretAccessKey: issued?.SecretAccessKey ?? "" };
    assert.deepEqual(await failures(server, user), NOTHING_FAILS);
    assert.deepEqual(await failures(server, { ...user, secretAccessKey: "no" }), WRONG_SECRET);

    const { Role } = await iam.createRole({ RoleName: "app", AssumeRolePolicyDocument: TRUST });
    const { Credentials } = await clients(server, user).sts.assumeRole({
      RoleArn: Role?.Arn,
      RoleSessionName: "dev",
    });
    const session: Key = {
      accessKeyId: Credentials?.AccessKeyId ?? "",
      secretAccessKey: Credentials?.SecretAccessKey ?? "",
      sessionToken: Credentials?.SessionToken ?? "",
    };
    assert.deepEqual(await failures(server, session), NOTHING_FAILS);
    assert.deepEqual(await failures(server, { ...session, secretAccessKey: "no" }), WRONG_SECRET);
    const forged = { ...session, sessionToken: Buffer.from("{}".padEnd(200)).toString("base64") };
    assert.deepEqual(await failures(server, forged), { ...UNKNOWN_KEY, s3: "400 InvalidToken" });

    await iam.updateAccessKey({ UserName: "dev", AccessKeyId: user.accessKeyId, Status: "Inactive" });
    assert.deepEqual(await failures(server, user), UNKNOWN_KEY);
    await iam.updateAccessKey({ UserName: "dev", AccessKeyId: user.accessKeyId, Status: "Active" });
    assert.deepEqual(await failures(server, user), NOTHING_FAILS);
    await iam.deleteAccessKey({ UserName: "dev", AccessKeyId: user.accessKeyId });
    assert.deepEqual(await failures(server, user), UNKNOWN_KEY);
  });

  test("gives functions credentials of their role, which hold for their account only", async () => {
    const { iam, lambda, dynamodb } = clients(server, root);
    const { Role } = await iam.createRole({ RoleName: "function", AssumeRolePolicyDocument: TRUST });
    await dynamodb.createTable({
      TableName: "seen-from-inside",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "k", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "k", KeyType: "HASH" }],
    });
    const invoke = await createCaller(lambda, Role?.Arn ?? "");
    const listed = await invoke({});
    assert.equal(listed.status, 200, listed.body);
    assert.deepEqual(JSON.parse(listed.body), { TableNames: ["seen-from-inside"] });
    const tampered = await invoke({ tamper: true });
    assert.match(tampered.body, /InvalidSignatureException/);
    const health = await invoke({ get: "/_lambkin/health" });
    assert.notEqual(health.status, 200);
    // Somebody else's credentials are no better from inside: the connection stands for one account.
    const stranger = await invoke({ key: { accessKeyId: "123456789012", secretAccessKey: "x" } });
    assert.equal(stranger.status, 400);
    assert.match(stranger.body, /UnrecognizedClientException|AccessDeniedException/);

    // Fixed as long as the environment is there, longer than it may be; a new init has new ones.
    const given = async () =>
      JSON.parse((await invoke({ tell: true })).body) as Key & { sessionToken: string };
    const first = await given();
    assert.deepEqual(await given(), first);
    await assert.rejects(invoke({ exit: true }), /Runtime exited/);
    const renewed = await given();
    assert.notEqual(renewed.accessKeyId, first.accessKeyId);
    assert.equal((await invoke({})).body, listed.body);
    for (const key of [first, renewed]) {
      assert.deepEqual(await failures(server, key), NOTHING_FAILS);
      const { Arn } = await clients(server, key).sts.getCallerIdentity({});
      assert.match(Arn ?? "", /^arn:aws:sts::\d{12}:assumed-role\/function\/caller$/);
    }
    assert.notDeepEqual(
      await failures(server, { ...renewed, sessionToken: first.sessionToken }),
      NOTHING_FAILS,
    );
    const longestMs = environmentLimits.lifetimeMs + 900_000;
    assert.ok(serverLimits.functionCredentialsSeconds * 1_000 > longestMs);
  });

  test("refuses foreign names of itself and foreign pages", async () => {
    assert.equal((await plain(server.endpoint, {})).status, 200);
    const rebound = await plain(server.endpoint, { host: "evil.example" });
    assert.equal(rebound.status, 403, rebound.body);
    const page = await plain(server.endpoint, { origin: "https://evil.example" });
    assert.equal(page.status, 403, page.body);
  });

  test("keeps its root credentials over a restart", async () => {
    await server.end("SIGTERM");
    server = await startLambkin({ dataDirectory, args: ["--secure"] });
    assert.equal((JSON.parse(readFileSync(file, "utf8")) as Key).accessKeyId, root.accessKeyId);
    assert.deepEqual(await failures(server, root), NOTHING_FAILS);
  });
});

/** Makes the function `caller`; what comes back invokes it. */
async function createCaller(lambda: Lambda, role: string) {
  await lambda.createFunction({
    FunctionName: "caller",
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Role: role,
    Timeout: 20,
    Code: { ZipFile: await deploymentPackage({ "index.mjs": CALLER }) },
  });
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 120, minDelay: 1 },
    { FunctionName: "caller" },
  );
  return async (event: object) => {
    const { Payload, FunctionError } = await lambda.invoke({
      FunctionName: "caller",
      Payload: JSON.stringify(event),
      // With it the answer comes last, when the environment is free for the next invocation.
      LogType: "Tail",
    });
    const text = Buffer.from(Payload ?? []).toString();
    assert.equal(FunctionError, undefined, text);
    return JSON.parse(text) as { status: number; body: string };
  };
}

/** Signs a request to DynamoDB by hand: functions carry no SDK here. */
const CALLER = `
import { createHash, createHmac } from "node:crypto";
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const hash = (text) => createHash("sha256").update(text).digest("hex");
export async function handler(event) {
  const endpoint = new URL(process.env.AWS_ENDPOINT_URL);
  if (event.exit) process.exit(1);
  if (event.get) {
    try {
      const answer = await fetch(new URL(event.get, endpoint));
      return { status: answer.status, body: await answer.text() };
    } catch (error) {
      return { status: 0, body: String(error) };
    }
  }
  const key = event.key ?? {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID,
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
    sessionToken: process.env.AWS_SESSION_TOKEN,
  };
  if (event.tell) return { status: 200, body: JSON.stringify(key) };
  const body = "{}";
  const date = new Date().toISOString().replace(/[-:]|\\.\\d+/g, "");
  const scope = date.slice(0, 8) + "/us-east-1/dynamodb/aws4_request";
  const headers = {
    "content-type": "application/x-amz-json-1.0",
    host: endpoint.host,
    "x-amz-date": date,
    ...(key.sessionToken ? { "x-amz-security-token": key.sessionToken } : {}),
    "x-amz-target": "DynamoDB_20120810.ListTables",
  };
  const names = Object.keys(headers).sort();
  const canonical = ["POST", "/", "", ...names.map((name) => name + ":" + headers[name]), "", names.join(";"), hash(body)].join("\\n");
  let signing = "AWS4" + key.secretAccessKey;
  for (const part of scope.split("/")) signing = hmac(signing, part);
  const signature = hmac(signing, ["AWS4-HMAC-SHA256", date, scope, hash(canonical)].join("\\n")).toString("hex");
  const answer = await fetch(endpoint, {
    method: "POST",
    body: event.tamper ? '{"Limit":1}' : body,
    headers: {
      ...headers,
      authorization: "AWS4-HMAC-SHA256 Credential=" + key.accessKeyId + "/" + scope + ", SignedHeaders=" + names.join(";") + ", Signature=" + signature,
    },
  });
  return { status: answer.status, body: await answer.text() };
}
`;

describe("lambkin start", () => {
  let server: LambkinServer;
  before(async () => {
    server = await startLambkin();
  });
  after(() => server[Symbol.asyncDispose]());
  const as = (accessKeyId: string) => clients(server, { accessKeyId, secretAccessKey: "anything" });

  test("takes twelve digits for an account and any other key for 000000000000", async () => {
    for (const [key, account] of [
      ["test", "000000000000"],
      ["123456789012", "123456789012"],
      ["AKIAIOSFODNN7EXAMPLE", "000000000000"],
      ["1234", "000000000000"],
    ] as const) {
      const identity = await as(key).sts.getCallerIdentity({});
      assert.deepEqual([identity.Account, identity.Arn], [account, `arn:aws:iam::${account}:root`]);
    }
  });

  test("shows no account what is another's", async () => {
    const [one, other] = [as("111111111111"), as("222222222222")];
    await one.s3.createBucket({ Bucket: "of-one" });
    await one.s3.putObject({ Bucket: "of-one", Key: "k", Body: "v" });
    await one.dynamodb.createTable({
      TableName: "shared-name",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "k", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "k", KeyType: "HASH" }],
    });
    await one.lambda.createFunction({
      FunctionName: "f",
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::111111111111:role/r",
      Code: { ZipFile: await deploymentPackage({ "index.mjs": "export const handler = () => 1;" }) },
    });
    await one.logs.createLogGroup({ logGroupName: "shared-name" });
    await one.iam.createRole({ RoleName: "shared-name", AssumeRolePolicyDocument: TRUST });

    assert.deepEqual((await other.s3.listBuckets({})).Buckets ?? [], []);
    assert.equal(await failure(other.s3.getObject({ Bucket: "of-one", Key: "k" })), "403 AccessDenied");
    assert.equal(await failure(other.s3.createBucket({ Bucket: "of-one" })), "409 BucketAlreadyExists");
    assert.deepEqual((await other.dynamodb.listTables({})).TableNames, []);
    assert.equal(
      await failure(other.dynamodb.describeTable({ TableName: "shared-name" })),
      "400 ResourceNotFoundException",
    );
    assert.deepEqual((await other.lambda.listFunctions({})).Functions, []);
    assert.equal(
      await failure(other.lambda.getFunction({ FunctionName: "f" })),
      "404 ResourceNotFoundException",
    );
    assert.equal(
      await failure(
        other.lambda.invoke({ FunctionName: "arn:aws:lambda:us-east-1:111111111111:function:f" }),
      ),
      "403 AccessDeniedException",
    );
    assert.deepEqual((await other.logs.describeLogGroups({})).logGroups, []);
    assert.deepEqual((await other.iam.listRoles({})).Roles, []);
    // The same names are free in the other account.
    await other.logs.createLogGroup({ logGroupName: "shared-name" });
    await other.iam.createRole({ RoleName: "shared-name", AssumeRolePolicyDocument: TRUST });
    assert.equal((await one.iam.listRoles({})).Roles?.[0]?.Arn, "arn:aws:iam::111111111111:role/shared-name");
  });

  test("keeps functions inside their account, whatever key they sign with", async () => {
    const invoke = await createCaller(as("333333333333").lambda, "arn:aws:iam::333333333333:role/r");
    const own = await invoke({});
    assert.deepEqual([own.status, own.body], [200, '{"TableNames":[]}']);
    const same = await invoke({ key: { accessKeyId: "333333333333", secretAccessKey: "x" } });
    assert.equal(same.status, 200, same.body);
    const foreign = await invoke({ key: { accessKeyId: "111111111111", secretAccessKey: "x" } });
    assert.equal(foreign.status, 400);
    assert.match(foreign.body, /AccessDeniedException/);
  });

  test("verifies the keys that it issued, and refuses foreign pages as well", async () => {
    const { iam } = as("test");
    await iam.createUser({ UserName: "u" });
    const { AccessKey: issued } = await iam.createAccessKey({ UserName: "u" });
    const user = { accessKeyId: issued?.AccessKeyId ?? "", secretAccessKey: issued?.SecretAccessKey ?? "" };
    assert.deepEqual(await failures(server, user), NOTHING_FAILS);
    assert.deepEqual(await failures(server, { ...user, secretAccessKey: "no" }), WRONG_SECRET);
    const page = await plain(server.endpoint, { origin: "https://evil.example" }, "/bucket");
    assert.equal(page.status, 403, page.body);
    const rebound = await plain(server.endpoint, { host: "evil.example" }, "/bucket");
    assert.equal(rebound.status, 403, rebound.body);
  });
});
