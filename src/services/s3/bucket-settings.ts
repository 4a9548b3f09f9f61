import type {
  GetBucketAccelerateConfigurationOutput,
  GetBucketEncryptionOutput,
  GetBucketLoggingOutput,
  GetBucketOwnershipControlsOutput,
  GetBucketRequestPaymentOutput,
  GetBucketVersioningOutput,
} from "@aws-sdk/client-s3";
import type { RequestContext } from "../../wire/index.ts";
import { fail } from "./errors.ts";
import { accessOf, type S3 } from "./s3.ts";

/**
 * Reads of settings that buckets here do not have or that are the same for all. Tools ask for them before and after
 * everything they do; each answer is what AWS gives for a bucket on which nothing was set, and true of this one.
 */
type BucketInput = { readonly Bucket: string | undefined; readonly ExpectedBucketOwner?: string | undefined };

type SettingRead<Output> = (s3: S3, input: BucketInput, context: RequestContext) => Promise<Output>;

function answers<Output>(output: Output): SettingRead<Output> {
  return async (s3, input, context) => {
    await s3.store.read("readBucket", accessOf(input, context));
    return output;
  };
}

function isNotSet(code: Parameters<typeof fail>[0]): SettingRead<never> {
  return async (s3, input, context) => {
    const access = accessOf(input, context);
    await s3.store.read("readBucket", access);
    throw fail(code, { members: { BucketName: access.bucket } });
  };
}

export const bucketSettings = {
  GetBucketAccelerateConfiguration: answers<GetBucketAccelerateConfigurationOutput>({}),
  GetBucketCors: isNotSet("NoSuchCORSConfiguration"),
  /** Every body is encrypted with AES-256 under keys that this server holds. */
  GetBucketEncryption: answers<GetBucketEncryptionOutput>({
    ServerSideEncryptionConfiguration: {
      Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false }],
    },
  }),
  GetBucketLifecycleConfiguration: isNotSet("NoSuchLifecycleConfiguration"),
  GetBucketLogging: answers<GetBucketLoggingOutput>({}),
  GetBucketOwnershipControls: answers<GetBucketOwnershipControlsOutput>({
    OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
  }),
  GetBucketPolicy: isNotSet("NoSuchBucketPolicy"),
  GetBucketPolicyStatus: isNotSet("NoSuchBucketPolicy"),
  GetBucketReplication: isNotSet("ReplicationConfigurationNotFoundError"),
  GetBucketRequestPayment: answers<GetBucketRequestPaymentOutput>({ Payer: "BucketOwner" }),
  GetBucketVersioning: answers<GetBucketVersioningOutput>({}),
  GetBucketWebsite: isNotSet("NoSuchWebsiteConfiguration"),
  GetObjectLockConfiguration: isNotSet("ObjectLockConfigurationNotFoundError"),
  GetPublicAccessBlock: isNotSet("NoSuchPublicAccessBlockConfiguration"),
};
