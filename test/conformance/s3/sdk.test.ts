import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { LookupFunction } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketAclCommand,
  GetBucketEncryptionCommand,
  GetBucketLocationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  NoSuchKey,
  NotFound,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { eventually } from "../../../testkit/eventually.ts";
import { DOOR_ACCOUNT, S3Door } from "../../../testkit/s3-door.ts";

const Bucket = "contract";
const MIB = 1024 ** 2;
const FUNCTION_ARN = `arn:aws:lambda:us-east-1:${DOOR_ACCOUNT}:function:f`;

function md5(content: string | Uint8Array): string {
  return createHash("md5").update(content).digest("hex");
}

/** Fetches exactly this path: `fetch` would resolve `.` and `..` in it. */
async function download(url: string): Promise<string> {
  const { origin, port } = new URL(url);
  const [response] = (await once(
    http.get({ host: "127.0.0.1", port, path: url.slice(origin.length) }),
    "response",
  )) as [http.IncomingMessage];
  return await text(response);
}

describe("S3 through the AWS SDK for JavaScript", () => {
  let door: S3Door;
  let s3: S3Client;

  before(async () => {
    door = await S3Door.open();
    s3 = door.client();
    await s3.send(new CreateBucketCommand({ Bucket }));
  });
  after(() => door.close());

  const put = (Key: string, Body: string | Uint8Array, more: object = {}) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  const read = async (Key: string, more: object = {}) => {
    const output = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
    return { ...output, content: Buffer.from((await output.Body?.transformToByteArray()) ?? []) };
  };

  it("creates, finds, describes and deletes buckets", async () => {
    const created = await s3.send(new CreateBucketCommand({ Bucket: "short" }));
    assert.equal(created.Location, "/short");
    const head = await s3.send(new HeadBucketCommand({ Bucket: "short" }));
    assert.equal(head.BucketRegion, "us-east-1");
    const west = door.client({ region: "us-west-2" });
    await west.send(
      new CreateBucketCommand({
        Bucket: "west",
        CreateBucketConfiguration: { LocationConstraint: "us-west-2" },
      }),
    );
    assert.equal(
      (await s3.send(new GetBucketLocationCommand({ Bucket: "west" }))).LocationConstraint,
      "us-west-2",
    );
    assert.equal((await s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint, undefined);
    await assert.rejects(
      west.send(
        new CreateBucketCommand({
          Bucket: "west-2",
          CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
        }),
      ),
      { name: "IllegalLocationConstraintException" },
    );
    const { Buckets, Owner } = await s3.send(new ListBucketsCommand({}));
    assert.deepEqual(
      Buckets?.map((bucket) => bucket.Name),
      ["contract", "short", "west"],
    );
    assert.ok(Buckets?.[0]?.CreationDate instanceof Date);
    const acl = await s3.send(new GetBucketAclCommand({ Bucket }));
    assert.equal(acl.Owner?.ID, Owner?.ID);
    assert.equal(acl.Grants?.[0]?.Grantee?.Type, "CanonicalUser");
    assert.equal((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status, undefined);
    const encryption = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
    assert.equal(
      encryption.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault
        ?.SSEAlgorithm,
      "AES256",
    );
    await assert.rejects(s3.send(new GetBucketPolicyCommand({ Bucket })), { name: "NoSuchBucketPolicy" });
    await s3.send(new DeleteBucketCommand({ Bucket: "short" }));
    await assert.rejects(
      s3.send(new HeadBucketCommand({ Bucket: "short" })),
      (error) => error instanceof NotFound,
    );
    await assert.rejects(s3.send(new DeleteBucketCommand({ Bucket: "short" })), {
      name: "NoSuchBucket",
      BucketName: "short",
    });
  });

  it("answers an operation that it does not have with its name", async () => {
    await assert.rejects(
      s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } })),
      (error: { name: string; message: string; $metadata: { httpStatusCode: number } }) => {
        assert.equal(error.$metadata.httpStatusCode, 501);
        assert.match(error.message, /PutBucketVersioning/);
        return true;
      },
    );
  });

  it("takes bodies of every kind, with checksums of every kind", async () => {
    const content = "many ways to send this";
    const stream = () => Readable.from([Buffer.from(content.slice(0, 7)), Buffer.from(content.slice(7))]);
    const bodies: [string, object][] = [
      ["a string", { Body: content }],
      ["bytes", { Body: Buffer.from(content) }],
      ["a stream of known length", { Body: stream(), ContentLength: content.length }],
      ["an explicit MD5", { Body: content, ContentMD5: Buffer.from(md5(content), "hex").toString("base64") }],
      ...(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const).flatMap(
        (ChecksumAlgorithm): [string, object][] => [
          [ChecksumAlgorithm, { Body: content, ChecksumAlgorithm }],
          [
            `${ChecksumAlgorithm} trailer`,
            { Body: stream(), ContentLength: content.length, ChecksumAlgorithm },
          ],
        ],
      ),
    ];
    for (const [name, input] of bodies) {
      const output = await s3.send(new PutObjectCommand({ Bucket, Key: name, ...input }));
      assert.equal(output.ETag, `"${md5(content)}"`, name);
      const got = await read(name, { ChecksumMode: "ENABLED" });
      assert.equal(got.content.toString(), content, name);
      const algorithm = (input as { ChecksumAlgorithm?: string }).ChecksumAlgorithm;
      if (algorithm !== undefined) {
        const member = `Checksum${algorithm}` as "ChecksumCRC32";
        assert.ok(output[member] !== undefined && output[member] === got[member], name);
        assert.equal(got.ContentEncoding, undefined, name);
      }
    }
  });

  it("gives everything back that it was given", async () => {
    const Expires = new Date("2031-02-03T04:05:06Z");
    const output = await put("dir/everything", "x", {
      ContentType: "text/html; charset=utf-8",
      CacheControl: "no-cache",
      ContentDisposition: 'attachment; filename="a.txt"',
      ContentEncoding: "gzip",
      ContentLanguage: "en",
      Expires,
      Metadata: { one: "1", two: "two words" },
      Tagging: "a=b",
      StorageClass: "ONEZONE_IA",
      WebsiteRedirectLocation: "/there",
    });
    assert.equal(output.ServerSideEncryption, "AES256");
    const got = await read("dir/everything");
    assert.equal(got.ContentType, "text/html; charset=utf-8");
    assert.equal(got.CacheControl, "no-cache");
    assert.equal(got.ContentDisposition, 'attachment; filename="a.txt"');
    assert.equal(got.ContentEncoding, "gzip");
    assert.equal(got.ContentLanguage, "en");
    assert.equal(got.ExpiresString, Expires.toUTCString());
    assert.deepEqual(got.Metadata, { one: "1", two: "two words" });
    assert.equal(got.TagCount, 1);
    assert.equal(got.StorageClass, "ONEZONE_IA");
    assert.equal(got.WebsiteRedirectLocation, "/there");
    assert.equal(got.AcceptRanges, "bytes");
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "dir/everything" }));
    assert.equal(head.ContentLength, 1);
    assert.equal(head.ETag, output.ETag);
    assert.deepEqual(head.LastModified, got.LastModified);
    const override = await read("dir/everything", { ResponseContentType: "image/png" });
    assert.equal(override.ContentType, "image/png");
  });

  it("sends ranges, conditions and their failures", async () => {
    const { ETag } = await put("range", "0123456789");
    const part = await read("range", { Range: "bytes=2-4" });
    assert.equal(part.$metadata.httpStatusCode, 206);
    assert.equal(part.content.toString(), "234");
    assert.equal(part.ContentRange, "bytes 2-4/10");
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "range", Range: "bytes=-4" }));
    assert.equal(head.$metadata.httpStatusCode, 206);
    assert.equal(head.ContentLength, 4);
    await assert.rejects(read("range", { Range: "bytes=10-" }), {
      name: "InvalidRange",
      ActualObjectSize: "10",
      RangeRequested: "bytes=10-",
    });
    await assert.rejects(
      read("range", { IfNoneMatch: ETag }),
      (error: { $metadata: { httpStatusCode: number } }) => error.$metadata.httpStatusCode === 304,
    );
    await assert.rejects(read("range", { IfMatch: '"x"' }), {
      name: "PreconditionFailed",
      Condition: "If-Match",
    });
    await assert.rejects(read("nothing"), (error) => error instanceof NoSuchKey);
    await assert.rejects(
      s3.send(new HeadObjectCommand({ Bucket, Key: "nothing" })),
      (error) => error instanceof NotFound,
    );
    await assert.rejects(put("range", "x", { IfNoneMatch: "*" }), { name: "PreconditionFailed" });
  });

  it("keeps keys of any kind, in any style of address", async () => {
    /** XML cannot carry them, so that they cannot be named in a list of keys to delete. */
    const unprintable = ["\u0001\u001f", "\r\n\t"];
    const keys = [
      ...unprintable,
      "plain",
      "a b",
      "a+b",
      "a%20b",
      "a%2Fb",
      "ü/é",
      "e\u0301",
      "\ud83d\ude00",
      "a/b/c",
      "trailing/",
      "/leading",
      "a//b",
      "a/./b",
      "a/../b",
      "..",
      "?query=1",
      "#hash",
      "a&b=c",
      "a;b",
      "'\"<>&",
      "!*()~",
      "$,:@",
      "[a]{b}|\\^`",
    ];
    const loopback: LookupFunction = (_name, _options, callback) =>
      callback(null, [{ address: "127.0.0.1", family: 4 }]);
    const virtual = door.client({
      endpoint: `http://s3.localhost:${door.port}`,
      forcePathStyle: false,
      requestHandler: { httpAgent: new http.Agent({ lookup: loopback }) },
    });
    for (const Key of keys) {
      await put(Key, `content of ${Key}`);
      assert.equal((await read(Key)).content.toString(), `content of ${Key}`, Key);
      const output = await virtual.send(new GetObjectCommand({ Bucket, Key }));
      assert.equal(await output.Body?.transformToString(), `content of ${Key}`, `${Key} by host`);
      const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key }));
      assert.equal(await download(url), `content of ${Key}`, `${Key} presigned`);
    }
    const listed = await s3.send(new ListObjectsV2Command({ Bucket, EncodingType: "url" }));
    const names = listed.Contents?.map((object) =>
      decodeURIComponent((object.Key ?? "").replaceAll("+", " ")),
    );
    for (const key of keys) assert.ok(names?.includes(key), key);
    const Objects = keys.filter((Key) => !unprintable.includes(Key)).map((Key) => ({ Key }));
    const deleted = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    assert.equal(deleted.Deleted?.length, Objects.length);
    for (const { Key } of Objects)
      await assert.rejects(read(Key), (error) => error instanceof NoSuchKey, Key);
  });

  it("uploads and downloads by presigned URL", async () => {
    const url = await getSignedUrl(
      s3,
      new PutObjectCommand({ Bucket, Key: "presigned", ContentType: "text/css" }),
      {
        expiresIn: 60,
      },
    );
    const response = await fetch(url, {
      method: "PUT",
      body: "by URL",
      headers: { "content-type": "text/css" },
    });
    assert.equal(response.status, 200, await response.text());
    assert.equal(response.headers.get("etag"), `"${md5("by URL")}"`);
    const download = await getSignedUrl(
      s3,
      new GetObjectCommand({ Bucket, Key: "presigned", ResponseContentDisposition: "inline" }),
    );
    const got = await fetch(download);
    assert.equal(await got.text(), "by URL");
    assert.equal(got.headers.get("content-type"), "text/css");
    assert.equal(got.headers.get("content-disposition"), "inline");
    const unsigned = await fetch(`${door.endpoint}/${Bucket}/presigned`);
    assert.equal(unsigned.status, 403);
    assert.match(await unsigned.text(), /<Code>AccessDenied<\/Code>/);
  });

  it("uploads in parts", async () => {
    const Key = "parts";
    const parts = [Buffer.alloc(5 * MIB, "1"), Buffer.alloc(5 * MIB, "2"), Buffer.from("3")];
    const { UploadId } = await s3.send(
      new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: "CRC32" }),
    );
    const uploads = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
    assert.deepEqual(
      uploads.Uploads?.map((upload) => upload.UploadId),
      [UploadId],
    );
    const Parts = await Promise.all(
      parts.map(async (Body, index) => {
        const PartNumber = index + 1;
        const { ETag, ChecksumCRC32 } = await s3.send(
          new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumAlgorithm: "CRC32" }),
        );
        return { PartNumber, ETag, ChecksumCRC32 };
      }),
    );
    const listed = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    assert.deepEqual(
      listed.Parts?.map((part) => part.Size),
      parts.map((part) => part.length),
    );
    const done = await s3.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
    assert.match(done.ETag ?? "", /^"[0-9a-f]{32}-3"$/);
    assert.match(done.ChecksumCRC32 ?? "", /-3$/);
    assert.equal(done.ChecksumType, "COMPOSITE");
    assert.equal(done.Location, `${door.endpoint}/${Bucket}/${Key}`);
    const got = await read(Key, { ChecksumMode: "ENABLED" });
    assert.ok(got.content.equals(Buffer.concat(parts)));
    const copy = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "parts-copy" }));
    const target = { Bucket, Key: "parts-copy", UploadId: copy.UploadId };
    const copied = await s3.send(
      new UploadPartCopyCommand({
        ...target,
        PartNumber: 1,
        CopySource: `${Bucket}/${Key}`,
        CopySourceRange: "bytes=0-9",
      }),
    );
    assert.equal(copied.CopyPartResult?.ETag, `"${md5(Buffer.alloc(10, "1"))}"`);
    await s3.send(new AbortMultipartUploadCommand(target));
    await assert.rejects(s3.send(new ListPartsCommand(target)), { name: "NoSuchUpload" });
  });

  it("lists, copies, tags and deletes", async () => {
    for (const Key of ["list/a", "list/b/1", "list/b/2", "list/c"]) await put(Key, Key);
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: "list/", Delimiter: "/", MaxKeys: 2, FetchOwner: true }),
    );
    assert.deepEqual(
      page.Contents?.map((object) => object.Key),
      ["list/a"],
    );
    assert.deepEqual(page.CommonPrefixes, [{ Prefix: "list/b/" }]);
    assert.match(page.Contents?.[0]?.Owner?.ID ?? "", /^[0-9a-f]{64}$/);
    assert.equal(page.IsTruncated, true);
    const rest = await s3.send(
      new ListObjectsV2Command({
        Bucket,
        Prefix: "list/",
        Delimiter: "/",
        ContinuationToken: page.NextContinuationToken,
      }),
    );
    assert.deepEqual(
      rest.Contents?.map((object) => object.Key),
      ["list/c"],
    );
    const old = await s3.send(new ListObjectsCommand({ Bucket, Prefix: "list/", Marker: "list/b/1" }));
    assert.deepEqual(
      old.Contents?.map((object) => object.Key),
      ["list/b/2", "list/c"],
    );
    const versions = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: "list/" }));
    assert.deepEqual(versions.Versions?.map((version) => [version.Key, version.VersionId]).at(0), [
      "list/a",
      "null",
    ]);
    await assert.rejects(s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken: "nonsense" })), {
      name: "InvalidArgument",
      message: "The continuation token provided is incorrect",
    });
    const { CopyObjectResult } = await s3.send(
      new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/list/a` }),
    );
    assert.equal(CopyObjectResult?.ETag, `"${md5("list/a")}"`);
    assert.ok(CopyObjectResult?.LastModified instanceof Date);
    const TagSet = [{ Key: "k", Value: "v" }];
    await s3.send(new PutObjectTaggingCommand({ Bucket, Key: "copy", Tagging: { TagSet } }));
    assert.deepEqual((await s3.send(new GetObjectTaggingCommand({ Bucket, Key: "copy" }))).TagSet, TagSet);
    const deleted = await s3.send(new DeleteObjectCommand({ Bucket, Key: "copy" }));
    assert.equal(deleted.$metadata.httpStatusCode, 204);
  });

  it("announces with the ids of its answer", async () => {
    const configuration = {
      LambdaFunctionConfigurations: [
        {
          Id: "mine",
          LambdaFunctionArn: FUNCTION_ARN,
          Events: ["s3:ObjectCreated:*" as const],
          Filter: { Key: { FilterRules: [{ Name: "prefix" as const, Value: "announced/" }] } },
        },
      ],
    };
    await s3.send(
      new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: configuration }),
    );
    const got = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
    assert.equal(got.LambdaFunctionConfigurations?.[0]?.Filter?.Key?.FilterRules?.[0]?.Name, "Prefix");
    const { $metadata } = await put("announced/a b", "x");
    await eventually(() => door.world.targets.delivered.length > 0 || undefined, { what: "the event" });
    const [record] = door.world.targets.messages[0].Records;
    assert.deepEqual(record.responseElements, {
      "x-amz-request-id": $metadata.requestId,
      "x-amz-id-2": $metadata.extendedRequestId,
    });
    assert.equal(record.s3.object.key, "announced/a+b");
    assert.equal(record.requestParameters.sourceIPAddress, "127.0.0.1");
    door.world.targets.checks.set(FUNCTION_ARN, "missing");
    await assert.rejects(
      s3.send(
        new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: configuration }),
      ),
      {
        name: "InvalidArgument",
        ArgumentName1: `${FUNCTION_ARN}, null`,
        ArgumentValue1: `Not authorized to invoke function [${FUNCTION_ARN}]`,
      },
    );
  });

  it("leaves nothing of uploads that are wrong or broken off", async (test) => {
    // Without what is still to be removed of earlier tests.
    const own = await S3Door.open();
    test.after(() => own.close());
    const client = own.client();
    await client.send(new CreateBucketCommand({ Bucket }));
    const attempt = (more: object) =>
      client.send(new PutObjectCommand({ Bucket, Key: "broken", Body: "x", ...more }));
    const wrong = Buffer.from(md5("something else"), "hex").toString("base64");
    await assert.rejects(attempt({ ContentMD5: wrong }), { name: "BadDigest" });
    await assert.rejects(attempt({ ChecksumCRC32: "AAAAAA==" }), { name: "BadDigest" });
    const bodies = (count: number) =>
      eventually(async () => (await own.world.bodyFiles()).length === count || undefined, {
        what: `${count} bodies`,
      });
    await bodies(0);
    const url = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: "broken" }));
    const request = http.request(url, { method: "PUT", headers: { "content-length": 10 * MIB } });
    const closed = new Promise<void>((resolve) => {
      request.on("error", () => resolve());
      request.on("close", () => resolve());
    });
    request.write(Buffer.alloc(2 * MIB));
    await bodies(1);
    request.destroy();
    await closed;
    await bodies(0);
    await assert.rejects(
      client.send(new GetObjectCommand({ Bucket, Key: "broken" })),
      (error) => error instanceof NoSuchKey,
    );
  });

  it("lets many clients write and read the same keys at once", async () => {
    const contents = Array.from({ length: 8 }, (_, index) => Buffer.alloc(200_000 + index, `${index}`));
    await put("contended", contents[0] as Buffer);
    await Promise.all(
      contents.map(async (content) => {
        for (let round = 0; round < 5; round++) {
          await put("contended", content);
          const got = await read("contended");
          assert.ok(contents.some((candidate) => got.content.equals(candidate)));
          assert.equal(got.ETag, `"${md5(got.content)}"`);
        }
      }),
    );
  });
});
