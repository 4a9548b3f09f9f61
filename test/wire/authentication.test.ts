import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { IAMClient, ListRolesCommand } from "@aws-sdk/client-iam";
import { GetFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { Clock } from "../../src/base/index.ts";
import { systemClock } from "../../src/base/index.ts";
import { type EchoDoor, ISSUED, openEchoDoor } from "./kit/echo-door.ts";
import { exchange, requestText } from "./kit/raw.ts";

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const wrong: Keys = { accessKeyId: ISSUED.accessKeyId, secretAccessKey: "wrong" };
const issued: Keys = { accessKeyId: ISSUED.accessKeyId, secretAccessKey: ISSUED.secretAccessKey };

let offsetMs = 0;
const clock: Clock = { ...bound(systemClock), now: () => Date.now() + offsetMs };

function bound(inner: Clock): Clock {
  return {
    now: () => inner.now(),
    monotonicMs: () => inner.monotonicMs(),
    after: (delayMs, callback) => inner.after(delayMs, callback),
  };
}

let friendly: EchoDoor;
let secure: EchoDoor;
before(async () => {
  friendly = await openEchoDoor({ clock });
  secure = await openEchoDoor({ secure: true, clock });
  for (const echo of [friendly, secure]) {
    for (const operation of ["Invoke", "GetFunction", "ListTables", "ListRoles", "GetCallerIdentity"]) {
      echo.answer(operation, () => ({}));
    }
    echo.answer("GetObject", () => ({ Body: "data" }));
    echo.answer("PutObject", async (input) => {
      await buffer(input.Body);
      return {};
    });
  }
});
after(async () => {
  await friendly.close();
  await secure.close();
});

const settings = (echo: EchoDoor, credentials: Keys) => ({
  endpoint: echo.endpoint,
  region: "eu-west-1",
  credentials,
  maxAttempts: 1,
});

/** One call of each service; gives the errors' names and statuses, or "ok". */
async function callAll(echo: EchoDoor, keys: Keys): Promise<Record<string, string>> {
  const calls = {
    lambda: () =>
      new LambdaClient(settings(echo, keys)).send(new InvokeCommand({ FunctionName: "f", Payload: "{}" })),
    arn: () =>
      new LambdaClient(settings(echo, keys)).send(
        new GetFunctionCommand({ FunctionName: "arn:aws:lambda:eu-west-1:000000000000:function:f" }),
      ),
    dynamodb: () => new DynamoDBClient(settings(echo, keys)).send(new ListTablesCommand({})),
    iam: () => new IAMClient(settings(echo, keys)).send(new ListRolesCommand({ PathPrefix: "/a+=,.@b/" })),
    sts: () => new STSClient(settings(echo, keys)).send(new GetCallerIdentityCommand({})),
    s3: () =>
      new S3Client({ ...settings(echo, keys), forcePathStyle: true }).send(
        new PutObjectCommand({ Bucket: "b", Key: "a b/ü+(1)", Body: "x" }),
      ),
  };
  const results: Record<string, string> = {};
  for (const [name, call] of Object.entries(calls)) {
    results[name] = await call().then(
      () => "ok",
      (error: Error & { $metadata?: { httpStatusCode?: number } }) =>
        `${error.$metadata?.httpStatusCode} ${error.name}`,
    );
  }
  return results;
}

const allOk = { lambda: "ok", arn: "ok", dynamodb: "ok", iam: "ok", sts: "ok", s3: "ok" };

describe("keys", () => {
  it("test is account 000000000000, a number is the account of that number, others the default", async () => {
    for (const [accessKeyId, account] of [
      ["test", "000000000000"],
      ["123456789012", "123456789012"],
      ["AKIAIOSFODNN7EXAMPLE", "000000000000"],
      ["ASIAIOSFODNN7EXAMPLE", "000000000000"],
    ] as const) {
      assert.deepEqual(await callAll(friendly, { accessKeyId, secretAccessKey: "any" }), allOk);
      const { identity, region, account: seen } = friendly.last().context;
      assert.equal(seen, account);
      assert.equal(identity.arn, `arn:aws:iam::${account}:root`);
      assert.equal(region, "eu-west-1");
    }
  });

  it("that were issued are verified, on a friendly and on a secure server", async () => {
    for (const echo of [friendly, secure]) {
      assert.deepEqual(await callAll(echo, issued), allOk);
      assert.equal(echo.last().context.identity.arn, ISSUED.identity.arn);
      assert.deepEqual(await callAll(echo, wrong), {
        lambda: "403 InvalidSignatureException",
        arn: "403 InvalidSignatureException",
        dynamodb: "400 InvalidSignatureException",
        iam: "403 SignatureDoesNotMatch",
        sts: "403 SignatureDoesNotMatch",
        s3: "403 SignatureDoesNotMatch",
      });
    }
  });

  it("that were not issued are refused by a secure server", async () => {
    for (const accessKeyId of ["test", "123456789012", "AKIAIOSFODNN7EXAMPLE"]) {
      assert.deepEqual(await callAll(secure, { accessKeyId, secretAccessKey: "any" }), {
        lambda: "403 UnrecognizedClientException",
        arn: "403 UnrecognizedClientException",
        dynamodb: "400 UnrecognizedClientException",
        iam: "403 InvalidClientTokenId",
        sts: "403 InvalidClientTokenId",
        s3: "403 InvalidAccessKeyId",
      });
    }
  });
});

describe("temporary credentials", () => {
  const session = {
    roleArn: "arn:aws:iam::444455556666:role/path/worker",
    roleId: "AROAEXAMPLE",
    sessionName: "s1",
    durationSeconds: 900,
  };

  /** The client wants dates where credentials have numbers. */
  const assume = (echo: EchoDoor) => {
    const { expiration: _, ...keys } = echo.credentials.assumeRole(session);
    return keys;
  };

  it("are verified without a store and tell the role", async () => {
    const keys = assume(friendly);
    assert.match(keys.accessKeyId, /^ASIA[A-Z2-7]{16}$/);
    for (const echo of [friendly, secure]) {
      assert.deepEqual(await callAll(echo, keys), allOk);
      const { identity } = echo.last().context;
      assert.equal(identity.arn, "arn:aws:sts::444455556666:assumed-role/worker/s1");
      assert.equal(identity.userId, "AROAEXAMPLE:s1");
      assert.equal(identity.account, "444455556666");
      const result = await callAll(echo, { ...keys, secretAccessKey: "wrong" });
      assert.equal(result["lambda"], "403 InvalidSignatureException");
    }
  });

  it("with a changed, foreign or missing token are refused, also by a friendly server", async () => {
    const keys = assume(friendly);
    const other = assume(friendly);
    const bytes = Buffer.from(keys.sessionToken, "base64");
    bytes[40] = (bytes[40] as number) ^ 1;
    const refused = {
      lambda: "403 UnrecognizedClientException",
      arn: "403 UnrecognizedClientException",
      dynamodb: "400 UnrecognizedClientException",
      iam: "403 InvalidClientTokenId",
      sts: "403 InvalidClientTokenId",
      s3: "400 InvalidToken",
    };
    assert.deepEqual(await callAll(friendly, { ...keys, sessionToken: bytes.toString("base64") }), refused);
    assert.deepEqual(await callAll(friendly, { ...keys, sessionToken: other.sessionToken }), refused);
    const { accessKeyId, secretAccessKey } = keys;
    assert.deepEqual(await callAll(friendly, { accessKeyId, secretAccessKey }), {
      ...refused,
      s3: "403 InvalidAccessKeyId",
    });
  });

  it("expire", async () => {
    const keys = assume(friendly);
    const found = await friendly.credentials.find(keys.accessKeyId, keys.sessionToken);
    assert.notEqual(found, "expired");
    offsetMs = 901_000;
    try {
      assert.equal(await friendly.credentials.find(keys.accessKeyId, keys.sessionToken), "expired");
      const results = await callAll(friendly, keys);
      assert.equal(results["lambda"], "403 ExpiredTokenException");
      assert.equal(results["sts"], "403 ExpiredToken");
      assert.equal(results["s3"], "400 ExpiredToken");
    } finally {
      offsetMs = 0;
    }
  });
});

describe("presigned addresses", () => {
  const s3 = (keys: Keys, echo = secure) => new S3Client({ ...settings(echo, keys), forcePathStyle: true });

  it("work without headers, until they expire", async () => {
    const get = await getSignedUrl(s3(issued), new GetObjectCommand({ Bucket: "b", Key: "a b+c/ü" }), {
      expiresIn: 60,
    });
    assert.equal(await (await fetch(get)).text(), "data");
    assert.equal(secure.last().input["Key"], "a b+c/ü");
    const put = await getSignedUrl(s3(issued), new PutObjectCommand({ Bucket: "b", Key: "k" }), {
      expiresIn: 60,
    });
    assert.equal((await fetch(put, { method: "PUT", body: "hello" })).status, 200);
    offsetMs = 61_000;
    try {
      const late = await fetch(get);
      assert.equal(late.status, 403);
      assert.match(await late.text(), /<Code>AccessDenied<\/Code><Message>Request has expired<\/Message>/);
      const friendlyGet = await getSignedUrl(
        s3({ accessKeyId: "test", secretAccessKey: "x" }, friendly),
        new GetObjectCommand({ Bucket: "b", Key: "k" }),
        { expiresIn: 1, signingDate: new Date() },
      );
      assert.equal((await fetch(friendlyGet)).status, 403, "expiry holds for unchecked keys too");
    } finally {
      offsetMs = 0;
    }
  });

  it("carry headers that their signer moved into the address", async () => {
    const command = new PutObjectCommand({
      Bucket: "b",
      Key: "k",
      Metadata: { colour: "dark red" },
      StorageClass: "STANDARD_IA",
    });
    const put = await getSignedUrl(s3(issued), command, { expiresIn: 60 });
    assert.match(put, /x-amz-checksum-crc32=AAAAAA/, "the checksum of no body, which S3 ignores");
    const answer = await fetch(put, { method: "PUT", body: "hello" });
    assert.equal(answer.status, 200, await answer.text());
    const { input } = secure.last();
    assert.deepEqual(input["Metadata"], { colour: "dark red" });
    assert.equal(input["StorageClass"], "STANDARD_IA");
    assert.equal(input["ChecksumCRC32"], undefined);
  });

  it("of signature version 2 are S3's only, expire and can't be bent", async () => {
    const expires = Math.floor(Date.now() / 1000) + 60;
    const resource = "/b/a%20b?versionId=v";
    const signature = createHmac("sha1", ISSUED.secretAccessKey)
      .update(`GET\n\n\n${expires}\n${resource}`)
      .digest("base64");
    const parameters = new URLSearchParams({
      AWSAccessKeyId: ISSUED.accessKeyId,
      Signature: signature,
      Expires: String(expires),
    });
    const get = `${secure.endpoint}${resource}&${parameters.toString()}`;
    assert.equal(await (await fetch(get)).text(), "data");
    assert.equal(secure.last().context.account, ISSUED.identity.account);
    for (const [bent, code] of [
      [get.replace("a%20b", "c"), "SignatureDoesNotMatch"],
      [get.replace("versionId=v", "versionId=w"), "SignatureDoesNotMatch"],
      [get.replace(`Expires=${expires}`, `Expires=${expires + 1}`), "SignatureDoesNotMatch"],
      [get.replace(`Expires=${expires}`, "Expires=1"), "AccessDenied"],
      [get.replace(`Expires=${expires}`, "Expires=x"), "AccessDenied"],
      [get.replace(ISSUED.accessKeyId, "AKIAUNKNOWN"), "InvalidAccessKeyId"],
    ] as const) {
      const answer = await fetch(bent);
      assert.equal(answer.status, 403);
      assert.match(await answer.text(), new RegExp(`<Code>${code}</Code>`));
    }
    assert.equal((await fetch(get, { method: "DELETE" })).status, 403);
    const virtual = await exchange(
      secure.port,
      requestText(`GET ${get.slice(secure.endpoint.length + 2)}`, { Host: "b.localhost" }),
    );
    assert.equal(virtual.status, 200, virtual.body);
    const lambda = await fetch(`${secure.endpoint}/2015-03-31/functions?${parameters.toString()}`);
    assert.equal(lambda.headers.get("x-amzn-errortype"), "MissingAuthenticationTokenException");
  });

  it("can't be bent", async () => {
    const get = await getSignedUrl(s3(issued), new GetObjectCommand({ Bucket: "b", Key: "k" }), {
      expiresIn: 60,
    });
    for (const bent of [
      get.replace("/b/k", "/b/other"),
      get.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"),
      `${get}&versionId=1`,
      get.replace(/X-Amz-Signature=./, "X-Amz-Signature=z"),
      get.replace(/X-Amz-Signature=[0-9a-f]+/, "X-Amz-Signature=00"),
    ]) {
      const answer = await fetch(bent);
      assert.equal(answer.status, 403, bent);
      assert.match(await answer.text(), /SignatureDoesNotMatch/);
    }
    assert.equal((await fetch(get, { method: "DELETE" })).status, 403);
    const put = await getSignedUrl(s3(issued), new PutObjectCommand({ Bucket: "b", Key: "k" }), {
      expiresIn: 60,
    });
    const copied = await fetch(put, { method: "PUT", headers: { "x-amz-copy-source": "/secret/key" } });
    assert.equal(copied.status, 403);
    assert.match(await copied.text(), /HeadersNotSigned>x-amz-copy-source/);
  });

  it("name what is wrong with their parameters", async () => {
    const get = await getSignedUrl(s3(issued), new GetObjectCommand({ Bucket: "b", Key: "k" }), {
      expiresIn: 60,
    });
    for (const [bent, message] of [
      [get.replace("X-Amz-Expires=60", "X-Amz-Expires=x"), "X-Amz-Expires should be a number"],
      [get.replace("X-Amz-Expires=60", "X-Amz-Expires=-1"), "X-Amz-Expires must be non-negative"],
      [get.replace("X-Amz-Expires=60", "X-Amz-Expires=604801"), "X-Amz-Expires must be less than a week"],
      [get.replace(/&X-Amz-Date=[^&]+/, ""), "Query-string authentication version 4 requires"],
    ] as const) {
      const answer = await fetch(bent);
      assert.equal(answer.status, 400);
      const text = await answer.text();
      assert.ok(text.includes("<Code>AuthorizationQueryParametersError</Code>"), text);
      assert.ok(text.includes(message), text);
    }
  });
});

describe("clocks that differ", () => {
  it("are refused in each service's words", async () => {
    for (const [ms, early] of [
      [16 * 60_000, false],
      [-16 * 60_000, true],
    ] as const) {
      offsetMs = ms;
      try {
        const lambda = new LambdaClient(settings(secure, issued));
        const error = await lambda.send(new GetFunctionCommand({ FunctionName: "f" })).catch((e: Error) => e);
        assert.equal((error as Error).name, "InvalidSignatureException");
        assert.match(
          (error as Error).message,
          early
            ? /^Signature not yet current: \d{8}T\d{6}Z is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 15 min\.\)$/
            : /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)$/,
        );
        const results = await callAll(secure, issued);
        assert.equal(results["s3"], "403 RequestTimeTooSkewed");
        assert.equal(results["sts"], "403 SignatureDoesNotMatch");
      } finally {
        offsetMs = 0;
      }
    }
  });

  it("are corrected by clients, because Date is the server's", async () => {
    offsetMs = 3_600_000;
    try {
      const lambda = new LambdaClient({ ...settings(secure, issued), maxAttempts: 2 });
      const answer = await lambda.send(new GetFunctionCommand({ FunctionName: "f" }));
      assert.equal(answer.$metadata.attempts, 2);
    } finally {
      offsetMs = 0;
    }
  });
});

describe("broken signatures", () => {
  const credential = (service: string) => `AKIA/20260101/us-east-1/${service}/aws4_request`;
  const rows: readonly (readonly [string, string, number, string])[] = [
    ["lambda", `AWS4-HMAC-SHA256 Credential=${credential("lambda")}`, 403, "IncompleteSignatureException"],
    [
      "dynamodb",
      `AWS4-HMAC-SHA256 Credential=${credential("dynamodb")}`,
      400,
      "IncompleteSignatureException",
    ],
    ["iam", `AWS4-HMAC-SHA256 Credential=${credential("iam")}`, 400, "IncompleteSignature"],
    ["s3", `AWS4-HMAC-SHA256 Credential=${credential("s3")}`, 400, "AuthorizationHeaderMalformed"],
    ["s3", "AWS AKIA:abc", 400, "InvalidRequest"],
    [
      "s3",
      "AWS4-HMAC-SHA256 Credential=a/b/s3/aws4_request, SignedHeaders=host, Signature=0",
      400,
      "AuthorizationHeaderMalformed",
    ],
    [
      "lambda",
      `AWS4-HMAC-SHA256 Credential=AKIA/20260101/US%2F../lambda/aws4_request, SignedHeaders=host, Signature=0`,
      403,
      "InvalidSignatureException",
    ],
  ];
  for (const [service, authorization, status, code] of rows) {
    it(`${service}: ${authorization}`, async () => {
      const target: Record<string, string> =
        service === "dynamodb" ? { "X-Amz-Target": "DynamoDB_20120810.ListTables" } : {};
      const answer = await exchange(
        friendly.port,
        requestText(service === "s3" ? "GET /b/k" : "GET /2015-03-31/functions/f?Action=ListRoles", {
          Authorization: authorization,
          "X-Amz-Date": "20260101T000000Z",
          ...target,
        }),
      );
      assert.equal(answer.status, status, answer.body);
      assert.ok(answer.body.includes(code) || answer.headers["x-amzn-errortype"] === code, answer.text);
    });
  }
});

describe("unsigned requests", () => {
  it("are anonymous for S3 on a friendly server, and refused elsewhere", async () => {
    assert.equal((await fetch(`${friendly.endpoint}/b/k`)).status, 200);
    assert.equal(friendly.last().context.identity.kind, "anonymous");
    assert.equal(friendly.last().context.account, "000000000000");
    const refused = await fetch(`${secure.endpoint}/b/k`);
    assert.equal(refused.status, 403);
    assert.match(await refused.text(), /<Code>AccessDenied<\/Code>/);
    const form = await fetch(friendly.endpoint, {
      method: "POST",
      body: new URLSearchParams({ Action: "ListRoles", Version: "2010-05-08" }),
    });
    assert.equal(form.status, 403);
    assert.match(await form.text(), /<Code>MissingAuthenticationToken<\/Code>/);
    const json = await fetch(friendly.endpoint, {
      method: "POST",
      body: "{}",
      headers: { "x-amz-target": "DynamoDB_20120810.ListTables" },
    });
    assert.equal(json.status, 400);
    assert.match(await json.text(), /#MissingAuthenticationTokenException"/);
  });
});
