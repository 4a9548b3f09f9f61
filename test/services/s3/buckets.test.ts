import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { S3World } from "../../../testkit/s3-world.ts";

describe("buckets", () => {
  let s3: S3World;

  before(async () => {
    s3 = await S3World.open();
  });
  after(() => s3.close());

  it("takes only names that S3 takes", async () => {
    const good = ["abc", "a.b-c.1", "1bucket", "b".repeat(63)];
    const bad = [
      "ab",
      "b".repeat(64),
      "Upper",
      "under_score",
      "-a-b",
      "a-b-",
      ".ab",
      "a..b",
      "192.168.5.4",
      "xn--a",
      "sthree-x",
      "a-s3alias",
      "a--ol-s3",
      "a--x-s3",
      "a b",
      "a/b",
      "",
    ];
    for (const Bucket of good) await s3.call("CreateBucket", { Bucket });
    for (const Bucket of bad)
      await assert.rejects(
        s3.call("CreateBucket", { Bucket }),
        { code: "InvalidBucketName", status: 400, members: { BucketName: Bucket } },
        Bucket,
      );
  });

  it("puts a bucket where the constraint and the endpoint say", async () => {
    const create = (Bucket: string, region: string, LocationConstraint?: string) =>
      s3.call(
        "CreateBucket",
        {
          Bucket,
          ...(LocationConstraint === undefined ? {} : { CreateBucketConfiguration: { LocationConstraint } }),
        },
        { region },
      );
    const location = (Bucket: string) => s3.call("GetBucketLocation", { Bucket });
    assert.deepEqual(await create("home", "us-east-1"), {
      Location: "/home",
      BucketArn: "arn:aws:s3:::home",
    });
    assert.deepEqual(await location("home"), {});
    const west = await create("west", "eu-west-1", "eu-west-1");
    assert.equal(west.Location, "http://127.0.0.1:4566/west/");
    assert.deepEqual(await location("west"), { LocationConstraint: "eu-west-1" });
    await create("old-name", "eu-west-1", "EU");
    assert.deepEqual(await location("old-name"), { LocationConstraint: "EU" });
    assert.equal((await s3.call("HeadBucket", { Bucket: "old-name" })).BucketRegion, "eu-west-1");
    await create("from-home", "us-east-1", "ap-south-1");
    assert.equal((await s3.call("HeadBucket", { Bucket: "from-home" })).BucketRegion, "ap-south-1");
    await assert.rejects(create("nowhere", "eu-west-1"), {
      code: "IllegalLocationConstraintException",
      message:
        "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.",
    });
    await assert.rejects(create("nowhere", "eu-west-1", "eu-central-1"), {
      code: "IllegalLocationConstraintException",
      message:
        "The eu-central-1 location constraint is incompatible for the region specific endpoint this request was sent to.",
    });
    for (const constraint of ["us-east-1", "mars", ""])
      await assert.rejects(create("nowhere", "us-east-1", constraint), {
        code: "InvalidLocationConstraint",
        message: "The specified location-constraint is not valid",
      });
  });

  it("gives a name to one owner only", async () => {
    await s3.call("CreateBucket", { Bucket: "mine" });
    assert.equal((await s3.call("CreateBucket", { Bucket: "mine" })).Location, "/mine");
    await assert.rejects(s3.call("CreateBucket", { Bucket: "mine" }, { account: "999999999999" }), {
      code: "BucketAlreadyExists",
      status: 409,
    });
    const elsewhere = {
      Bucket: "mine-in-the-west",
      CreateBucketConfiguration: { LocationConstraint: "us-west-2" },
    };
    await s3.call("CreateBucket", elsewhere);
    await assert.rejects(s3.call("CreateBucket", elsewhere), {
      code: "BucketAlreadyOwnedByYou",
      status: 409,
      message: "Your previous request to create the named bucket succeeded and you already own it.",
      members: { BucketName: "mine-in-the-west" },
    });
  });

  it("deletes only empty buckets, with the uploads under way in them", async () => {
    await s3.call("CreateBucket", { Bucket: "short-lived" });
    await s3.put("short-lived", "x", "x");
    await assert.rejects(s3.call("DeleteBucket", { Bucket: "short-lived" }), {
      code: "BucketNotEmpty",
      status: 409,
      message: "The bucket you tried to delete is not empty",
    });
    await s3.call("DeleteObject", { Bucket: "short-lived", Key: "x" });
    const { UploadId } = await s3.call("CreateMultipartUpload", { Bucket: "short-lived", Key: "y" });
    await s3.call("DeleteBucket", { Bucket: "short-lived" });
    for (const operation of [
      "HeadBucket",
      "DeleteBucket",
      "GetBucketAcl",
      "GetBucketPolicy",
      "ListObjectsV2",
    ])
      await assert.rejects(s3.call(operation, { Bucket: "short-lived" }), {
        code: "NoSuchBucket",
        status: 404,
        message: "The specified bucket does not exist",
        members: { BucketName: "short-lived" },
      });
    await s3.call("CreateBucket", { Bucket: "short-lived" });
    await assert.rejects(s3.call("ListParts", { Bucket: "short-lived", Key: "y", UploadId }), {
      code: "NoSuchUpload",
    });
  });

  it("lists the caller's buckets, page by page", async () => {
    const account = "222233334444";
    const names = ["one", "two", "three", "four", "five"].map((name) => `listed-${name}`);
    for (const Bucket of names) await s3.call("CreateBucket", { Bucket }, { account });
    const all = await s3.call("ListBuckets", {}, { account });
    assert.deepEqual(
      all.Buckets.map((bucket: { Name: string }) => bucket.Name),
      [...names].sort(),
    );
    assert.match(all.Owner.ID, /^[0-9a-f]{64}$/);
    const paged: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.call(
        "ListBuckets",
        { MaxBuckets: 2, Prefix: "listed-", ContinuationToken },
        { account },
      );
      paged.push(...page.Buckets.map((bucket: { Name: string }) => bucket.Name));
      ({ ContinuationToken } = page);
    } while (ContinuationToken !== undefined);
    assert.deepEqual(paged, [...names].sort());
    assert.deepEqual((await s3.call("ListBuckets", { BucketRegion: "eu-west-3" }, { account })).Buckets, []);
    assert.deepEqual((await s3.call("ListBuckets", { Prefix: "listed-t" }, { account })).Buckets.length, 2);
  });

  it("keeps tags", async () => {
    await s3.call("CreateBucket", { Bucket: "tagged" });
    const get = () => s3.call("GetBucketTagging", { Bucket: "tagged" });
    await assert.rejects(get(), { code: "NoSuchTagSet", status: 404 });
    const TagSet = [{ Key: "a", Value: "1" }];
    await s3.call("PutBucketTagging", { Bucket: "tagged", Tagging: { TagSet } });
    assert.deepEqual(await get(), { TagSet });
    await assert.rejects(
      s3.call("PutBucketTagging", { Bucket: "tagged", Tagging: { TagSet: [...TagSet, ...TagSet] } }),
      { code: "InvalidTag", message: "Cannot provide multiple Tags with the same key" },
    );
    await s3.call("DeleteBucketTagging", { Bucket: "tagged" });
    await assert.rejects(get(), { code: "NoSuchTagSet" });
  });

  it("answers the questions that tools ask of every bucket", async () => {
    const Bucket = "asked";
    await s3.call("CreateBucket", { Bucket });
    const owner = (await s3.call("ListBuckets")).Owner;
    assert.deepEqual(await s3.call("GetBucketVersioning", { Bucket }), {});
    assert.deepEqual(await s3.call("GetBucketLogging", { Bucket }), {});
    assert.deepEqual(await s3.call("GetBucketRequestPayment", { Bucket }), { Payer: "BucketOwner" });
    assert.deepEqual(await s3.call("GetBucketAcl", { Bucket }), {
      Owner: owner,
      Grants: [{ Grantee: { ...owner, Type: "CanonicalUser" }, Permission: "FULL_CONTROL" }],
    });
    const absent: Record<string, string> = {
      GetBucketPolicy: "NoSuchBucketPolicy",
      GetBucketPolicyStatus: "NoSuchBucketPolicy",
      GetBucketCors: "NoSuchCORSConfiguration",
      GetBucketWebsite: "NoSuchWebsiteConfiguration",
      GetBucketLifecycleConfiguration: "NoSuchLifecycleConfiguration",
      GetBucketReplication: "ReplicationConfigurationNotFoundError",
      GetObjectLockConfiguration: "ObjectLockConfigurationNotFoundError",
      GetPublicAccessBlock: "NoSuchPublicAccessBlockConfiguration",
    };
    for (const [operation, code] of Object.entries(absent))
      await assert.rejects(s3.call(operation, { Bucket }), { code, status: 404 }, operation);
  });

  it("refuses settings that it does not have", async () => {
    const create = (more: object) => s3.call("CreateBucket", { Bucket: "special", ...more });
    await assert.rejects(create({ ACL: "public-read" }), { code: "InvalidBucketAclWithObjectOwnership" });
    await assert.rejects(create({ ObjectOwnership: "ObjectWriter" }), {
      code: "NotImplemented",
      status: 501,
    });
    await assert.rejects(create({ ObjectLockEnabledForBucket: true }), { code: "NotImplemented" });
    await create({ ACL: "private", ObjectOwnership: "BucketOwnerEnforced" });
  });
});
