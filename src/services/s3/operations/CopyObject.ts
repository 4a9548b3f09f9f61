import type { CopyObjectOutput, CopyObjectRequest } from "@aws-sdk/client-s3";
import { type ChecksumAlgorithm, s3Limits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { filesOf } from "../bodies/body-store.ts";
import { invalidRequest } from "../errors.ts";
import type { ObjectAttributes, ObjectContent, StoredObject } from "../model.ts";
import { quote, wireTime } from "../reading.ts";
import { headersOf, metadataOf, storageClassOf, writableKey } from "../request/attributes.ts";
import { algorithmNamed, checksumMembers } from "../request/checksums.ts";
import { checkCopyConditions, writeConditionOf } from "../request/conditions.ts";
import { copySourceOf } from "../request/copy-source.ts";
import { refuseUnsupported } from "../request/protection.ts";
import { parseTaggingHeader } from "../request/tagging.ts";
import { accessOf, factsOf, type S3, sayWithoutEffect } from "../s3.ts";
import { untilSourceHolds } from "../writing.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export async function CopyObject(
  s3: S3,
  input: CopyObjectRequest,
  context: RequestContext,
): Promise<CopyObjectOutput> {
  const access = accessOf(input, context);
  refuseUnsupported(input);
  const key = writableKey(input.Key);
  const condition = writeConditionOf(input);
  const source = copySourceOf(input, context);
  const algorithm = input.ChecksumAlgorithm && algorithmNamed(input.ChecksumAlgorithm);
  await s3.store.read("readBucket", access);
  if (source.access.bucket === access.bucket && source.key === key) refuseIdleCopy(input);
  return await untilSourceHolds(async () => {
    const hold = s3.bodies.hold();
    try {
      const object = await s3.store.read("readObject", source);
      checkCopyConditions(object, input);
      if (object.size > s3Limits.copySourceBytes)
        throw invalidRequest(
          `The specified copy source is larger than the maximum allowable size for a copy source: ${s3Limits.copySourceBytes}`,
        );
      hold.narrow(filesOf(object.segments));
      const content = await contentOfCopy(s3, object, algorithm || object.checksum.algorithm);
      const attributes = attributesOfCopy(object, input, context);
      const written = await s3.store.write("copyObject", {
        access,
        key,
        source: { ...source, sequencer: object.sequencer },
        content,
        attributes,
        condition,
        event: "ObjectCreated:Copy",
        request: factsOf(s3, context),
      });
      if (written === undefined) return undefined;
      s3.bodies.remove(written.dropped);
      sayWithoutEffect(s3, access.bucket, attributes);
      return {
        CopyObjectResult: {
          ETag: quote(content.etag),
          LastModified: wireTime(written.modifiedMs),
          ...checksumMembers({ [content.checksum.algorithm]: content.checksum.value }),
          ChecksumType: content.checksum.type,
        },
        ServerSideEncryption: "AES256",
      };
    } finally {
      hold.release();
    }
  });
}

/** A copy onto itself has to change something. */
function refuseIdleCopy(input: CopyObjectRequest): void {
  if (
    input.MetadataDirective !== "REPLACE" &&
    input.StorageClass === undefined &&
    input.WebsiteRedirectLocation === undefined &&
    input.ServerSideEncryption === undefined
  )
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
}

function attributesOfCopy(
  source: StoredObject,
  input: CopyObjectRequest,
  context: RequestContext,
): ObjectAttributes {
  const replaced = input.MetadataDirective === "REPLACE";
  const { websiteRedirectLocation: _notCopied, ...kept } = source.headers;
  const { websiteRedirectLocation, ...given } = headersOf(input, context);
  return {
    headers: {
      ...(replaced ? given : kept),
      ...(websiteRedirectLocation === undefined ? {} : { websiteRedirectLocation }),
    },
    metadata: replaced ? metadataOf(input) : source.metadata,
    tags: input.TaggingDirective === "REPLACE" ? parseTaggingHeader(input.Tagging ?? "") : source.tags,
    storageClass: storageClassOf(input),
  };
}

/**
 * The copy shares its source's body files. It is one piece, so that of an object uploaded in parts it has another ETag
 * and checksum, and the bytes have to be read for them.
 */
async function contentOfCopy(
  s3: S3,
  source: StoredObject,
  algorithm: ChecksumAlgorithm,
): Promise<ObjectContent> {
  const { size, segments } = source;
  const { checksum } = source;
  if (source.parts === undefined && checksum.algorithm === algorithm && checksum.type === "FULL_OBJECT")
    return { size, segments, etag: source.etag, checksum };
  const digest = await s3.bodies.digest(segments, s3.bodies.hold(), [algorithm]);
  return {
    size,
    segments,
    etag: digest.md5,
    checksum: { algorithm, type: "FULL_OBJECT", value: digest.checksums[algorithm] ?? "" },
  };
}
