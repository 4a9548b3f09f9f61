import { standsAt, TextMemo, wireLimits } from "../../base/index.ts";
import type { WireRequest } from "../http/request.ts";
import { type LegacySignature, parseLegacySignature } from "../sigv2/query.ts";
import { formatAmzDate } from "./amz-date.ts";
import type { Scope } from "./signing-key.ts";

/** A signature as a request carries it. */
export interface RequestSignature {
  readonly kind: "header" | "presigned";
  readonly accessKeyId: string;
  readonly scope: Scope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** YYYYMMDDTHHMMSSZ; empty if the request has no date. */
  readonly amzDate: string;
  readonly sessionToken?: string;
  /** Text of X-Amz-Expires, of presigned requests. */
  readonly expires?: string;
}

/** Why a signature can't be read. `missing` lists parameters of the Authorization header. */
export type SignatureProblem =
  | { readonly problem: "unsupported-algorithm" }
  | { readonly problem: "incomplete-header"; readonly missing: readonly string[]; readonly header: string }
  | { readonly problem: "incomplete-query" }
  | { readonly problem: "bad-credential"; readonly credential: string; readonly presigned: boolean };

export type ParsedSignature =
  | { readonly kind: "none" }
  | { readonly kind: "problem"; readonly problem: SignatureProblem; readonly service?: string }
  | LegacySignature
  | RequestSignature;

const ALGORITHM = "AWS4-HMAC-SHA256";
const QUERY_PARAMETERS = [
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-SignedHeaders",
  "X-Amz-Signature",
];

export function parseSignature(request: WireRequest): ParsedSignature {
  const header = request.headers["authorization"];
  if (header !== undefined) return parseHeader(header, request);
  if (request.rawQuery.includes("X-Amz-") && isPresigned(request)) return parseQuery(request);
  return parseLegacySignature(request) ?? { kind: "none" };
}

function isPresigned(request: WireRequest): boolean {
  return ["X-Amz-Algorithm", "X-Amz-Signature", "X-Amz-Credential"].some((name) => request.query.has(name));
}

/**
 * The form that nearly all clients send, up to the signature; any other is taken apart in parseOddHeader. What stands
 * there is the same in a day's requests that were signed with the same credential and the same headers.
 */
const USUAL_START = /^AWS4-HMAC-SHA256 Credential=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=$/;
const SIGNATURE = "Signature=";
const SIGNATURE_DIGITS = 64;
const NO_SIGNATURE = /[,\s]|^$/;

const STARTS = new TextMemo(readStart, wireLimits.signingKeyCacheEntries);
/** Of the request before. */
let latest: ReturnType<typeof readStart> = null;

function readStart(start: string) {
  const usual = USUAL_START.exec(start);
  if (usual === null) return null;
  const [, credential, signedHeaders] = usual as unknown as [string, string, string];
  return { text: start, credential, signedHeaders: SIGNED_HEADERS.get(signedHeaders) };
}

function parseHeader(header: string, request: WireRequest): ParsedSignature {
  const end = standsAt(header, SIGNATURE, header.length - SIGNATURE.length - SIGNATURE_DIGITS)
    ? header.length - SIGNATURE_DIGITS
    : header.lastIndexOf(SIGNATURE) + SIGNATURE.length;
  const start =
    end === latest?.text.length && standsAt(header, latest.text, 0)
      ? latest
      : STARTS.get(header.slice(0, end));
  latest = start;
  const signature = header.slice(end);
  const date = request.headers["x-amz-date"] ?? headerDate(request.headers["date"]);
  if (start === null || NO_SIGNATURE.test(signature)) return parseOddHeader(header, date, request);
  return withCredential(start.credential, {
    kind: "header",
    signedHeaders: start.signedHeaders,
    signature,
    amzDate: date ?? "",
    ...sessionToken(request.headers["x-amz-security-token"]),
  });
}

function parseOddHeader(header: string, date: string | undefined, request: WireRequest): ParsedSignature {
  const space = header.search(/\s/);
  if ((space === -1 ? header : header.slice(0, space)) !== ALGORITHM) {
    return unreadable({ problem: "unsupported-algorithm" });
  }
  const fields = new Map<string, string>();
  for (const part of space === -1 ? [] : header.slice(space).split(",")) {
    const equals = part.indexOf("=");
    if (equals !== -1) fields.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
  }
  const missing = ["Credential", "Signature", "SignedHeaders"].filter((name) => !fields.get(name));
  if (date === undefined) missing.push("X-Amz-Date");
  const service = fields.get("Credential")?.split("/").at(-2);
  if (missing.length > 0 && !(missing.length === 1 && date === undefined)) {
    return unreadable({ problem: "incomplete-header", missing, header }, service);
  }
  return withCredential(fields.get("Credential") as string, {
    kind: "header",
    signedHeaders: splitSignedHeaders(fields.get("SignedHeaders") as string),
    signature: fields.get("Signature") as string,
    amzDate: date ?? "",
    ...sessionToken(request.headers["x-amz-security-token"]),
  });
}

function parseQuery(request: WireRequest): ParsedSignature {
  const { query } = request;
  const service = query.get("X-Amz-Credential")?.split("/").at(-2);
  const algorithm = query.get("X-Amz-Algorithm");
  if (algorithm !== ALGORITHM || QUERY_PARAMETERS.some((name) => !query.get(name))) {
    return unreadable({ problem: "incomplete-query" }, service);
  }
  return withCredential(query.get("X-Amz-Credential") as string, {
    kind: "presigned",
    signedHeaders: splitSignedHeaders(query.get("X-Amz-SignedHeaders") as string),
    signature: query.get("X-Amz-Signature") as string,
    amzDate: query.get("X-Amz-Date") as string,
    expires: query.get("X-Amz-Expires") as string,
    ...sessionToken(query.get("X-Amz-Security-Token") ?? request.headers["x-amz-security-token"]),
  });
}

function withCredential(
  credential: string,
  rest: Omit<RequestSignature, "accessKeyId" | "scope">,
): ParsedSignature {
  const known = CREDENTIALS.get(credential);
  if (known === "unreadable") {
    return unreadable(
      { problem: "bad-credential", credential, presigned: rest.kind === "presigned" },
      credential.split("/").at(-2),
    );
  }
  const { kind, signedHeaders, signature, amzDate, sessionToken: token, expires } = rest;
  const { accessKeyId, scope } = known;
  const parsed: Mutable<RequestSignature> = { kind, accessKeyId, scope, signedHeaders, signature, amzDate };
  if (token !== undefined) parsed.sessionToken = token;
  if (expires !== undefined) parsed.expires = expires;
  return parsed;
}

// A member after a spread in an object literal is slow, and these are made for every request.
type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** A client signs a day's requests with the same credential, and mostly the same headers. */
const CREDENTIALS = new TextMemo(readCredential, wireLimits.signingKeyCacheEntries);
const SIGNED_HEADERS = new TextMemo(splitSignedHeaders, wireLimits.signingKeyCacheEntries);

function readCredential(
  credential: string,
): { readonly accessKeyId: string; readonly scope: Scope } | "unreadable" {
  const parts = credential.split("/");
  // An access key of a foreign kind may hold slashes; the four parts of the scope stand at the end.
  const [end, service = "", region = "", date = ""] = [parts.pop(), parts.pop(), parts.pop(), parts.pop()];
  const accessKeyId = parts.join("/");
  if (end !== "aws4_request" || accessKeyId === "" || service === "") return "unreadable";
  return { accessKeyId, scope: { date, region, service } };
}

function sessionToken(token: string | undefined): { readonly sessionToken?: string } {
  return token === undefined ? {} : { sessionToken: token };
}

function splitSignedHeaders(text: string): readonly string[] {
  return text.split(";").map((name) => name.trim().toLowerCase());
}

/** The Date header may stand in for X-Amz-Date. */
function headerDate(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (/^\d{8}T\d{6}Z$/.test(text)) return text;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : formatAmzDate(time);
}

function unreadable(problem: SignatureProblem, service?: string): ParsedSignature {
  return { kind: "problem", problem, ...(service === undefined ? {} : { service }) };
}
