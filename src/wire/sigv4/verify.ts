import { timingSafeEqual } from "node:crypto";
import type { WireRequest } from "../http/request.ts";
import {
  canonicalHeaders,
  canonicalPaths,
  canonicalQuery,
  canonicalRequest,
  stringToSign,
} from "./canonical.ts";
import type { HmacKey } from "./hmac.ts";
import type { RequestSignature } from "./parse.ts";
import { formatScope } from "./signing-key.ts";

/** What was signed, for the error of whoever signed something else. */
export interface SignedTexts {
  /** Absent for signatures of version 2, which have none. */
  readonly canonicalRequest?: string;
  readonly stringToSign: string;
}

/** Checks a signature in constant time; gives what should have been signed if it does not hold. */
export function verifySignature(
  request: WireRequest,
  signature: RequestSignature,
  key: HmacKey,
  payloadHash: string,
): "valid" | SignedTexts {
  const headers = canonicalHeaders(request, signature.signedHeaders);
  const scope = formatScope(signature.scope);
  const pluses = request.rawQuery.includes("+") ? ([" ", "+"] as const) : ([" "] as const);
  let first: SignedTexts | undefined;
  for (const path of canonicalPaths(
    request.path,
    signature.scope.service.startsWith("s3") ? "s3" : "other",
  )) {
    for (const plus of pluses) {
      const canonical = canonicalRequest({
        method: request.method,
        path,
        query: canonicalQuery(request.rawQuery, plus),
        headers,
        signedHeaders: signature.signedHeaders,
        payloadHash,
      });
      const text = stringToSign(signature.amzDate, scope, canonical);
      if (sameSignature(key.digest(text), signature.signature)) return "valid";
      first ??= { canonicalRequest: canonical, stringToSign: text };
    }
  }
  return first as SignedTexts;
}

/** `given` is hexadecimal; the comparison takes as long whatever it holds. */
export function sameSignature(expected: Uint8Array, given: string): boolean {
  const bytes = Buffer.from(given, "hex");
  return given.length === expected.length * 2 && bytes.length === expected.length
    ? timingSafeEqual(bytes, expected)
    : false;
}

/** `host` and every `x-amz-` header of the request have to be signed; these are not. */
export function unsignedHeaders(request: WireRequest, signature: RequestSignature): string[] {
  const { signedHeaders } = signature;
  const unsigned: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const raw = request.rawHeaders[i] as string;
    const first = raw.charCodeAt(0) | LOWER_CASE;
    if (first !== SMALL_H && first !== SMALL_X) continue;
    const name = raw.toLowerCase();
    if (name !== "host" && !name.startsWith("x-amz-")) continue;
    if (signedHeaders.includes(name) || UNSIGNABLE.has(name)) continue;
    if (!unsigned.includes(name)) unsigned.push(name);
  }
  return unsigned;
}

const LOWER_CASE = 0x20;
const SMALL_H = 0x68;
const SMALL_X = 0x78;

/** Carried by presigned requests outside of the signature, where they say nothing that the signature should cover. */
const UNSIGNABLE = new Set(["x-amz-content-sha256", "x-amz-user-agent", "x-amz-security-token"]);
