import type { PutObjectOutput, PutObjectRequest } from "@aws-sdk/client-s3";
import { s3Limits } from "../../../base/index.ts";
import type { RequestContext, WithStream } from "../../../wire/index.ts";
import { DEFAULT_ALGORITHM } from "../bodies/body-digest.ts";
import { quote } from "../reading.ts";
import { attributesOf, writableKey } from "../request/attributes.ts";
import { checksumMembers, statedAlgorithm } from "../request/checksums.ts";
import { writeConditionOf } from "../request/conditions.ts";
import { refuseUnsupported } from "../request/protection.ts";
import { accessOf, factsOf, type S3, sayWithoutEffect } from "../s3.ts";
import { keepBody, receiveBody } from "../writing.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
export async function PutObject(
  s3: S3,
  input: WithStream<PutObjectRequest, "Body">,
  context: RequestContext,
): Promise<PutObjectOutput> {
  const access = accessOf(input, context);
  refuseUnsupported(input);
  const key = writableKey(input.Key);
  const attributes = attributesOf(input, context);
  const condition = writeConditionOf(input);
  const algorithm = statedAlgorithm(input, context) ?? DEFAULT_ALGORITHM;
  await s3.store.read("readBucket", access);
  const body = await receiveBody(s3, input, [algorithm], s3Limits.putObjectBytes);
  const checksum = { algorithm, type: "FULL_OBJECT", value: body.checksums[algorithm] ?? "" } as const;
  const { dropped } = await keepBody(s3, body, () =>
    s3.store.write("putObject", {
      access,
      key,
      content: { size: body.size, etag: body.md5, segments: body.segments, checksum },
      attributes,
      condition,
      event: "ObjectCreated:Put",
      request: factsOf(s3, context),
    }),
  );
  s3.bodies.remove(dropped);
  sayWithoutEffect(s3, access.bucket, attributes);
  return {
    ETag: quote(body.md5),
    ServerSideEncryption: "AES256",
    ...checksumMembers({ [algorithm]: checksum.value }),
    ChecksumType: "FULL_OBJECT",
  };
}
