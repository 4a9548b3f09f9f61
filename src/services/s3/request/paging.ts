import { decodePageToken, encodePageToken, s3Limits } from "../../../base/index.ts";
import { invalidArgument } from "../errors.ts";
import { formEncode } from "../form-encoding.ts";
import { commonPrefix, type Listed } from "../store/listing.ts";

/** The entries asked for, which S3 cuts at 1,000. */
export function pageSize(asked: number | undefined, name: string): number {
  if (asked === undefined) return s3Limits.listEntries;
  if (!Number.isInteger(asked) || asked < 0 || asked > 2_147_483_647)
    throw invalidArgument(
      `Argument ${name} must be an integer between 0 and 2147483647`,
      name,
      String(asked),
    );
  return Math.min(asked, s3Limits.listEntries);
}

export function markerNumber(marker: string | undefined, name: string): number {
  const number = marker === undefined || marker === "" ? 0 : Number(marker);
  if (!Number.isInteger(number) || number < 0 || number > 2_147_483_647)
    throw invalidArgument(`Argument ${name} must be an integer between 0 and 2147483647`, name, marker);
  return number;
}

/** How names are written into a listing: as they are, or for `encoding-type=url` so that any survives XML. */
export function nameEncoder(encodingType: string | undefined): (name: string) => string {
  if (encodingType === undefined) return (name) => name;
  if (encodingType !== "url")
    throw invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", encodingType);
  return formEncode;
}

/**
 * Where a listing by markers goes on: a marker inside a common prefix stands for all of it, since what is handed out as
 * the next marker may be one.
 */
export function afterMarker(
  marker: string,
  prefix: string,
  delimiter: string | undefined,
): { readonly key: string } | { readonly prefix: string } | undefined {
  if (marker === "") return undefined;
  const folded = marker.startsWith(prefix) ? commonPrefix(marker, prefix, delimiter) : undefined;
  return folded === undefined ? { key: marker } : { prefix: folded };
}

/** A continuation token says where the page before it ended: at a key or at a common prefix. */
export function encodeToken(last: Listed<{ readonly key: string }>): string {
  const text = last.entry === undefined ? `p${last.prefix}` : `k${last.entry.key}`;
  return encodePageToken(text);
}

export function decodeToken(token: string): { readonly key: string } | { readonly prefix: string } {
  const text = decodePageToken(token) ?? "";
  if (text.startsWith("k")) return { key: text.slice(1) };
  if (text.startsWith("p")) return { prefix: text.slice(1) };
  throw invalidArgument("The continuation token provided is incorrect", "continuation-token", token);
}
