import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { crc32 } from "node:zlib";
import { eventually } from "../../../testkit/eventually.ts";
import { body, S3World } from "../../../testkit/s3-world.ts";

const BUCKET = "multipart";
const MIB = 1024 ** 2;

const PARTS = [Buffer.alloc(5 * MIB, "one"), Buffer.alloc(5 * MIB + 7, "two"), Buffer.from("three")];
const WHOLE = Buffer.concat(PARTS);

function digest(algorithm: string, content: Uint8Array): Buffer {
  return createHash(algorithm).update(content).digest();
}

function crc(content: Uint8Array): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(content));
  return bytes.toString("base64");
}

describe("multipart uploads", () => {
  let s3: S3World;

  before(async () => {
    s3 = await S3World.open();
    await s3.call("CreateBucket", { Bucket: BUCKET });
  });
  after(() => s3.close());

  async function begin(Key: string, more: object = {}, world = s3): Promise<string> {
    return (await world.call("CreateMultipartUpload", { Bucket: BUCKET, Key, ...more })).UploadId;
  }

  async function upload(
    Key: string,
    UploadId: string,
    PartNumber: number,
    content: Uint8Array,
    more: object = {},
    world = s3,
  ) {
    return await world.call("UploadPart", {
      Bucket: BUCKET,
      Key,
      UploadId,
      PartNumber,
      Body: body(content),
      ...more,
    });
  }

  const complete = (Key: string, UploadId: string, Parts: object[], more: object = {}, world = s3) =>
    world.call("CompleteMultipartUpload", {
      Bucket: BUCKET,
      Key,
      UploadId,
      MultipartUpload: { Parts },
      ...more,
    });

  async function uploadAll(Key: string, UploadId: string): Promise<{ PartNumber: number; ETag: string }[]> {
    const parts = [];
    for (const [index, content] of PARTS.entries())
      parts.push({ PartNumber: index + 1, ETag: (await upload(Key, UploadId, index + 1, content)).ETag });
    return parts;
  }

  it("makes one object of the parts, without copying them", async () => {
    const UploadId = await begin("whole", {
      ContentType: "text/plain",
      Metadata: { a: "1" },
      Tagging: "t=1",
    });
    const parts = await uploadAll("whole", UploadId);
    await assert.rejects(s3.get(BUCKET, "whole"), { code: "NoSuchKey" });
    const files = await s3.bodyFiles();
    const output = await complete("whole", UploadId, parts);
    assert.deepEqual((await s3.bodyFiles()).sort(), files.sort());
    const etag = digest("md5", Buffer.concat(PARTS.map((part) => digest("md5", part)))).toString("hex");
    assert.equal(output.ETag, `"${etag}-3"`);
    assert.equal(output.Location, `http://127.0.0.1:4566/${BUCKET}/whole`);
    assert.equal(output.ChecksumType, "FULL_OBJECT");
    const single = await s3.put(BUCKET, "single", WHOLE);
    assert.equal(output.ChecksumCRC64NVME, single.ChecksumCRC64NVME);
    const got = await s3.get(BUCKET, "whole", { ChecksumMode: "ENABLED" });
    assert.ok(got.Body.equals(WHOLE));
    assert.equal(got.ContentType, "text/plain");
    assert.deepEqual(got.Metadata, { a: "1" });
    assert.equal(got.TagCount, 1);
    assert.equal(got.ChecksumCRC64NVME, single.ChecksumCRC64NVME);
    assert.equal(got.PartsCount, undefined);
    const across = await s3.get(BUCKET, "whole", { Range: `bytes=${5 * MIB - 3}-${10 * MIB + 9}` });
    assert.ok(across.Body.equals(WHOLE.subarray(5 * MIB - 3, 10 * MIB + 10)));
    const second = await s3.get(BUCKET, "whole", { PartNumber: 2 });
    assert.ok(second.Body.equals(PARTS[1]));
    assert.equal(second.PartsCount, 3);
    assert.equal(second.ContentRange, `bytes ${5 * MIB}-${10 * MIB + 6}/${WHOLE.length}`);
    await assert.rejects(s3.get(BUCKET, "whole", { PartNumber: 4 }), {
      code: "InvalidPartNumber",
      members: { PartNumberRequested: 4, ActualPartCount: 3 },
    });
    await assert.rejects(complete("whole", UploadId, parts), {
      code: "NoSuchUpload",
      status: 404,
      members: { UploadId },
    });
    const copied = await s3.call("CopyObject", {
      Bucket: BUCKET,
      Key: "copied",
      CopySource: `${BUCKET}/whole`,
    });
    assert.equal(copied.CopyObjectResult.ETag, single.ETag);
    assert.equal(copied.CopyObjectResult.ChecksumCRC64NVME, single.ChecksumCRC64NVME);
    assert.ok((await s3.get(BUCKET, "copied")).Body.equals(WHOLE));
  });

  it("computes composite and full-object checksums", async () => {
    const composite = await begin("composite", { ChecksumAlgorithm: "SHA256" });
    const parts = [];
    for (const [index, content] of PARTS.entries()) {
      const ChecksumSHA256 = digest("sha256", content).toString("base64");
      const { ETag } = await upload("composite", composite, index + 1, content, { ChecksumSHA256 });
      parts.push({ PartNumber: index + 1, ETag, ChecksumSHA256 });
    }
    await assert.rejects(
      complete(
        "composite",
        composite,
        parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag })),
      ),
      {
        code: "InvalidRequest",
        message:
          "The upload was created using a sha256 checksum. The complete request must include the checksum for each part. It was missing for part 1 in the request.",
      },
    );
    const done = await complete("composite", composite, parts);
    const all = digest("sha256", Buffer.concat(PARTS.map((part) => digest("sha256", part))));
    assert.equal(done.ChecksumSHA256, `${all.toString("base64")}-3`);
    assert.equal(done.ChecksumType, "COMPOSITE");
    const part = await s3.get(BUCKET, "composite", { PartNumber: 3, ChecksumMode: "ENABLED" });
    assert.equal(part.ChecksumSHA256, digest("sha256", PARTS[2] as Buffer).toString("base64"));

    const attributes = await s3.call("GetObjectAttributes", {
      Bucket: BUCKET,
      Key: "composite",
      ObjectAttributes: ["ETag", "Checksum", "ObjectParts", "ObjectSize", "StorageClass"],
      PartNumberMarker: "1",
      MaxParts: 1,
    });
    assert.equal(attributes.ETag, done.ETag.slice(1, -1));
    assert.equal(attributes.ObjectSize, WHOLE.length);
    assert.equal(attributes.StorageClass, "STANDARD");
    assert.deepEqual(attributes.Checksum, {
      ChecksumSHA256: all.toString("base64"),
      ChecksumType: "COMPOSITE",
    });
    assert.deepEqual(attributes.ObjectParts, {
      TotalPartsCount: 3,
      PartNumberMarker: "1",
      NextPartNumberMarker: "2",
      MaxParts: 1,
      IsTruncated: true,
      Parts: [{ PartNumber: 2, Size: PARTS[1]?.length, ChecksumSHA256: parts[1]?.ChecksumSHA256 }],
    });

    const full = await begin("full", { ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" });
    const listed = await uploadAll("full", full);
    await assert.rejects(complete("full", full, listed, { ChecksumCRC32: "AAAAAA==" }), {
      code: "BadDigest",
    });
    await assert.rejects(complete("full", full, listed, { ChecksumType: "COMPOSITE" }), {
      code: "InvalidRequest",
    });
    await assert.rejects(complete("full", full, listed, { MpuObjectSize: 5 }), { code: "InvalidRequest" });
    const combined = await complete("full", full, listed, {
      ChecksumCRC32: crc(WHOLE),
      ChecksumType: "FULL_OBJECT",
      MpuObjectSize: WHOLE.length,
    });
    assert.equal(combined.ChecksumCRC32, crc(WHOLE));
  });

  it("refuses checksums that do not go together", async () => {
    for (const [ChecksumAlgorithm, ChecksumType] of [
      ["CRC64NVME", "COMPOSITE"],
      ["SHA1", "FULL_OBJECT"],
      ["ADLER", undefined],
      [undefined, "COMPOSITE"],
    ])
      await assert.rejects(begin("x", { ChecksumAlgorithm, ChecksumType }), { code: "InvalidRequest" });
    const UploadId = await begin("x", { ChecksumAlgorithm: "SHA1" });
    await assert.rejects(
      upload("x", UploadId, 1, Buffer.from("x"), { ChecksumCRC32: crc(Buffer.from("x")) }),
      {
        code: "InvalidRequest",
        message: "Checksum Type mismatch occurred, expected checksum Type: sha1, actual checksum Type: crc32",
      },
    );
    await assert.rejects(upload("x", UploadId, 1, Buffer.from("x")), {
      message: "Checksum Type mismatch occurred, expected checksum Type: sha1, actual checksum Type: null",
    });
  });

  it("refuses parts that are missing, changed, out of order or too small", async () => {
    const UploadId = await begin("refused");
    const [first, second] = [
      await upload("refused", UploadId, 1, Buffer.from("a")),
      await upload("refused", UploadId, 2, Buffer.from("b")),
    ];
    const one = { PartNumber: 1, ETag: first.ETag };
    const two = { PartNumber: 2, ETag: second.ETag };
    await assert.rejects(complete("refused", UploadId, [two, one]), {
      code: "InvalidPartOrder",
      message: "The list of parts was not in ascending order. Parts must be ordered by part number.",
      members: { UploadId },
    });
    await assert.rejects(complete("refused", UploadId, [one, one]), { code: "InvalidPartOrder" });
    await assert.rejects(complete("refused", UploadId, [one, { PartNumber: 3, ETag: second.ETag }]), {
      code: "InvalidPart",
      status: 400,
      members: { UploadId, PartNumber: 3, ETag: second.ETag.slice(1, -1) },
    });
    await assert.rejects(complete("refused", UploadId, [{ PartNumber: 1, ETag: second.ETag }]), {
      code: "InvalidPart",
    });
    await assert.rejects(complete("refused", UploadId, [{ ...one, ChecksumSHA1: "x" }]), {
      code: "InvalidPart",
    });
    await assert.rejects(complete("refused", UploadId, [one, two]), {
      code: "EntityTooSmall",
      message: "Your proposed upload is smaller than the minimum allowed size",
      members: { ProposedSize: 1, MinSizeAllowed: 5 * MIB, PartNumber: 1, ETag: first.ETag.slice(1, -1) },
    });
    await assert.rejects(complete("refused", UploadId, []), {
      code: "InvalidRequest",
      message: "You must specify at least one part",
    });
    await assert.rejects(complete("refused", UploadId, [{ ETag: "x" }]), { code: "MalformedXML" });
    for (const PartNumber of [0, 10_001])
      await assert.rejects(upload("refused", UploadId, PartNumber, Buffer.from("x")), {
        code: "InvalidArgument",
        message: "Part number must be an integer between 1 and 10000, inclusive",
      });
    await assert.rejects(upload("refused", "none", 1, Buffer.from("x")), { code: "NoSuchUpload" });
    await assert.rejects(upload("other", UploadId, 1, Buffer.from("x")), { code: "NoSuchUpload" });
    await complete("refused", UploadId, [two]);
    assert.equal((await s3.get(BUCKET, "refused")).Body.toString(), "b");
    assert.equal((await s3.get(BUCKET, "refused", { PartNumber: 1 })).Body.toString(), "b");
  });

  it("drops replaced, unlisted and aborted parts", async (test) => {
    // Without what is still to be removed of earlier tests.
    const own = await S3World.open();
    test.after(() => own.close());
    await own.call("CreateBucket", { Bucket: BUCKET });
    const UploadId = await begin("dropped", {}, own);
    await upload("dropped", UploadId, 1, Buffer.from("old"), {}, own);
    const { ETag } = await upload("dropped", UploadId, 1, Buffer.from("new"), {}, own);
    await upload("dropped", UploadId, 2, Buffer.from("unlisted"), {}, own);
    await complete("dropped", UploadId, [{ PartNumber: 1, ETag }], {}, own);
    assert.equal((await own.get(BUCKET, "dropped")).Body.toString(), "new");
    const aborted = await begin("aborted", {}, own);
    await upload("aborted", aborted, 1, Buffer.from("x"), {}, own);
    await own.call("AbortMultipartUpload", { Bucket: BUCKET, Key: "aborted", UploadId: aborted });
    await assert.rejects(
      own.call("AbortMultipartUpload", { Bucket: BUCKET, Key: "aborted", UploadId: aborted }),
      { code: "NoSuchUpload" },
    );
    await eventually(async () => (await own.bodyFiles()).length === 1 || undefined, { what: "removal" });
    assert.equal((await own.get(BUCKET, "dropped")).Body.toString(), "new");
  });

  it("completes under conditions and keeps the upload if they do not hold", async () => {
    await s3.put(BUCKET, "taken", "x");
    const UploadId = await begin("taken");
    const { ETag } = await upload("taken", UploadId, 1, Buffer.from("y"));
    await assert.rejects(complete("taken", UploadId, [{ PartNumber: 1, ETag }], { IfNoneMatch: "*" }), {
      code: "PreconditionFailed",
    });
    assert.equal((await s3.get(BUCKET, "taken")).Body.toString(), "x");
    await s3.call("DeleteObject", { Bucket: BUCKET, Key: "taken" });
    await complete("taken", UploadId, [{ PartNumber: 1, ETag }], { IfNoneMatch: "*" });
    assert.equal((await s3.get(BUCKET, "taken")).Body.toString(), "y");
  });

  it("copies parts out of objects, whole and by range", async () => {
    await s3.put(BUCKET, "source", PARTS[0] as Buffer);
    const UploadId = await begin("assembled");
    const from = (PartNumber: number, CopySource: string, more: object = {}) =>
      s3.call("UploadPartCopy", {
        Bucket: BUCKET,
        Key: "assembled",
        UploadId,
        PartNumber,
        CopySource,
        ...more,
      });
    const first = (await from(1, `${BUCKET}/source`)).CopyPartResult;
    assert.equal(first.ETag, `"${digest("md5", PARTS[0] as Buffer).toString("hex")}"`);
    const second = (
      await from(2, `${BUCKET}/whole`, { CopySourceRange: `bytes=${5 * MIB - 10}-${5 * MIB + 9}` })
    ).CopyPartResult;
    await s3.call("DeleteObject", { Bucket: BUCKET, Key: "source" });
    await complete("assembled", UploadId, [
      { PartNumber: 1, ETag: first.ETag },
      { PartNumber: 2, ETag: second.ETag },
    ]);
    const expected = Buffer.concat([PARTS[0] as Buffer, WHOLE.subarray(5 * MIB - 10, 5 * MIB + 10)]);
    assert.ok((await s3.get(BUCKET, "assembled")).Body.equals(expected));
    const wrong = await begin("wrong");
    for (const [CopySourceRange, code] of [
      ["bytes=0-", "InvalidArgument"],
      ["bytes=5-1", "InvalidArgument"],
      ["0-1", "InvalidArgument"],
      ["bytes=0-1,2-3", "InvalidArgument"],
      ["bytes=0-99999999999", "InvalidArgument"],
      ["bytes=99999999998-99999999999", "InvalidRequest"],
    ])
      await assert.rejects(
        s3.call("UploadPartCopy", {
          Bucket: BUCKET,
          Key: "wrong",
          UploadId: wrong,
          PartNumber: 1,
          CopySource: `${BUCKET}/whole`,
          CopySourceRange,
        }),
        { code },
        CopySourceRange,
      );
  });

  it("lists parts and uploads page by page", async () => {
    const UploadId = await begin("listed/a", { ChecksumAlgorithm: "CRC32" });
    for (const PartNumber of [3, 1, 7])
      await upload("listed/a", UploadId, PartNumber, Buffer.from("x"), {
        ChecksumCRC32: crc(Buffer.from("x")),
      });
    const parts = (more: object) =>
      s3.call("ListParts", { Bucket: BUCKET, Key: "listed/a", UploadId, ...more });
    const first = await parts({ MaxParts: 2 });
    assert.deepEqual(
      first.Parts.map((part: { PartNumber: number }) => part.PartNumber),
      [1, 3],
    );
    assert.equal(first.Parts[0].ChecksumCRC32, crc(Buffer.from("x")));
    assert.equal(first.IsTruncated, true);
    assert.equal(first.NextPartNumberMarker, "3");
    const rest = await parts({ PartNumberMarker: first.NextPartNumberMarker });
    assert.deepEqual(
      rest.Parts.map((part: { PartNumber: number }) => part.PartNumber),
      [7],
    );
    assert.equal(rest.IsTruncated, false);

    const more = [
      await begin("listed/a"),
      await begin("listed/b"),
      await begin("listed/c/1"),
      await begin("listed/c/2"),
    ];
    const seen: string[] = [];
    let page: any = {};
    do {
      page = await s3.call("ListMultipartUploads", {
        Bucket: BUCKET,
        Prefix: "listed/",
        MaxUploads: 1,
        KeyMarker: page.NextKeyMarker,
        UploadIdMarker: page.NextUploadIdMarker,
      });
      seen.push(...page.Uploads.map((entry: { UploadId: string }) => entry.UploadId));
    } while (page.IsTruncated);
    const together = [UploadId, more[0] as string].sort();
    assert.deepEqual(seen, [...together, ...more.slice(1)]);
    const folded: string[] = [];
    page = {};
    do {
      page = await s3.call("ListMultipartUploads", {
        Bucket: BUCKET,
        Prefix: "listed/",
        Delimiter: "/",
        MaxUploads: 1,
        KeyMarker: page.NextKeyMarker,
        UploadIdMarker: page.NextUploadIdMarker,
      });
      folded.push(...page.Uploads.map((entry: { Key: string }) => entry.Key));
      folded.push(...page.CommonPrefixes.map((entry: { Prefix: string }) => entry.Prefix));
    } while (page.IsTruncated);
    assert.deepEqual(folded, ["listed/a", "listed/a", "listed/b", "listed/c/"]);
  });
});
