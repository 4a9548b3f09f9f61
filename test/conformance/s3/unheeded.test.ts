/** What S3 here keeps without effect or refuses, as the official client is shown it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { S3, type S3ServiceException } from "@aws-sdk/client-s3";
import { S3Door } from "../../../testkit/s3-door.ts";
import { unheededSettings } from "../../../testkit/unheeded-settings.ts";

const { log, take } = unheededSettings();
const Bucket = "unheeded";
const CUSTOMER_KEY = { SSECustomerAlgorithm: "AES256", SSECustomerKey: "0123456789abcdef0123456789abcdef" };
let door: S3Door;
let s3: S3;
before(async () => {
  door = await S3Door.open(log);
  s3 = new S3({
    endpoint: door.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    forcePathStyle: true,
    maxAttempts: 1,
  });
  await s3.createBucket({ Bucket });
  await s3.putObject({ Bucket, Key: "plain", Body: "x" });
});
after(async () => {
  s3.destroy();
  await door.close();
});

/** The header or element that an implementation lacks, by its answer. */
async function lacking(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    const { name, $metadata, ...members } = error as S3ServiceException & { Header?: string };
    assert.deepEqual([name, $metadata.httpStatusCode], ["NotImplemented", 501], String(error));
    return members.Header;
  }
  return "nothing";
}

test("storage classes and redirects are kept, shown and said once for a bucket", async () => {
  assert.deepEqual(take(), []);
  for (const Key of ["one", "two"]) {
    await s3.putObject({ Bucket, Key, Body: "x", StorageClass: "STANDARD_IA" });
    assert.equal((await s3.headObject({ Bucket, Key })).StorageClass, "STANDARD_IA");
  }
  assert.deepEqual(take(), [{ bucket: Bucket, settings: ["StorageClass"] }]);
  const CopySource = `${Bucket}/one`;
  await s3.copyObject({ Bucket, Key: "copy", CopySource, WebsiteRedirectLocation: "/elsewhere" });
  assert.equal((await s3.headObject({ Bucket, Key: "copy" })).WebsiteRedirectLocation, "/elsewhere");
  assert.deepEqual(take(), [{ bucket: Bucket, settings: ["WebsiteRedirectLocation"] }]);
  await s3.createMultipartUpload({
    Bucket,
    Key: "parts",
    StorageClass: "GLACIER_IR",
    WebsiteRedirectLocation: "/elsewhere",
  });
  assert.deepEqual(take(), [{ bucket: Bucket, settings: ["StorageClass", "WebsiteRedirectLocation"] }]);
});

test("keys of customers and of KMS are refused wherever a request may carry them", async () => {
  const customer = "x-amz-server-side-encryption-customer-algorithm";
  const at = { Bucket, Key: "plain" };
  const { UploadId } = await s3.createMultipartUpload({ Bucket, Key: "upload" });
  const upload = { Bucket, Key: "upload", UploadId };
  for (const call of [
    () => s3.putObject({ ...at, Body: "x", ...CUSTOMER_KEY }),
    () => s3.getObject({ ...at, ...CUSTOMER_KEY }),
    () => s3.getObjectAttributes({ ...at, ObjectAttributes: ["ETag"], ...CUSTOMER_KEY }),
    () => s3.uploadPart({ ...upload, PartNumber: 1, Body: "x", ...CUSTOMER_KEY }),
    () => s3.listParts({ ...upload, ...CUSTOMER_KEY }),
    () => s3.completeMultipartUpload({ ...upload, MultipartUpload: { Parts: [] }, ...CUSTOMER_KEY }),
  ]) {
    assert.equal(await lacking(call()), customer);
  }
  // Answers to HEAD have no body that could name an error.
  const headed = await s3.headObject({ ...at, ...CUSTOMER_KEY }).catch((error: S3ServiceException) => error);
  assert.equal(headed.$metadata.httpStatusCode, 501);
  const CopySource = `${Bucket}/plain`;
  assert.equal(
    await lacking(
      s3.copyObject({
        Bucket,
        Key: "copy",
        CopySource,
        CopySourceSSECustomerKey: CUSTOMER_KEY.SSECustomerKey,
      }),
    ),
    `x-amz-copy-source-server-side-encryption-customer-algorithm`,
  );
  assert.equal(
    await lacking(s3.putObject({ ...at, Body: "x", SSEKMSEncryptionContext: "e30=" })),
    "x-amz-server-side-encryption-context",
  );
  assert.equal(
    await lacking(s3.putObject({ ...at, Body: "x", BucketKeyEnabled: true })),
    "x-amz-server-side-encryption-bucket-key-enabled",
  );
  await s3.putObject({ ...at, Body: "x", BucketKeyEnabled: false, ServerSideEncryption: "AES256" });
});

test("what only directory buckets and deletions under MFA have is refused", async () => {
  assert.equal(
    await lacking(
      s3.createBucket({
        Bucket: "placed",
        CreateBucketConfiguration: { Location: { Type: "AvailabilityZone", Name: "use1-az4" } },
      }),
    ),
    "CreateBucketConfiguration.Location",
  );
  assert.equal(await lacking(s3.deleteObject({ Bucket, Key: "plain", MFA: "serial 123456" })), "x-amz-mfa");
  const deleting = (object: object, more: object = {}) =>
    lacking(s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: "plain", ...object }] }, ...more }));
  assert.equal(await deleting({}, { MFA: "serial 123456" }), "x-amz-mfa");
  assert.equal(await deleting({ Size: 1 }), "Size");
  assert.equal(await deleting({ LastModifiedTime: new Date() }), "LastModifiedTime");
  assert.equal((await s3.headObject({ Bucket, Key: "plain" })).ContentLength, 1);
});
