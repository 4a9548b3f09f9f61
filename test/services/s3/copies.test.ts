import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { eventually } from "../../../testkit/eventually.ts";
import { S3World } from "../../../testkit/s3-world.ts";

const BUCKET = "copies";

describe("copies", () => {
  let s3: S3World;

  before(async () => {
    s3 = await S3World.open();
    await s3.call("CreateBucket", { Bucket: BUCKET });
  });
  after(() => s3.close());

  const copy = (Key: string, CopySource: string, more: object = {}) =>
    s3.call("CopyObject", { Bucket: BUCKET, Key, CopySource, ...more });

  it("takes content, metadata and tags along, or replaces them", async () => {
    await s3.put(BUCKET, "source", "content", {
      ContentType: "text/plain",
      Metadata: { a: "1" },
      Tagging: "t=1",
      StorageClass: "STANDARD_IA",
      WebsiteRedirectLocation: "/elsewhere",
    });
    const { CopyObjectResult } = await copy("copied", `/${BUCKET}/source`);
    assert.equal(CopyObjectResult.ETag, `"${createHash("md5").update("content").digest("hex")}"`);
    const copied = await s3.get(BUCKET, "copied");
    assert.equal(copied.Body.toString(), "content");
    assert.equal(copied.ContentType, "text/plain");
    assert.deepEqual(copied.Metadata, { a: "1" });
    assert.equal(copied.TagCount, 1);
    assert.equal(copied.StorageClass, undefined);
    assert.equal(copied.WebsiteRedirectLocation, undefined);
    await copy("replaced", `${BUCKET}/source`, {
      MetadataDirective: "REPLACE",
      Metadata: { b: "2" },
      TaggingDirective: "REPLACE",
      Tagging: "x=1&y=2",
      StorageClass: "ONEZONE_IA",
    });
    const replaced = await s3.get(BUCKET, "replaced");
    assert.equal(replaced.ContentType, "binary/octet-stream");
    assert.deepEqual(replaced.Metadata, { b: "2" });
    assert.equal(replaced.TagCount, 2);
    assert.equal(replaced.StorageClass, "ONEZONE_IA");
  });

  it("shares body files between copies until the last is gone", async () => {
    const before = (await s3.bodyFiles()).length;
    await s3.put(BUCKET, "shared-0", "shared");
    for (let index = 1; index < 4; index++) await copy(`shared-${index}`, `${BUCKET}/shared-${index - 1}`);
    assert.equal((await s3.bodyFiles()).length, before + 1);
    for (const index of [0, 2, 1]) await s3.call("DeleteObject", { Bucket: BUCKET, Key: `shared-${index}` });
    assert.equal((await s3.get(BUCKET, "shared-3")).Body.toString(), "shared");
    await s3.reopen();
    assert.equal((await s3.get(BUCKET, "shared-3")).Body.toString(), "shared");
    await s3.call("DeleteObject", { Bucket: BUCKET, Key: "shared-3" });
    await eventually(async () => (await s3.bodyFiles()).length === before || undefined, { what: "removal" });
  });

  it("copies an object onto itself only to change it", async () => {
    await s3.put(BUCKET, "self", "self", { Metadata: { a: "1" } });
    await assert.rejects(copy("self", `${BUCKET}/self`), {
      code: "InvalidRequest",
      message:
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    });
    await copy("self", `${BUCKET}/self`, { MetadataDirective: "REPLACE", Metadata: { a: "2" } });
    const self = await s3.get(BUCKET, "self");
    assert.equal(self.Body.toString(), "self");
    assert.deepEqual(self.Metadata, { a: "2" });
  });

  it("checks the conditions on the source", async () => {
    const { ETag } = await s3.put(BUCKET, "conditional", "x");
    const { LastModified } = await s3.call("HeadObject", { Bucket: BUCKET, Key: "conditional" });
    const earlier = new Date(LastModified.getTime() - 5000);
    const cases: [object, string | undefined][] = [
      [{ CopySourceIfMatch: ETag }, undefined],
      [{ CopySourceIfMatch: "x" }, "x-amz-copy-source-If-Match"],
      [{ CopySourceIfNoneMatch: ETag }, "x-amz-copy-source-If-None-Match"],
      [{ CopySourceIfNoneMatch: "x" }, undefined],
      [{ CopySourceIfModifiedSince: LastModified }, "x-amz-copy-source-If-Modified-Since"],
      [{ CopySourceIfModifiedSince: earlier }, undefined],
      [{ CopySourceIfUnmodifiedSince: earlier }, "x-amz-copy-source-If-Unmodified-Since"],
      [{ CopySourceIfMatch: ETag, CopySourceIfUnmodifiedSince: earlier }, undefined],
    ];
    for (const [conditions, Condition] of cases) {
      const attempt = copy("target", `${BUCKET}/conditional`, conditions);
      if (Condition === undefined) await attempt;
      else await assert.rejects(attempt, { code: "PreconditionFailed", status: 412, members: { Condition } });
    }
    await assert.rejects(copy("target", `${BUCKET}/conditional`, { IfNoneMatch: "*" }), {
      code: "PreconditionFailed",
    });
  });

  it("reads the source as it is written", async () => {
    await s3.put(BUCKET, "dir/a b+c%ü.txt", "odd");
    await copy("odd", `${BUCKET}/${encodeURIComponent("dir/a b+c%ü.txt")}`);
    assert.equal((await s3.get(BUCKET, "odd")).Body.toString(), "odd");
    await copy("odd", `/${BUCKET}/dir/a+b%2Bc%25%C3%BC.txt?versionId=null`);
    await assert.rejects(copy("odd", `${BUCKET}/none`), { code: "NoSuchKey" });
    await assert.rejects(copy("odd", "none/none"), { code: "NoSuchBucket" });
    for (const source of [BUCKET, `${BUCKET}/`, "/", "%zz/a", ""])
      await assert.rejects(
        copy("odd", source),
        { code: "InvalidArgument", message: "Invalid copy source object key" },
        source,
      );
    await assert.rejects(copy("odd", `${BUCKET}/odd?versionId=v`), { code: "InvalidArgument" });
  });

  it("computes the checksum that is asked for", async () => {
    await s3.put(BUCKET, "plain", "123456789");
    const { CopyObjectResult } = await copy("summed", `${BUCKET}/plain`, { ChecksumAlgorithm: "CRC32C" });
    assert.equal(CopyObjectResult.ChecksumCRC32C, "4waSgw==");
    assert.equal(CopyObjectResult.ChecksumType, "FULL_OBJECT");
    assert.equal((await s3.get(BUCKET, "summed", { ChecksumMode: "ENABLED" })).ChecksumCRC32C, "4waSgw==");
  });

  it("copies consistently while the source is overwritten", async () => {
    const versions = Array.from({ length: 12 }, (_, index) => `version ${index} `.repeat(1000));
    await s3.put(BUCKET, "moving", versions[0] as string);
    const writing = (async () => {
      for (const version of versions) await s3.put(BUCKET, "moving", version);
    })();
    for (let index = 0; index < 12; index++) {
      const result = await copy("snapshot", `${BUCKET}/moving`, {
        ChecksumAlgorithm: index % 2 === 0 ? "SHA256" : "CRC32",
      }).catch((error: { code: string }) => assert.equal(error.code, "OperationAborted"));
      if (result === undefined) continue;
      const { Body } = await s3.get(BUCKET, "snapshot");
      assert.ok(versions.includes(Body.toString()));
      assert.equal(result.CopyObjectResult.ETag, `"${createHash("md5").update(Body).digest("hex")}"`);
    }
    await writing;
  });
});
