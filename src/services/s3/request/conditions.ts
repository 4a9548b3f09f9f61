import { fail, invalidArgument, notImplemented } from "../errors.ts";
import type { StoredObject, WriteCondition } from "../model.ts";

/** If-Match and If-None-Match of a write: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export function writeConditionOf(input: {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
}): WriteCondition {
  const { IfMatch: match, IfNoneMatch: noneMatch } = input;
  if (match !== undefined && noneMatch !== undefined)
    throw notImplemented(
      "If-Match,If-None-Match",
      "Multiple conditional request headers present in the request",
    );
  if (noneMatch !== undefined && noneMatch !== "*")
    throw notImplemented(
      "If-None-Match",
      "We don't accept the provided value of If-None-Match header for this API",
    );
  if (match === "*")
    throw notImplemented("If-Match", "We don't accept the provided value of If-Match header for this API");
  return {
    ...(noneMatch === undefined ? {} : { absent: true }),
    ...(match === undefined ? {} : { etag: unquote(match) }),
  };
}

export function unquote(etag: string): string {
  return etag.trim().replace(/^"(.*)"$/, "$1");
}

/** Whether a list of ETags, or `*`, names this one. */
function names(header: string, etag: string): boolean {
  return header.split(",").some((entry) => entry.trim() === "*" || unquote(entry) === etag);
}

/** Conditions count in seconds, as HTTP dates do. */
function seconds(timeMs: number): number {
  return Math.floor(timeMs / 1000);
}

export interface ReadConditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

/** The conditions of a read, in the order of RFC 9110 section 13.2.2. Throws 412 or 304. */
export function checkReadConditions(object: StoredObject, conditions: ReadConditions): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  const modified = seconds(object.modifiedMs);
  if (IfMatch !== undefined) {
    if (!names(IfMatch, object.etag))
      throw fail("PreconditionFailed", { members: { Condition: "If-Match" } });
  } else if (IfUnmodifiedSince !== undefined && modified > seconds(IfUnmodifiedSince.getTime()))
    throw fail("PreconditionFailed", { members: { Condition: "If-Unmodified-Since" } });
  const unmodified =
    IfNoneMatch !== undefined
      ? names(IfNoneMatch, object.etag)
      : IfModifiedSince !== undefined && modified <= seconds(IfModifiedSince.getTime());
  if (unmodified)
    throw fail("NotModified", {
      headers: {
        ETag: `"${object.etag}"`,
        "Last-Modified": new Date(object.modifiedMs).toUTCString(),
        ...(object.headers.cacheControl === undefined
          ? {}
          : { "Cache-Control": object.headers.cacheControl }),
        ...(object.headers.expires === undefined ? {} : { Expires: object.headers.expires }),
      },
    });
}

export interface CopyConditions {
  readonly CopySourceIfMatch?: string | undefined;
  readonly CopySourceIfNoneMatch?: string | undefined;
  readonly CopySourceIfModifiedSince?: Date | undefined;
  readonly CopySourceIfUnmodifiedSince?: Date | undefined;
}

/** The conditions on a copy's source: any that does not hold is a 412. */
export function checkCopyConditions(source: StoredObject, conditions: CopyConditions): void {
  const {
    CopySourceIfMatch: match,
    CopySourceIfNoneMatch: noneMatch,
    CopySourceIfModifiedSince: modifiedSince,
    CopySourceIfUnmodifiedSince: unmodifiedSince,
  } = conditions;
  const modified = seconds(source.modifiedMs);
  const failed = (name: string) =>
    fail("PreconditionFailed", { members: { Condition: `x-amz-copy-source-${name}` } });
  if (match !== undefined) {
    if (!names(match, source.etag)) throw failed("If-Match");
  } else if (unmodifiedSince !== undefined && modified > seconds(unmodifiedSince.getTime()))
    throw failed("If-Unmodified-Since");
  if (noneMatch !== undefined && names(noneMatch, source.etag)) throw failed("If-None-Match");
  if (modifiedSince !== undefined && modified <= seconds(modifiedSince.getTime()))
    throw failed("If-Modified-Since");
}

/** Buckets here are not versioned: the only version of an object is `null`. */
export function checkVersionId(versionId: string | undefined): void {
  if (versionId !== undefined && versionId !== "null")
    throw invalidArgument("Invalid version id specified", "versionId", versionId);
}
