import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { MODELLED_SERVICES } from "../../scripts/generate/services.ts";
import type { ServiceName } from "../../src/wire/index.ts";
import { loadModel } from "../../src/wire/model/registry.ts";
import type { StructureShape, Target } from "../../src/wire/model/table.ts";
import { HostNames } from "../../src/wire/routing/host-names.ts";
import { type EchoDoor, openEchoDoor } from "./kit/echo-door.ts";
import { exchange, requestText } from "./kit/raw.ts";

/** The client itself refuses to build these without a real host or stream. */
const UNBUILDABLE = new Set(["WriteGetObjectResponse"]);
/** These the client does not sign. */
const UNSIGNED = new Set(["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"]);

let echo: EchoDoor;
before(async () => {
  echo = await openEchoDoor();
});
after(() => echo.close());

/** A value of a shape: the least that the client can serialize. */
function sample(target: Target, depth = 0): unknown {
  const { shape } = target;
  switch (shape.kind) {
    case "string":
      return "abc";
    case "number":
      return 1;
    case "boolean":
      return true;
    case "timestamp":
      return new Date(0);
    case "blob":
      return new Uint8Array([1]);
    case "list":
      return depth > 3 ? [] : [sample(shape.element, depth + 1)];
    case "map":
      return {};
    case "structure":
      return structureSample(shape, depth + 1);
    default:
      return {};
  }
}

function structureSample(shape: StructureShape, depth = 0): Record<string, unknown> {
  const members = shape.union ? shape.members.slice(0, 1) : shape.members.filter(({ required }) => required);
  return Object.fromEntries(members.map((member) => [member.name, sample(member, depth)]));
}

describe("every operation of every client is found", () => {
  for (const service of MODELLED_SERVICES) {
    it(service.name, async () => {
      const client = (await import(service.client)) as Record<string, any>;
      const model = await loadModel(service.name as ServiceName);
      const clientName = Object.keys(client).find((name) => name.endsWith("Client") && name !== "__Client");
      const instance = new client[clientName as string]({
        endpoint: echo.endpoint,
        region: "us-east-1",
        credentials: { accessKeyId: "test", secretAccessKey: "test" },
        maxAttempts: 1,
        forcePathStyle: true,
        disableHostPrefix: true,
      });
      const wrong: string[] = [];
      let count = 0;
      for (const operation of model.operations.values()) {
        if (UNBUILDABLE.has(operation.name) || UNSIGNED.has(operation.name)) continue;
        const Command = client[`${operation.name}Command`];
        const input = structureSample(operation.input);
        if (hasEventStream(operation.input)) continue;
        const error = await instance.send(new Command(input)).then(
          () => new Error("was answered"),
          (thrown: Error) => thrown,
        );
        count++;
        const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
        const found = error.message.includes(`operation ${operation.name} of ${service.name}.`);
        // HEAD has no body, so that the name can't be told.
        const isHead = operation.traits.http?.[0] === "HEAD";
        if (!(found || (isHead && status === 501)))
          wrong.push(`${operation.name}: ${status} ${error.message}`);
      }
      instance.destroy();
      assert.deepEqual(wrong, []);
      assert.ok(count >= model.operations.size - 2, `${count} of ${model.operations.size}`);
    });
  }
});

function hasEventStream(shape: StructureShape): boolean {
  return shape.members.some((member) => member.shape.kind === "structure" && member.traits.streaming === 1);
}

describe("S3 addresses", () => {
  const cases: readonly (readonly [string, string, Record<string, unknown>])[] = [
    ["GET /b", "ListObjects", { Bucket: "b" }],
    ["GET /b/", "ListObjects", { Bucket: "b" }],
    ["GET /b?list-type=2&prefix=a+b%2B", "ListObjectsV2", { Bucket: "b", Prefix: "a b+" }],
    ["GET /b/k", "GetObject", { Bucket: "b", Key: "k" }],
    ["GET /b/k/", "GetObject", { Bucket: "b", Key: "k/" }],
    ["GET /b//k", "GetObject", { Bucket: "b", Key: "/k" }],
    ["GET /b/a//b", "GetObject", { Bucket: "b", Key: "a//b" }],
    ["GET /b/a%2Fb", "GetObject", { Bucket: "b", Key: "a/b" }],
    ["GET /b/a+b%20c", "GetObject", { Bucket: "b", Key: "a+b c" }],
    ["GET /b/../x/./y", "GetObject", { Bucket: "b", Key: "../x/./y" }],
    ["GET /b/%E2%82%AC%25", "GetObject", { Bucket: "b", Key: "\u20ac%" }],
    ["GET /b/k?uploadId=u", "ListParts", { Bucket: "b", Key: "k", UploadId: "u" }],
    ["GET /b/k?versionId=v", "GetObject", { Bucket: "b", Key: "k", VersionId: "v" }],
    ["GET /b?location", "GetBucketLocation", { Bucket: "b" }],
    ["GET /b?location=", "GetBucketLocation", { Bucket: "b" }],
    ["GET /b/location", "GetObject", { Bucket: "b", Key: "location" }],
    ["GET /", "ListBuckets", {}],
    ["DELETE /b/k?uploadId=u", "AbortMultipartUpload", { Bucket: "b", Key: "k", UploadId: "u" }],
    ["DELETE /b/k", "DeleteObject", { Bucket: "b", Key: "k" }],
    ["POST /b/k?uploads", "CreateMultipartUpload", { Bucket: "b", Key: "k" }],
    ["GET /b?notification", "GetBucketNotificationConfiguration", { Bucket: "b" }],
    ["GET /b?inventory", "ListBucketInventoryConfigurations", { Bucket: "b" }],
    ["GET /b?inventory&id=i", "GetBucketInventoryConfiguration", { Bucket: "b", Id: "i" }],
    ["PUT /b", "CreateBucket", { Bucket: "b" }],
  ];
  for (const [line, operation, input] of cases) {
    it(`${line} is ${operation}`, async () => {
      echo.answer(operation, () => ({}));
      const answer = await exchange(echo.port, requestText(line));
      assert.ok(answer.status === 200 || answer.status === 204, answer.text);
      assert.equal(echo.last().context.operation, operation);
      assert.deepEqual(echo.last().input, input);
    });
  }

  it("tells PutObject, CopyObject, UploadPart and UploadPartCopy apart", async () => {
    const headers = { "Content-Length": "0" };
    const copy = { ...headers, "x-amz-copy-source": "/b/k" };
    for (const [line, sent, operation] of [
      ["PUT /b/k", headers, "PutObject"],
      ["PUT /b/k", copy, "CopyObject"],
      ["PUT /b/k?partNumber=1&uploadId=u", headers, "UploadPart"],
      ["PUT /b/k?partNumber=1&uploadId=u", copy, "UploadPartCopy"],
    ] as const) {
      echo.answer(operation, () => ({}));
      const answer = await exchange(echo.port, requestText(line, sent));
      assert.equal(answer.status, 200, answer.body);
      assert.equal(echo.last().context.operation, operation);
    }
  });

  it("takes the bucket from the host", async () => {
    echo.answer("GetObject", () => ({}));
    echo.answer("ListBuckets", () => ({}));
    for (const [host, line, input] of [
      ["b.localhost", "GET /k/x", { Bucket: "b", Key: "k/x" }],
      ["b.localhost", "GET //k", { Bucket: "b", Key: "/k" }],
      ["b.c.s3.localhost:80", "GET /k", { Bucket: "b.c", Key: "k" }],
      ["b.s3.eu-west-1.localhost", "GET /k", { Bucket: "b", Key: "k" }],
      ["s3.localhost", "GET /b/k", { Bucket: "b", Key: "k" }],
      ["mys3.localhost", "GET /k", { Bucket: "mys3", Key: "k" }],
    ] as const) {
      const answer = await exchange(echo.port, requestText(line, { Host: host }));
      assert.equal(answer.status, 200, `${host} ${answer.body}`);
      assert.deepEqual(echo.last().input, input, host);
    }
    await exchange(echo.port, requestText("GET /", { Host: "s3.localhost" }));
    assert.equal(echo.last().context.operation, "ListBuckets");
  });

  it("finds buckets below further names", () => {
    const names = new HostNames(["s3.example.test", "example.test"]);
    assert.equal(names.bucketOf("b.s3.example.test"), "b");
    assert.equal(names.bucketOf("b.s3.us-west-2.example.test"), "b");
    assert.equal(names.bucketOf("b.example.test"), "b");
    assert.equal(names.bucketOf("example.test"), undefined);
    assert.equal(names.bucketOf("127.0.0.1"), undefined);
  });

  it("refuses a path that is no UTF-8", async () => {
    const answer = await exchange(echo.port, requestText("GET /b/%ff"));
    assert.equal(answer.status, 400);
    assert.match(answer.body, /<Code>InvalidURI<\/Code>/);
  });

  it("refuses methods that S3 does not have", async () => {
    const answer = await exchange(echo.port, requestText("PATCH /b/k"));
    assert.equal(answer.status, 405);
    assert.match(answer.body, /<Code>MethodNotAllowed<\/Code>/);
  });
});

describe("Lambda paths", () => {
  const scope = "Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00";
  const headers = { Authorization: `AWS4-HMAC-SHA256 ${scope}`, "X-Amz-Date": "20260101T000000Z" };
  const arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
  for (const [line, name] of [
    ["GET /2015-03-31/functions/f/", "f"],
    [`GET /2015-03-31/functions/${arn}`, arn],
    [`GET /2015-03-31/functions/${encodeURIComponent(arn)}`, arn],
    ["GET /2015-03-31/functions/f:%24LATEST", "f:$LATEST"],
    ["GET /2015-03-31/functions/f:$LATEST/", "f:$LATEST"],
  ] as const) {
    it(`${line} is GetFunction`, async () => {
      echo.answer("GetFunction", () => ({}));
      const answer = await exchange(echo.port, requestText(line, headers));
      assert.equal(answer.status, 200, answer.body);
      assert.equal(echo.last().input["FunctionName"], name);
    });
  }

  it("tells ListLayers and GetLayerVersionByArn apart", async () => {
    echo.answer("ListLayers", () => ({}));
    echo.answer("GetLayerVersionByArn", () => ({}));
    await exchange(echo.port, requestText("GET /2018-10-31/layers?find=x", headers));
    assert.equal(echo.last().context.operation, "ListLayers");
    const layer = "arn:aws:lambda:us-east-1:000000000000:layer:l:1";
    await exchange(echo.port, requestText(`GET /2018-10-31/layers?find=LayerVersion&Arn=${layer}`, headers));
    assert.equal(echo.last().context.operation, "GetLayerVersionByArn");
  });

  it("answers an unknown path with UnknownOperationException", async () => {
    const answer = await exchange(echo.port, requestText("GET /2015-03-31/nothing", headers));
    assert.equal(answer.status, 404);
    assert.equal(answer.headers["x-amzn-errortype"], "UnknownOperationException");
  });

  it("wants a signature", async () => {
    const answer = await exchange(echo.port, requestText("GET /2015-03-31/functions"));
    assert.equal(answer.status, 403);
    assert.deepEqual(JSON.parse(answer.body), { message: "Missing Authentication Token" });
  });
});
