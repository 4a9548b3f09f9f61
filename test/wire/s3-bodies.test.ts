import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { DeleteObjectsCommand, PutObjectCommand, S3Client, UploadPartCommand } from "@aws-sdk/client-s3";
import { createChecksum } from "../../src/base/index.ts";
import type { PayloadStream } from "../../src/wire/index.ts";
import { type EchoDoor, ISSUED, openEchoDoor } from "./kit/echo-door.ts";
import { exchange, requestText } from "./kit/raw.ts";

let echo: EchoDoor;
let received: Buffer | undefined;
let stream: PayloadStream | undefined;
before(async () => {
  echo = await openEchoDoor();
  const keep = async (input: { Body: PayloadStream }) => {
    received = undefined;
    stream = input.Body;
    received = await buffer(input.Body);
    return {};
  };
  echo.answer("PutObject", keep);
  echo.answer("UploadPart", keep);
  echo.answer("DeleteObjects", () => ({}));
  echo.answer("PutBucketTagging", () => ({}));
});
after(() => echo.close());

const client = (options: object = {}) =>
  new S3Client({
    endpoint: echo.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: ISSUED.accessKeyId, secretAccessKey: ISSUED.secretAccessKey },
    maxAttempts: 1,
    forcePathStyle: true,
    ...options,
  });

const data = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31) & 0xff));

describe("bodies of the client", () => {
  for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const) {
    it(`${algorithm}, in a header and in a trailer`, async () => {
      const checksum = createChecksum(algorithm);
      checksum.update(data);
      const wanted = { algorithm, value: checksum.digest().toString("base64") };
      for (const Body of [data, Readable.from([data.subarray(0, 100_001), data.subarray(100_001)])]) {
        await client().send(
          new PutObjectCommand({
            Bucket: "b",
            Key: "k",
            Body,
            ContentLength: data.length,
            ContentEncoding: "gzip",
            ChecksumAlgorithm: algorithm,
          }),
        );
        assert.deepEqual(received, data);
        assert.deepEqual(stream?.checksum, wanted);
        assert.equal(stream?.announcedBytes, data.length);
        const { input } = echo.last();
        assert.equal(input["ContentEncoding"], "gzip", "aws-chunked is no encoding of the object");
        assert.equal(input["ContentLength"], data.length);
      }
    });
  }

  it("without a checksum, and empty", async () => {
    const plain = client({ requestChecksumCalculation: "WHEN_REQUIRED" });
    await plain.send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: data }));
    assert.deepEqual(received, data);
    assert.equal(stream?.checksum, undefined);
    await plain.send(new PutObjectCommand({ Bucket: "b", Key: "k" }));
    assert.deepEqual(received, Buffer.alloc(0));
    await client().send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: "" }));
    assert.deepEqual(received, Buffer.alloc(0));
  });

  it("of a part", async () => {
    const part = { Bucket: "b", Key: "k", PartNumber: 7, UploadId: "u", Body: data };
    await client().send(new UploadPartCommand(part));
    assert.deepEqual(received, data);
    assert.equal(echo.last().input["PartNumber"], 7);
  });

  it("with the wrong checksum", async () => {
    for (const [header, code] of [
      [{ ChecksumCRC32: "AAAAAA==" }, "BadDigest"],
      [{ ChecksumSHA256: createHash("sha256").update("x").digest("base64") }, "BadDigest"],
      [{ ContentMD5: createHash("md5").update("x").digest("base64") }, "BadDigest"],
      [{ ContentMD5: "abc" }, "InvalidDigest"],
      [{ ChecksumCRC32: "AAA=" }, "InvalidRequest"],
      [{ ChecksumCRC32: "AAAAAA==", ChecksumCRC32C: "AAAAAA==" }, "InvalidRequest"],
    ] as const) {
      const plain = client({ requestChecksumCalculation: "WHEN_REQUIRED" });
      await assert.rejects(
        plain.send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: data, ...header })),
        {
          name: code,
        },
      );
      assert.equal(received, undefined);
    }
  });

  it("of a request that is no stream are checked too", async () => {
    const remove = { Bucket: "b", Delete: { Objects: [{ Key: "k" }] } };
    await client().send(new DeleteObjectsCommand(remove));
    assert.deepEqual(echo.last().input["Delete"], { Objects: [{ Key: "k" }] });
    const tampering = client();
    tampering.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { body: string };
        request.body = request.body.replace("<Key>k", "<Key>l");
        return next(args);
      },
      { step: "finalizeRequest", priority: "low" },
    );
    await assert.rejects(tampering.send(new DeleteObjectsCommand(remove)), {
      name: "XAmzContentSHA256Mismatch",
    });
  });
});

const put = (headers: Readonly<Record<string, string>>, body = "") =>
  exchange(echo.port, requestText("PUT /b/k", headers, body));
const code = (body: string) => /<Code>(\w+)<\/Code>/.exec(body)?.[1];

describe("framing by hand", () => {
  const streaming = {
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "Content-Encoding": "aws-chunked",
  };
  const trailer = { ...streaming, "x-amz-trailer": "x-amz-checksum-crc32" };

  it("takes chunks and a trailer", async () => {
    const body = "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nx-amz-checksum-crc32:hYfBFg==\r\n\r\n";
    const crc = createChecksum("CRC32");
    crc.update(Buffer.from("abcde"));
    const sent = body.replace("hYfBFg==", crc.digest().toString("base64"));
    const answer = await put({ ...trailer, "x-amz-decoded-content-length": "5" }, sent);
    assert.equal(answer.status, 200, answer.body);
    assert.equal(received?.toString(), "abcde");
    assert.equal(echo.last().input["ContentEncoding"], undefined);
    assert.equal(echo.last().input["ContentLength"], 5);
  });

  for (const [what, headers, body, wanted] of [
    [
      "another length",
      { "x-amz-decoded-content-length": "6" },
      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
      "IncompleteBody",
    ],
    ["too much", { "x-amz-decoded-content-length": "2" }, "3\r\nabc\r\n0\r\n\r\n", "IncompleteBody"],
    ["no last chunk", { "x-amz-decoded-content-length": "3" }, "3\r\nabc\r\n", "IncompleteBody"],
    ["half a chunk", { "x-amz-decoded-content-length": "3" }, "3\r\nab", "IncompleteBody"],
    ["no number", { "x-amz-decoded-content-length": "3" }, "x\r\nabc\r\n", "InvalidRequest"],
    [
      "a huge number",
      { "x-amz-decoded-content-length": "3" },
      "ffffffffffffffffff\r\nabc\r\n",
      "InvalidRequest",
    ],
    ["a longer chunk", { "x-amz-decoded-content-length": "3" }, "2\r\nabc\r\n0\r\n\r\n", "InvalidRequest"],
    ["an endless line", { "x-amz-decoded-content-length": "3" }, `3;${"x".repeat(5000)}`, "InvalidRequest"],
    ["more after the end", { "x-amz-decoded-content-length": "0" }, "0\r\n\r\nabc", "InvalidRequest"],
    [
      "a broken trailer",
      { "x-amz-decoded-content-length": "0" },
      "0\r\nnonsense\r\n\r\n",
      "MalformedTrailerError",
    ],
    ["no length", {}, "0\r\n\r\n", "MissingContentLength"],
  ] as const) {
    it(`refuses ${what}`, async () => {
      received = undefined;
      const answer = await put({ ...streaming, ...headers }, body);
      assert.equal(code(answer.body), wanted, answer.text);
      assert.equal(received, undefined);
    });
  }

  it("refuses a trailer that does not come, or does not hold", async () => {
    const length = { "x-amz-decoded-content-length": "3" };
    const without = await put({ ...trailer, ...length }, "3\r\nabc\r\n0\r\n\r\n");
    assert.equal(code(without.body), "MalformedTrailerError");
    const wrong = await put(
      { ...trailer, ...length },
      "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
    );
    assert.equal(code(wrong.body), "BadDigest");
  });

  it("wants a length, and only known hashes", async () => {
    const unknown = await put({ "Transfer-Encoding": "chunked" }, "3\r\nabc\r\n0\r\n\r\n");
    assert.equal(unknown.status, 411);
    assert.equal(code(unknown.body), "MissingContentLength");
    const odd = await put({ "x-amz-content-sha256": "STREAMING-WHATEVER" }, "abc");
    assert.equal(code(odd.body), "InvalidArgument");
    const hash = createHash("sha256").update("abc").digest("hex");
    assert.equal((await put({ "x-amz-content-sha256": hash }, "abc")).status, 200);
    assert.equal(
      code((await put({ "x-amz-content-sha256": hash }, "abd")).body),
      "XAmzContentSHA256Mismatch",
    );
  });

  it("asks for the body only when it will be read", async () => {
    const expect = { Expect: "100-continue" };
    const good = await put({ ...expect, "Content-Length": "3" }, "abc");
    assert.match(good.text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
    const bad = await put({ ...expect, "Content-Length": "3", "x-amz-content-sha256": "nonsense" });
    assert.match(bad.text, /^HTTP\/1\.1 400 /);
    assert.equal(bad.headers["connection"], "close");
  });
});

describe("XML bodies", () => {
  const tagging = (body: string) => exchange(echo.port, requestText("PUT /b?tagging", {}, body));
  const good =
    '<?xml version="1.0"?><Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>a&amp;&#x20AC;</Key><Value><![CDATA[<b>]]></Value></Tag></TagSet></Tagging>';

  it("are read with references and CDATA", async () => {
    assert.equal((await tagging(good)).status, 200);
    assert.deepEqual(echo.last().input["Tagging"], { TagSet: [{ Key: "a&\u20ac", Value: "<b>" }] });
  });

  for (const [what, body] of [
    ["an unclosed element", "<Tagging><TagSet>"],
    ["wrong nesting", "<Tagging><TagSet></Tagging></TagSet>"],
    ["no XML", "nonsense"],
    ["two roots", `${good.slice(21)}${good.slice(21)}`],
    ["an unknown entity", good.replace("&amp;", "&xxe;")],
    ["a document type", `<!DOCTYPE a [<!ENTITY x "y">]>${good.slice(21)}`],
    ["an external entity", `<!DOCTYPE a SYSTEM "file:///etc/passwd">${good.slice(21)}`],
    ["a bad character", good.replace("&#x20AC;", "&#xD800;")],
    ["deep nesting", "<a>".repeat(100_000)],
    ["a missing element", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>"],
  ] as const) {
    it(`with ${what} are refused`, async () => {
      const answer = await tagging(body);
      assert.equal(answer.status, 400);
      assert.equal(code(answer.body), "MalformedXML");
    });
  }

  it("are missed when they are needed", async () => {
    const answer = await exchange(echo.port, requestText("PUT /b?tagging", { "Content-Length": "0" }));
    assert.equal(code(answer.body), "MissingRequestBodyError");
  });

  it("may not be too large", async () => {
    const answer = await exchange(echo.port, requestText("PUT /b?tagging", { "Content-Length": "99999999" }));
    assert.equal(code(answer.body), "MaxMessageLengthExceeded");
  });
});
