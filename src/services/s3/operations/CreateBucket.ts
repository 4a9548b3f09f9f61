import type { CreateBucketOutput, CreateBucketRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { fail, notImplemented } from "../errors.ts";
import { bucketArn } from "../owner.ts";
import { checkBucketName } from "../request/bucket-names.ts";
import { tagSetOf } from "../request/tagging.ts";
import { accessOf, type S3 } from "../s3.ts";

const DEFAULT_REGION = "us-east-1";

/** Constraints from before regions had their names. */
const OLD_CONSTRAINTS: Readonly<Record<string, string>> = { EU: "eu-west-1" };

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
export async function CreateBucket(
  s3: S3,
  input: CreateBucketRequest,
  context: RequestContext,
): Promise<CreateBucketOutput> {
  const { bucket: name, account } = accessOf(input, context);
  checkBucketName(name);
  refuseUnsupportedBucket(input);
  const constraint = input.CreateBucketConfiguration?.LocationConstraint;
  const region = regionOf(constraint, context.region);
  const tags = tagSetOf(input.CreateBucketConfiguration?.Tags, "bucket");
  await s3.store.write("createBucket", {
    name,
    account,
    region,
    createdMs: s3.clock.now(),
    tags,
    ...(constraint === undefined ? {} : { locationConstraint: constraint }),
  });
  return {
    Location: region === DEFAULT_REGION ? `/${name}` : `${context.endpoint}/${name}/`,
    BucketArn: bucketArn({ name, region }),
  };
}

/** The endpoint's region decides, but us-east-1, which was the only one once, creates buckets anywhere. */
function regionOf(constraint: string | undefined, endpointRegion: string): string {
  if (constraint === undefined) {
    if (endpointRegion === DEFAULT_REGION) return DEFAULT_REGION;
    throw fail("IllegalLocationConstraintException", { with: { constraint: "unspecified" } });
  }
  const region = OLD_CONSTRAINTS[constraint] ?? constraint;
  if (region === DEFAULT_REGION || !/^[a-z]{2,4}(-[a-z]+)+-\d$/.test(region))
    throw fail("InvalidLocationConstraint", { members: { LocationConstraint: constraint } });
  if (endpointRegion !== DEFAULT_REGION && region !== endpointRegion)
    throw fail("IllegalLocationConstraintException", { with: { constraint } });
  return region;
}

function refuseUnsupportedBucket(input: CreateBucketRequest): void {
  const grants =
    input.GrantFullControl ??
    input.GrantRead ??
    input.GrantReadACP ??
    input.GrantWrite ??
    input.GrantWriteACP;
  if ((input.ACL !== undefined && input.ACL !== "private") || grants !== undefined)
    throw fail("InvalidBucketAclWithObjectOwnership");
  if (input.ObjectOwnership !== undefined && input.ObjectOwnership !== "BucketOwnerEnforced")
    throw notImplemented("x-amz-object-ownership");
  if (input.ObjectLockEnabledForBucket === true) throw notImplemented("x-amz-bucket-object-lock-enabled");
  if (input.BucketNamespace !== undefined && input.BucketNamespace !== "global")
    throw notImplemented("x-amz-bucket-namespace");
  if (input.CreateBucketConfiguration?.Bucket !== undefined)
    throw notImplemented("CreateBucketConfiguration.Bucket");
  if (input.CreateBucketConfiguration?.Location !== undefined)
    throw notImplemented("CreateBucketConfiguration.Location");
}
