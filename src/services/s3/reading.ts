import type { GetObjectOutput, GetObjectRequest, StorageClass } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../wire/index.ts";
import { invalidRequest } from "./errors.ts";
import type { StoredObject } from "./model.ts";
import { checksumMembers } from "./request/checksums.ts";
import { checkReadConditions } from "./request/conditions.ts";
import { refuseCustomerKeys } from "./request/protection.ts";
import { type ByteRange, parseRange, rangeOfPart } from "./request/ranges.ts";

/** What is sent of an object. */
export interface Selection extends ByteRange {
  /** Sent as 206 with Content-Range, even if it happens to be the whole. */
  readonly partial: boolean;
}

/** Checks the conditions of a GetObject or HeadObject, then tells which bytes it asks for. */
export function select(object: StoredObject, input: GetObjectRequest): Selection {
  refuseCustomerKeys(input);
  checkReadConditions(object, input);
  const whole = { offset: 0, size: object.size, partial: false };
  if (input.PartNumber !== undefined) {
    if (input.Range !== undefined)
      throw invalidRequest("Cannot specify both Range header and partNumber query parameter");
    const range = rangeOfPart(object, input.PartNumber);
    return range.size === 0 ? whole : { ...range, partial: true };
  }
  const range = input.Range === undefined ? undefined : parseRange(input.Range, object.size);
  return range === undefined ? whole : { ...range, partial: true };
}

/** Seconds are all that S3 keeps of a time. */
export function wireTime(timeMs: number): Date {
  return new Date(Math.floor(timeMs / 1000) * 1000);
}

export function quote(etag: string): string {
  return `"${etag}"`;
}

/** The headers of an answer to GetObject and HeadObject. */
export function describe(
  object: StoredObject,
  input: GetObjectRequest,
  selection: Selection,
  context: RequestContext,
): Omit<GetObjectOutput, "Body"> {
  const { headers } = object;
  const { offset, size, partial } = selection;
  if (input.ResponseExpires === undefined && headers.expires !== undefined)
    context.setHeader("Expires", headers.expires);
  const output: Omit<GetObjectOutput, "Body"> = {
    AcceptRanges: "bytes",
    LastModified: wireTime(object.modifiedMs),
    ETag: quote(object.etag),
    ContentLength: size,
    ContentType: input.ResponseContentType ?? headers.contentType,
    CacheControl: input.ResponseCacheControl ?? headers.cacheControl,
    ContentDisposition: input.ResponseContentDisposition ?? headers.contentDisposition,
    ContentEncoding: input.ResponseContentEncoding ?? headers.contentEncoding,
    ContentLanguage: input.ResponseContentLanguage ?? headers.contentLanguage,
    Expires: input.ResponseExpires,
    WebsiteRedirectLocation: headers.websiteRedirectLocation,
    Metadata: { ...object.metadata },
    ServerSideEncryption: "AES256",
    StorageClass: object.storageClass === "STANDARD" ? undefined : (object.storageClass as StorageClass),
    TagCount: object.tags.length === 0 ? undefined : object.tags.length,
    ...(partial ? { ContentRange: `bytes ${offset}-${offset + size - 1}/${object.size}` } : {}),
    ...(input.PartNumber !== undefined && object.parts !== undefined
      ? { PartsCount: object.parts.length }
      : {}),
    ...(input.ChecksumMode === "ENABLED" ? checksumsOfSelection(object, input, selection) : {}),
  };
  return output;
}

/** A checksum is sent only with the very bytes that it was computed of. */
function checksumsOfSelection(object: StoredObject, input: GetObjectRequest, selection: Selection) {
  const { algorithm, type, value } = object.checksum;
  if (selection.size === object.size && (object.parts === undefined || input.PartNumber === undefined))
    return { ...checksumMembers({ [algorithm]: value }), ChecksumType: type };
  const part = input.PartNumber === undefined ? undefined : object.parts?.[input.PartNumber - 1];
  if (part?.checksum === undefined) return {};
  return { ...checksumMembers({ [algorithm]: part.checksum }), ChecksumType: type };
}
