import type { GetBucketAclOutput, GetBucketAclRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { ownerGrants } from "../owner.ts";
import { accessOf, type S3 } from "../s3.ts";

/** Buckets have no ACLs, which S3 tells as the owner's full control. */
export async function GetBucketAcl(
  s3: S3,
  input: GetBucketAclRequest,
  context: RequestContext,
): Promise<GetBucketAclOutput> {
  const { account } = await s3.store.read("readBucket", accessOf(input, context));
  return ownerGrants(account);
}
