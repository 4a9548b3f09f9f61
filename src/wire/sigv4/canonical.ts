import type { WireRequest } from "../http/request.ts";
import { sha256Hex } from "./hmac.ts";

/**
 * Canonical requests of Signature Version 4,
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * All text here stands for bytes: one character each.
 */

const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const PLAIN_PATH = /^[A-Za-z0-9\-._~/]*$/;

/** Percent-encodes all bytes but the unreserved ones of RFC 3986. */
export function encodeUriBytes(bytes: string): string {
  if (UNRESERVED.test(bytes)) return bytes;
  return bytes.replace(
    /[^A-Za-z0-9\-._~]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

function decodeUriBytes(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** The parameters decoded, encoded anew and sorted. `plus` is what a bare plus sign stands for. */
export function canonicalQuery(rawQuery: string, plus: " " | "+" = " "): string {
  if (rawQuery === "") return "";
  const pairs: [string, string][] = [];
  for (const part of rawQuery.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const [name, value] = equals === -1 ? [part, ""] : [part.slice(0, equals), part.slice(equals + 1)];
    if (name === "X-Amz-Signature") continue;
    pairs.push([recode(name, plus), recode(value, plus)]);
  }
  return pairs
    .sort(([a, b], [c, d]) => (a < c ? -1 : a > c ? 1 : b < d ? -1 : b > d ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function recode(text: string, plus: " " | "+"): string {
  return encodeUriBytes(decodeUriBytes(plus === " " ? text.replaceAll("+", " ") : text));
}

/**
 * The forms of a path that clients sign. S3's is the path itself; all others' is the path, normalized, with the
 * escapes on the wire encoded once more. A client that escapes less than RFC 3986 asks signs what it means, so the
 * second form is tried when the first does not fit.
 */
export function canonicalPaths(path: string, service: "s3" | "other"): readonly string[] {
  // Nothing to encode and nothing to normalize: all forms are one.
  if (PLAIN_PATH.test(path) && !path.includes("//") && !path.includes("/.")) return [path];
  if (service === "s3") {
    const recoded = path.split("/").map((segment) => encodeUriBytes(decodeUriBytes(segment)));
    return unique([recoded.join("/"), path]);
  }
  const once = (text: string) => text.split("/").map(encodeUriBytes).join("/");
  return unique([once(normalizePath(path)), once(path)]);
}

function unique(texts: readonly string[]): readonly string[] {
  return texts[0] === texts[1] ? texts.slice(0, 1) : texts;
}

/** Removes empty and dot segments (RFC 3986 section 5.2.4), and keeps a slash at the end. */
function normalizePath(path: string): string {
  if (!path.includes("//") && !path.includes("/.")) return path;
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  const end = kept.length > 0 && path.endsWith("/") ? "/" : "";
  return `/${kept.join("/")}${end}`;
}

/** Name, colon, value and newline of each signed header; several values are joined with a comma. */
export function canonicalHeaders(
  request: Pick<WireRequest, "rawHeaders">,
  signed: readonly string[],
): string {
  const { rawHeaders } = request;
  if (signed.length > FEW_HEADERS) return manyHeaders(rawHeaders, signed);
  let text = "";
  for (let at = 0; at < signed.length; at += 1) {
    const name = signed[at] as string;
    if (signed.indexOf(name) < at) continue;
    let line: string | undefined;
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const raw = rawHeaders[i] as string;
      if (raw.length !== name.length || (raw !== name && raw.toLowerCase() !== name)) continue;
      const value = collapse(rawHeaders[i + 1] as string);
      line = line === undefined ? `${name}:${value}` : `${line},${value}`;
    }
    text += `${line ?? `${name}:`}\n`;
  }
  return text;
}

/** Of so many, looking for each among all is quicker than an index. */
const FEW_HEADERS = 24;

function manyHeaders(rawHeaders: readonly string[], signed: readonly string[]): string {
  const values = new Map<string, string[]>(signed.map((name) => [name, []]));
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    values.get((rawHeaders[i] as string).toLowerCase())?.push(collapse(rawHeaders[i + 1] as string));
  }
  let text = "";
  for (const [name, list] of values) text += `${name}:${list.join(",")}\n`;
  return text;
}

function collapse(value: string): string {
  const trimmed = value.trim();
  return trimmed.includes("  ") ? trimmed.replace(/ +/g, " ") : trimmed;
}

export interface CanonicalParts {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** As canonicalHeaders gives them. */
  readonly headers: string;
  readonly signedHeaders: readonly string[];
  readonly payloadHash: string;
}

export function canonicalRequest(parts: CanonicalParts): string {
  const { headers, method, path, payloadHash, query, signedHeaders } = parts;
  return `${method}\n${path}\n${query}\n${headers}\n${joined(signedHeaders)}\n${payloadHash}`;
}

/** Lists are remembered where they are read, and so are the same ones. */
const JOINED = new WeakMap<readonly string[], string>();

function joined(names: readonly string[]): string {
  let text = JOINED.get(names);
  if (text === undefined) JOINED.set(names, (text = names.join(";")));
  return text;
}

/** `amzDate` is YYYYMMDDTHHMMSSZ. */
export function stringToSign(amzDate: string, scope: string, canonical: string): string {
  return `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${sha256Hex(canonical)}`;
}
