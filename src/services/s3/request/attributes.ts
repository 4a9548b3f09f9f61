import { s3Limits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { fail, notImplemented } from "../errors.ts";
import type { ObjectAttributes, SystemHeaders } from "../model.ts";
import { parseTaggingHeader } from "./tagging.ts";

/** Members that PutObject, CopyObject and CreateMultipartUpload have in common. */
export interface AttributesInput {
  readonly CacheControl?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentLanguage?: string | undefined;
  readonly ContentType?: string | undefined;
  readonly Metadata?: Record<string, string> | undefined;
  readonly StorageClass?: string | undefined;
  readonly Tagging?: string | undefined;
  readonly WebsiteRedirectLocation?: string | undefined;
}

/** Classes whose objects can be read at once; here they differ in name only. Archives would need RestoreObject. */
const STORAGE_CLASSES: ReadonlySet<string> = new Set([
  "STANDARD",
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER_IR",
]);
const ARCHIVE_CLASSES: ReadonlySet<string> = new Set(["GLACIER", "DEEP_ARCHIVE"]);

export function attributesOf(input: AttributesInput, context: RequestContext): ObjectAttributes {
  return {
    headers: headersOf(input, context),
    metadata: metadataOf(input),
    tags: input.Tagging === undefined ? [] : parseTaggingHeader(input.Tagging),
    storageClass: storageClassOf(input),
  };
}

export function headersOf(input: AttributesInput, context: RequestContext): SystemHeaders {
  const encoding = storedEncoding(input.ContentEncoding);
  const expires = context.headers["expires"];
  return {
    contentType: input.ContentType || "binary/octet-stream",
    ...(input.CacheControl ? { cacheControl: input.CacheControl } : {}),
    ...(input.ContentDisposition ? { contentDisposition: input.ContentDisposition } : {}),
    ...(encoding ? { contentEncoding: encoding } : {}),
    ...(input.ContentLanguage ? { contentLanguage: input.ContentLanguage } : {}),
    ...(expires ? { expires } : {}),
    ...(input.WebsiteRedirectLocation
      ? { websiteRedirectLocation: redirectLocation(input.WebsiteRedirectLocation) }
      : {}),
  };
}

export function metadataOf(input: Pick<AttributesInput, "Metadata">): Record<string, string> {
  const metadata: Record<string, string> = {};
  let size = 0;
  for (const [name, value] of Object.entries(input.Metadata ?? {})) {
    size += Buffer.byteLength(name) + Buffer.byteLength(value);
    metadata[name.toLowerCase()] = value;
  }
  if (size > s3Limits.userMetadataBytes)
    throw fail("MetadataTooLarge", {
      members: { Size: size, MaxSizeAllowed: s3Limits.userMetadataBytes },
    });
  return metadata;
}

export function storageClassOf(input: Pick<AttributesInput, "StorageClass">): string {
  const name = input.StorageClass ?? "STANDARD";
  if (ARCHIVE_CLASSES.has(name))
    throw notImplemented("x-amz-storage-class", `Objects of class ${name} cannot be restored here`);
  if (!STORAGE_CLASSES.has(name))
    throw fail("InvalidStorageClass", { members: { StorageClassRequested: name } });
  return name;
}

/** `aws-chunked` is how the body travelled, not how it is encoded. */
function storedEncoding(header: string | undefined): string {
  return (header ?? "")
    .split(",")
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== "" && encoding.toLowerCase() !== "aws-chunked")
    .join(",");
}

function redirectLocation(location: string): string {
  if (!/^(\/|https?:\/\/)/.test(location))
    throw fail("InvalidArgument", {
      with: "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
      members: { ArgumentName: "x-amz-website-redirect-location", ArgumentValue: location },
    });
  return location;
}

/** The key of an object to be written. */
export function writableKey(key: string | undefined): string {
  const size = Buffer.byteLength(key ?? "");
  if (size > s3Limits.keyBytes)
    throw fail("KeyTooLongError", { members: { Size: size, MaxSizeAllowed: s3Limits.keyBytes } });
  return key ?? "";
}
