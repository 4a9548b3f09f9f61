import { createHash } from "node:crypto";
import type { Grant, Owner } from "@aws-sdk/client-s3";
import { partitionOf } from "../../base/index.ts";
import type { Bucket } from "./model.ts";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The canonical user id of an account: 64 hexadecimal digits, the same for ever. */
export function canonicalId(account: string): string {
  return createHash("sha256").update(`canonical user ${account}`).digest("hex");
}

/** The customer id of an account, as event records name a bucket's owner. */
export function ownerPrincipalId(account: string): string {
  const digest = createHash("sha256").update(`customer ${account}`).digest();
  return `A${[...digest.subarray(0, 13)].map((byte) => BASE32[byte & 31]).join("")}`;
}

export function bucketArn(bucket: Pick<Bucket, "name" | "region">): string {
  return `arn:${partitionOf(bucket.region)}:s3:::${bucket.name}`;
}

/** The ACL of something that only its owner controls. */
export function ownerGrants(account: string): { Owner: Owner; Grants: Grant[] } {
  const id = canonicalId(account);
  return {
    Owner: { ID: id },
    Grants: [{ Grantee: { ID: id, Type: "CanonicalUser" }, Permission: "FULL_CONTROL" }],
  };
}
