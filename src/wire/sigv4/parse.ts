import type { WireRequest } from "../http/request.ts";
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
  return { kind: "none" };
}

function isPresigned(request: WireRequest): boolean {
  return ["X-Amz-Algorithm", "X-Amz-Signature", "X-Amz-Credential"].some((name) => request.query.has(name));
}

function parseHeader(header: string, request: WireRequest): ParsedSignature {
  const [algorithm = "", ...rest] = header.split(/\s+/);
  if (algorithm !== ALGORITHM) return unreadable({ problem: "unsupported-algorithm" });
  const fields = new Map<string, string>();
  for (const part of rest.join(" ").split(",")) {
    const equals = part.indexOf("=");
    if (equals !== -1) fields.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
  }
  const missing = ["Credential", "Signature", "SignedHeaders"].filter((name) => !fields.get(name));
  const date = request.headers["x-amz-date"] ?? headerDate(request.headers["date"]);
  if (date === undefined) missing.push("X-Amz-Date");
  const service = fields.get("Credential")?.split("/").at(-2);
  if (missing.length > 0 && !(missing.length === 1 && date === undefined)) {
    return unreadable({ problem: "incomplete-header", missing, header }, service);
  }
  const token = request.headers["x-amz-security-token"];
  return withCredential(fields.get("Credential") as string, {
    kind: "header",
    signedHeaders: splitSignedHeaders(fields.get("SignedHeaders") as string),
    signature: fields.get("Signature") as string,
    amzDate: date ?? "",
    ...(token === undefined ? {} : { sessionToken: token }),
  });
}

function parseQuery(request: WireRequest): ParsedSignature {
  const { query } = request;
  const service = query.get("X-Amz-Credential")?.split("/").at(-2);
  const algorithm = query.get("X-Amz-Algorithm");
  if (algorithm !== ALGORITHM || QUERY_PARAMETERS.some((name) => !query.get(name))) {
    return unreadable({ problem: "incomplete-query" }, service);
  }
  const token = query.get("X-Amz-Security-Token") ?? request.headers["x-amz-security-token"];
  return withCredential(query.get("X-Amz-Credential") as string, {
    kind: "presigned",
    signedHeaders: splitSignedHeaders(query.get("X-Amz-SignedHeaders") as string),
    signature: query.get("X-Amz-Signature") as string,
    amzDate: query.get("X-Amz-Date") as string,
    expires: query.get("X-Amz-Expires") as string,
    ...(token === undefined ? {} : { sessionToken: token }),
  });
}

function withCredential(
  credential: string,
  rest: Omit<RequestSignature, "accessKeyId" | "scope">,
): ParsedSignature {
  const parts = credential.split("/");
  // An access key of a foreign kind may hold slashes; the four parts of the scope stand at the end.
  const [date = "", region = "", service = "", end] = parts.slice(-4);
  const accessKeyId = parts.slice(0, -4).join("/");
  if (parts.length < 5 || end !== "aws4_request" || accessKeyId === "" || service === "") {
    return unreadable(
      { problem: "bad-credential", credential, presigned: rest.kind === "presigned" },
      parts.at(-2),
    );
  }
  return { ...rest, accessKeyId, scope: { date, region, service } };
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
