import type { CreateMultipartUploadOutput, CreateMultipartUploadRequest } from "@aws-sdk/client-s3";
import type { ChecksumAlgorithm } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { DEFAULT_ALGORITHM } from "../bodies/body-digest.ts";
import { isCombinable } from "../bodies/crc-combiner.ts";
import { invalidRequest } from "../errors.ts";
import type { ChecksumType } from "../model.ts";
import { attributesOf, writableKey } from "../request/attributes.ts";
import { algorithmNamed } from "../request/checksums.ts";
import { refuseUnsupported } from "../request/protection.ts";
import { accessOf, type S3, sayWithoutEffect } from "../s3.ts";

const TIME_DIGITS = 12;
const RANDOM_DIGITS = 52;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html */
export async function CreateMultipartUpload(
  s3: S3,
  input: CreateMultipartUploadRequest,
  context: RequestContext,
): Promise<CreateMultipartUploadOutput> {
  const access = accessOf(input, context);
  refuseUnsupported(input);
  const key = writableKey(input.Key);
  const chosen = input.ChecksumAlgorithm && algorithmNamed(input.ChecksumAlgorithm);
  const type = checksumType(chosen || undefined, input.ChecksumType);
  const initiatedMs = s3.clock.now();
  // Listings order the uploads of a key by time: ids start with it.
  const uploadId = initiatedMs.toString(16).padStart(TIME_DIGITS, "0") + s3.randomness.hex(RANDOM_DIGITS);
  const attributes = attributesOf(input, context);
  await s3.store.write("createUpload", {
    access,
    upload: {
      uploadId,
      key,
      initiatedMs,
      initiatorArn: context.identity.arn,
      checksumAlgorithm: chosen || DEFAULT_ALGORITHM,
      checksumType: type,
      checksumChosen: Boolean(chosen),
      ...attributes,
    },
  });
  sayWithoutEffect(s3, access.bucket, attributes);
  return {
    Bucket: access.bucket,
    Key: key,
    UploadId: uploadId,
    ServerSideEncryption: "AES256",
    ...(chosen ? { ChecksumAlgorithm: chosen, ChecksumType: type } : {}),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html#Full-object-checksums */
function checksumType(
  algorithm: ChecksumAlgorithm | undefined,
  asked: ChecksumType | undefined,
): ChecksumType {
  if (algorithm === undefined) {
    if (asked !== undefined)
      throw invalidRequest(
        "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
      );
    return "FULL_OBJECT";
  }
  const name = algorithm.toLowerCase();
  if (asked === "COMPOSITE" && algorithm === "CRC64NVME")
    throw invalidRequest(`The COMPOSITE checksum type cannot be used with the ${name} checksum algorithm.`);
  if (asked === "FULL_OBJECT" && !isCombinable(algorithm))
    throw invalidRequest(`The FULL_OBJECT checksum type cannot be used with the ${name} checksum algorithm.`);
  return asked ?? (algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE");
}
