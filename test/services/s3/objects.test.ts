import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, it, type TestContext } from "node:test";
import { eventually } from "../../../testkit/eventually.ts";
import { ACCOUNT, body, S3World, s3Context } from "../../../testkit/s3-world.ts";

const BUCKET = "objects";

function md5(content: string | Uint8Array): string {
  return createHash("md5").update(content).digest("hex");
}

describe("objects", () => {
  let s3: S3World;

  before(async () => {
    s3 = await S3World.open();
    await s3.call("CreateBucket", { Bucket: BUCKET });
  });
  after(() => s3.close());

  /** With the bucket and without anything that earlier tests have left to be removed. */
  async function untouched(test: TestContext): Promise<S3World> {
    const world = await S3World.open();
    test.after(() => world.close());
    await world.call("CreateBucket", { Bucket: BUCKET });
    return world;
  }

  it("keeps content, headers, metadata, tags and the default checksum", async () => {
    const put = await s3.call(
      "PutObject",
      {
        Bucket: BUCKET,
        Key: "a/b c.txt",
        Body: body("123456789"),
        ContentType: "text/plain",
        ContentEncoding: "aws-chunked,gzip",
        CacheControl: "max-age=5",
        ContentDisposition: "attachment",
        ContentLanguage: "de",
        Metadata: { Color: "red" },
        Tagging: "team=x&note=a%20b",
        StorageClass: "STANDARD_IA",
      },
      { headers: { expires: "never" } },
    );
    assert.equal(put.ETag, `"${md5("123456789")}"`);
    assert.equal(put.ChecksumCRC64NVME, "rosUhgp5mIg=");
    assert.equal(put.ChecksumType, "FULL_OBJECT");
    const sent: Record<string, string> = {};
    const got = await s3.call(
      "GetObject",
      { Bucket: BUCKET, Key: "a/b c.txt", ChecksumMode: "ENABLED" },
      { setHeader: (name, value) => void (sent[name] = value) },
    );
    assert.equal(await text(got.Body), "123456789");
    assert.equal(got.ContentLength, 9);
    assert.equal(got.ContentType, "text/plain");
    assert.equal(got.ContentEncoding, "gzip");
    assert.equal(got.CacheControl, "max-age=5");
    assert.equal(got.ContentDisposition, "attachment");
    assert.equal(got.ContentLanguage, "de");
    assert.deepEqual(got.Metadata, { color: "red" });
    assert.equal(got.TagCount, 2);
    assert.equal(got.StorageClass, "STANDARD_IA");
    assert.equal(got.ChecksumCRC64NVME, "rosUhgp5mIg=");
    assert.deepEqual(sent, { Expires: "never" });
    assert.equal(got.LastModified.getMilliseconds(), 0);
    const head = await s3.call("HeadObject", { Bucket: BUCKET, Key: "a/b c.txt" });
    assert.equal(head.ContentLength, 9);
    assert.equal(head.ChecksumCRC64NVME, undefined);
    const tags = await s3.call("GetObjectTagging", { Bucket: BUCKET, Key: "a/b c.txt" });
    assert.deepEqual(tags.TagSet, [
      { Key: "team", Value: "x" },
      { Key: "note", Value: "a b" },
    ]);
  });

  it("overrides headers of the answer when asked to", async () => {
    await s3.put(BUCKET, "overrides", "x", { ContentType: "text/plain" });
    const expires = new Date("2030-01-01T00:00:00Z");
    const got = await s3.get(BUCKET, "overrides", {
      ResponseContentType: "image/png",
      ResponseCacheControl: "no-store",
      ResponseContentDisposition: "inline",
      ResponseContentEncoding: "br",
      ResponseContentLanguage: "fr",
      ResponseExpires: expires,
    });
    assert.equal(got.ContentType, "image/png");
    assert.equal(got.CacheControl, "no-store");
    assert.equal(got.ContentDisposition, "inline");
    assert.equal(got.ContentEncoding, "br");
    assert.equal(got.ContentLanguage, "fr");
    assert.equal(got.Expires, expires);
  });

  it("stores the checksum that the sender chose", async () => {
    const put = await s3.put(BUCKET, "sum", "123456789", { ChecksumCRC32C: "4waSgw==" });
    assert.equal(put.ChecksumCRC32C, "4waSgw==");
    const trailing = await s3.call(
      "PutObject",
      { Bucket: BUCKET, Key: "sum", Body: body("123456789") },
      { headers: { "x-amz-trailer": "x-amz-checksum-sha256" } },
    );
    assert.equal(trailing.ChecksumSHA256, createHash("sha256").update("123456789").digest("base64"));
    await assert.rejects(s3.put(BUCKET, "sum", "x", { ChecksumCRC32: "a", ChecksumSHA1: "b" }), {
      code: "InvalidRequest",
      message: "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    });
  });

  it("has empty objects without a body file", async (test) => {
    const own = await untouched(test);
    const put = await own.call("PutObject", { Bucket: BUCKET, Key: "empty" });
    assert.equal(put.ETag, '"d41d8cd98f00b204e9800998ecf8427e"');
    assert.equal((await own.get(BUCKET, "empty")).Body.length, 0);
    assert.deepEqual(await own.bodyFiles(), []);
  });

  it("keeps keys apart that only look alike, and refuses ones that are too long", async () => {
    const keys = [
      "e\u0301",
      "\u00e9",
      " ",
      "a//b",
      "a/b/",
      "/",
      "..",
      "%2e",
      "\ud83d\ude00",
      "a\u0000b",
      "a?b#c&d=e+f",
    ];
    for (const key of keys) await s3.put(BUCKET, key, key);
    for (const key of keys) assert.equal((await s3.get(BUCKET, key)).Body.toString(), key);
    await s3.put(BUCKET, "k".repeat(1024), "x");
    await assert.rejects(s3.put(BUCKET, "\u00e9".repeat(513), "x"), {
      code: "KeyTooLongError",
      status: 400,
      members: { Size: 1026, MaxSizeAllowed: 1024 },
    });
  });

  it("leaves nothing of an upload that fails", async (test) => {
    const own = await untouched(test);
    await own.put(BUCKET, "kept", "before");
    const before = await own.bodyFiles();
    async function* broken() {
      yield Buffer.alloc(100_000, "x");
      throw new Error("the caller is gone");
    }
    await assert.rejects(
      own.call("PutObject", { Bucket: BUCKET, Key: "kept", Body: Readable.from(broken()) }),
      /the caller is gone/,
    );
    await assert.rejects(own.put(BUCKET, "kept", "after", { IfNoneMatch: "*" }), {
      code: "PreconditionFailed",
    });
    await assert.rejects(own.put("no-such-bucket", "kept", "after"), { code: "NoSuchBucket" });
    await eventually(async () => (await own.bodyFiles()).length === before.length || undefined, {
      what: "removal of the bodies",
    });
    assert.deepEqual(await own.bodyFiles(), before);
    assert.equal((await own.get(BUCKET, "kept")).Body.toString(), "before");
  });

  it("refuses more than it takes in one piece before the first byte", async () => {
    await assert.rejects(s3.put(BUCKET, "huge", "x", { ContentLength: 5 * 1024 ** 3 + 1 }), {
      code: "EntityTooLarge",
      members: { ProposedSize: 5 * 1024 ** 3 + 1, MaxSizeAllowed: 5 * 1024 ** 3 },
    });
  });

  it("limits user metadata to 2 KB", async () => {
    await s3.put(BUCKET, "metadata", "x", { Metadata: { a: "b".repeat(2047) } });
    await assert.rejects(s3.put(BUCKET, "metadata", "x", { Metadata: { a: "b".repeat(2048) } }), {
      code: "MetadataTooLarge",
      members: { Size: 2049, MaxSizeAllowed: 2048 },
    });
  });

  it("sends ranges as S3 reads them", async () => {
    await s3.put(BUCKET, "range", "0123456789");
    const cases: [string, string, string | undefined][] = [
      ["bytes=0-0", "0", "bytes 0-0/10"],
      ["bytes=3-5", "345", "bytes 3-5/10"],
      ["bytes=5-", "56789", "bytes 5-9/10"],
      ["bytes=-3", "789", "bytes 7-9/10"],
      ["bytes=-30", "0123456789", "bytes 0-9/10"],
      ["bytes=8-100", "89", "bytes 8-9/10"],
      ["bytes=5-2", "0123456789", undefined],
      ["bytes=0-1,3-4", "0123456789", undefined],
      ["lines=1-2", "0123456789", undefined],
      ["bytes=-", "0123456789", undefined],
    ];
    for (const [range, content, contentRange] of cases) {
      const got = await s3.get(BUCKET, "range", { Range: range });
      assert.equal(got.Body.toString(), content, range);
      assert.equal(got.ContentRange, contentRange, range);
      assert.equal(got.ContentLength, content.length, range);
    }
    for (const range of ["bytes=10-", "bytes=10-20", "bytes=-0"])
      await assert.rejects(s3.get(BUCKET, "range", { Range: range }), {
        code: "InvalidRange",
        status: 416,
        members: { RangeRequested: range, ActualObjectSize: 10 },
        headers: { "Content-Range": "bytes */10" },
      });
    await s3.call("PutObject", { Bucket: BUCKET, Key: "empty" });
    await assert.rejects(s3.get(BUCKET, "empty", { Range: "bytes=0-1" }), { code: "InvalidRange" });
    await assert.rejects(s3.get(BUCKET, "range", { Range: "bytes=0-1", PartNumber: 1 }), {
      code: "InvalidRequest",
    });
    assert.equal((await s3.get(BUCKET, "range", { PartNumber: 1 })).ContentRange, "bytes 0-9/10");
    await assert.rejects(s3.get(BUCKET, "range", { PartNumber: 2 }), {
      code: "InvalidPartNumber",
      status: 416,
      members: { PartNumberRequested: 2, ActualPartCount: 1 },
    });
  });

  it("decrypts any range of a large body", async () => {
    const content = Buffer.from(Array.from({ length: 300_001 }, (_, index) => (index * 31) & 255));
    await s3.put(BUCKET, "large", content);
    for (const [first, last] of [
      [0, 0],
      [15, 17],
      [131_071, 131_073],
      [131_090, 262_150],
      [299_999, 300_000],
    ])
      assert.deepEqual(
        (await s3.get(BUCKET, "large", { Range: `bytes=${first}-${last}` })).Body,
        content.subarray(first, (last ?? 0) + 1),
      );
  });

  it("reads under conditions", async () => {
    const { ETag: etag } = await s3.put(BUCKET, "conditions", "x");
    const { LastModified: modified } = await s3.call("HeadObject", { Bucket: BUCKET, Key: "conditions" });
    const earlier = new Date(modified.getTime() - 1000);
    const other = '"00000000000000000000000000000000"';
    const outcome = async (conditions: object) => {
      try {
        await s3.get(BUCKET, "conditions", conditions);
        return 200;
      } catch (error) {
        return (error as { status: number }).status;
      }
    };
    const cases: [object, number][] = [
      [{ IfMatch: etag }, 200],
      [{ IfMatch: etag.slice(1, -1) }, 200],
      [{ IfMatch: "*" }, 200],
      [{ IfMatch: `${other}, ${etag}` }, 200],
      [{ IfMatch: other }, 412],
      [{ IfNoneMatch: etag }, 304],
      [{ IfNoneMatch: "*" }, 304],
      [{ IfNoneMatch: other }, 200],
      [{ IfModifiedSince: modified }, 304],
      [{ IfModifiedSince: earlier }, 200],
      [{ IfUnmodifiedSince: modified }, 200],
      [{ IfUnmodifiedSince: earlier }, 412],
      [{ IfMatch: etag, IfUnmodifiedSince: earlier }, 200],
      [{ IfNoneMatch: etag, IfModifiedSince: earlier }, 304],
      [{ IfNoneMatch: other, IfModifiedSince: modified }, 200],
    ];
    for (const [conditions, status] of cases)
      assert.equal(await outcome(conditions), status, JSON.stringify(conditions));
    await assert.rejects(s3.get(BUCKET, "conditions", { IfNoneMatch: etag }), {
      status: 304,
      headers: { ETag: etag, "Last-Modified": modified.toUTCString() },
    });
  });

  it("writes under conditions", async () => {
    const first = await s3.put(BUCKET, "guarded", "1", { IfNoneMatch: "*" });
    await assert.rejects(s3.put(BUCKET, "guarded", "2", { IfNoneMatch: "*" }), {
      code: "PreconditionFailed",
      status: 412,
      members: { Condition: "If-None-Match" },
    });
    const second = await s3.put(BUCKET, "guarded", "2", { IfMatch: first.ETag });
    await assert.rejects(s3.put(BUCKET, "guarded", "3", { IfMatch: first.ETag }), {
      code: "PreconditionFailed",
      members: { Condition: "If-Match" },
    });
    await assert.rejects(s3.put(BUCKET, "nothing", "1", { IfMatch: first.ETag }), { code: "NoSuchKey" });
    await assert.rejects(s3.put(BUCKET, "guarded", "1", { IfNoneMatch: first.ETag }), {
      code: "NotImplemented",
      status: 501,
    });
    await assert.rejects(s3.put(BUCKET, "guarded", "1", { IfNoneMatch: "*", IfMatch: "x" }), {
      code: "NotImplemented",
    });
    const deletion = (IfMatch: string) =>
      s3.call("DeleteObject", { Bucket: BUCKET, Key: "guarded", IfMatch });
    await assert.rejects(deletion(first.ETag), { code: "PreconditionFailed" });
    await deletion(second.ETag);
    await assert.rejects(deletion(second.ETag), { code: "NoSuchKey" });
  });

  it("lets exactly one of many writers that expect no object win", async () => {
    const writers = Array.from({ length: 20 }, (_, index) =>
      s3.put(BUCKET, "race", `writer ${index}`, { IfNoneMatch: "*" }).then(
        () => index,
        (error: { code: string }) => assert.equal(error.code, "PreconditionFailed"),
      ),
    );
    const winners = (await Promise.all(writers)).filter((index) => index !== undefined);
    assert.equal(winners.length, 1);
    assert.equal((await s3.get(BUCKET, "race")).Body.toString(), `writer ${winners[0]}`);
  });

  it("finishes a download of an object that is overwritten and deleted meanwhile", async (test) => {
    const own = await untouched(test);
    const content = Buffer.alloc(2_000_000, "old");
    await own.put(BUCKET, "replaced", content);
    const { Body } = await own.call("GetObject", { Bucket: BUCKET, Key: "replaced" });
    const unread = await own.call("GetObject", { Bucket: BUCKET, Key: "replaced" });
    await own.put(BUCKET, "replaced", "new");
    await own.call("DeleteObject", { Bucket: BUCKET, Key: "replaced" });
    const chunks: Buffer[] = [];
    for await (const chunk of Body) chunks.push(chunk);
    assert.ok(Buffer.concat(chunks).equals(content));
    unread.Body.destroy();
    await eventually(async () => (await own.bodyFiles()).length === 0 || undefined, {
      what: "removal of the bodies",
    });
  });

  it("deletes objects one by one and many at once", async () => {
    await s3.put(BUCKET, "gone", "x");
    assert.deepEqual(await s3.call("DeleteObject", { Bucket: BUCKET, Key: "gone" }), {});
    assert.deepEqual(await s3.call("DeleteObject", { Bucket: BUCKET, Key: "gone" }), {});
    await assert.rejects(s3.get(BUCKET, "gone"), {
      code: "NoSuchKey",
      status: 404,
      members: { Key: "gone" },
    });
    const { ETag } = await s3.put(BUCKET, "one", "1");
    await s3.put(BUCKET, "two", "2");
    const Objects = [
      { Key: "one", ETag },
      { Key: "two", ETag },
      { Key: "three" },
      { Key: "four", VersionId: "v" },
      { Key: "five", ETag },
      { Key: "six", VersionId: "null" },
    ];
    const output = await s3.call("DeleteObjects", { Bucket: BUCKET, Delete: { Objects } });
    assert.deepEqual(output.Deleted, [{ Key: "one" }, { Key: "three" }, { Key: "six", VersionId: "null" }]);
    assert.deepEqual(
      output.Errors.map((error: { Key: string; Code: string }) => [error.Key, error.Code]),
      [
        ["four", "NoSuchVersion"],
        ["two", "PreconditionFailed"],
        ["five", "NoSuchKey"],
      ],
    );
    assert.deepEqual(
      await s3.call("DeleteObjects", { Bucket: BUCKET, Delete: { Objects: [{ Key: "two" }], Quiet: true } }),
      {},
    );
    for (const Objects of [[], Array.from({ length: 1001 }, () => ({ Key: "x" }))])
      await assert.rejects(s3.call("DeleteObjects", { Bucket: BUCKET, Delete: { Objects } }), {
        code: "MalformedXML",
      });
  });

  it("knows only the version `null`", async () => {
    await s3.put(BUCKET, "versionless", "x");
    assert.equal((await s3.get(BUCKET, "versionless", { VersionId: "null" })).Body.toString(), "x");
    for (const operation of ["GetObject", "HeadObject", "DeleteObject", "GetObjectTagging"])
      await assert.rejects(s3.call(operation, { Bucket: BUCKET, Key: "versionless", VersionId: "v1" }), {
        code: "InvalidArgument",
        message: "Invalid version id specified",
        members: { ArgumentName: "versionId", ArgumentValue: "v1" },
      });
  });

  it("refuses protections that it does not give", async () => {
    const refused: [object, string][] = [
      [{ ACL: "public-read" }, "AccessControlListNotSupported"],
      [{ GrantRead: "id=1" }, "AccessControlListNotSupported"],
      [{ ServerSideEncryption: "aws:kms" }, "NotImplemented"],
      [{ SSECustomerAlgorithm: "AES256" }, "NotImplemented"],
      [{ ObjectLockMode: "GOVERNANCE" }, "InvalidRequest"],
      [{ StorageClass: "GLACIER" }, "NotImplemented"],
      [{ StorageClass: "COLD" }, "InvalidStorageClass"],
    ];
    for (const [more, code] of refused)
      await assert.rejects(s3.put(BUCKET, "protected", "x", more), { code }, JSON.stringify(more));
    const put = await s3.put(BUCKET, "protected", "x", { ServerSideEncryption: "AES256", ACL: "private" });
    assert.equal(put.ServerSideEncryption, "AES256");
  });

  it("writes nothing of a body to disk in the clear", async () => {
    const secret = "a secret that must not be found ".repeat(8);
    await s3.put(BUCKET, "secret", secret);
    const files = await readdir(s3.directory, { recursive: true, withFileTypes: true });
    const paths = files.filter((file) => file.isFile()).map((file) => path.join(file.parentPath, file.name));
    assert.ok(paths.length > 2);
    for (const file of paths) assert.ok(!(await readFile(file)).includes(secret.slice(0, 32)), file);
  });

  it("lets nobody else near a bucket", async () => {
    await s3.put(BUCKET, "private", "x");
    const other = { account: "999999999999" };
    for (const [operation, input] of [
      ["GetObject", { Bucket: BUCKET, Key: "private" }],
      ["PutObject", { Bucket: BUCKET, Key: "private", Body: body("y") }],
      ["DeleteObject", { Bucket: BUCKET, Key: "private" }],
      ["ListObjectsV2", { Bucket: BUCKET }],
      ["DeleteBucket", { Bucket: BUCKET }],
    ] as const)
      await assert.rejects(
        s3.call(operation, input, other),
        { code: "AccessDenied", status: 403 },
        operation,
      );
    const { identity } = s3Context("GetObject");
    await assert.rejects(
      s3.call(
        "GetObject",
        { Bucket: BUCKET, Key: "private" },
        { identity: { ...identity, kind: "anonymous" } },
      ),
      { code: "AccessDenied" },
    );
    await assert.rejects(s3.get(BUCKET, "private", { ExpectedBucketOwner: "999999999999" }), {
      code: "AccessDenied",
    });
    assert.equal((await s3.get(BUCKET, "private", { ExpectedBucketOwner: ACCOUNT })).Body.toString(), "x");
  });

  it("hands objects to other rooms, up to the size they take", async () => {
    await s3.put(BUCKET, "code.zip", "zip");
    const object = { account: ACCOUNT, region: "us-east-1", bucket: BUCKET, key: "code.zip", mostBytes: 3 };
    assert.equal(Buffer.from(await s3.reader.read(object)).toString(), "zip");
    await assert.rejects(s3.reader.read({ ...object, mostBytes: 2 }), { code: "EntityTooLarge" });
    await assert.rejects(s3.reader.read({ ...object, versionId: "v" }), { code: "NoSuchVersion" });
    await assert.rejects(s3.reader.read({ ...object, key: "none" }), { code: "NoSuchKey" });
    await assert.rejects(s3.reader.read({ ...object, bucket: "none" }), { code: "NoSuchBucket" });
    await assert.rejects(s3.reader.read({ ...object, account: "999999999999" }), { code: "AccessDenied" });
  });
});
