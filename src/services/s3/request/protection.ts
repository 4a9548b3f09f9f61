import { fail, invalidRequest, notImplemented } from "../errors.ts";

/** Members that carry a customer's own key. */
export interface CustomerKeyInput {
  readonly SSECustomerAlgorithm?: string | undefined;
  readonly SSECustomerKey?: string | undefined;
  readonly SSECustomerKeyMD5?: string | undefined;
  readonly CopySourceSSECustomerAlgorithm?: string | undefined;
  readonly CopySourceSSECustomerKey?: string | undefined;
  readonly CopySourceSSECustomerKeyMD5?: string | undefined;
}

/** Members by which a request asks for what buckets here do not have: ACLs, KMS or customer keys, object locks. */
export interface ProtectionInput extends CustomerKeyInput {
  readonly ACL?: string | undefined;
  readonly GrantFullControl?: string | undefined;
  readonly GrantRead?: string | undefined;
  readonly GrantReadACP?: string | undefined;
  readonly GrantWriteACP?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly SSEKMSEncryptionContext?: string | undefined;
  readonly BucketKeyEnabled?: boolean | undefined;
  readonly ObjectLockMode?: string | undefined;
  readonly ObjectLockRetainUntilDate?: Date | undefined;
  readonly ObjectLockLegalHoldStatus?: string | undefined;
  readonly WriteOffsetBytes?: number | undefined;
}

/** ACLs that say no more than that the bucket's owner controls the object. */
const OWNER_ACLS: ReadonlySet<string> = new Set(["private", "bucket-owner-full-control"]);

export function refuseUnsupported(input: ProtectionInput): void {
  if (input.ACL !== undefined && !OWNER_ACLS.has(input.ACL)) throw fail("AccessControlListNotSupported");
  if (input.GrantFullControl || input.GrantRead || input.GrantReadACP || input.GrantWriteACP)
    throw fail("AccessControlListNotSupported");
  refuseCustomerKeys(input);
  if (input.SSEKMSKeyId !== undefined) throw notImplemented("x-amz-server-side-encryption-aws-kms-key-id");
  if (input.SSEKMSEncryptionContext !== undefined)
    throw notImplemented("x-amz-server-side-encryption-context");
  if (input.BucketKeyEnabled === true)
    throw notImplemented("x-amz-server-side-encryption-bucket-key-enabled");
  if (input.ServerSideEncryption !== undefined && input.ServerSideEncryption !== "AES256")
    throw notImplemented("x-amz-server-side-encryption");
  if (input.ObjectLockMode || input.ObjectLockRetainUntilDate || input.ObjectLockLegalHoldStatus)
    throw invalidRequest("Bucket is missing Object Lock Configuration");
  if (input.WriteOffsetBytes !== undefined) throw notImplemented("x-amz-write-offset-bytes");
}

/** Objects here are never encrypted with a key that a request brings. */
export function refuseCustomerKeys(input: CustomerKeyInput): void {
  const own = input.SSECustomerAlgorithm ?? input.SSECustomerKey ?? input.SSECustomerKeyMD5;
  if (own !== undefined) throw notImplemented("x-amz-server-side-encryption-customer-algorithm");
  const source =
    input.CopySourceSSECustomerAlgorithm ??
    input.CopySourceSSECustomerKey ??
    input.CopySourceSSECustomerKeyMD5;
  if (source !== undefined)
    throw notImplemented("x-amz-copy-source-server-side-encryption-customer-algorithm");
}
