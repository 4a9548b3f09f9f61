import type { WireRequest } from "../http/request.ts";
import type { ParsedSignature } from "../sigv4/parse.ts";

/**
 * Parameters that are about the signature, and checksums, which S3 does not take from addresses: clients write those
 * of the empty body there that they have when they make the address.
 */
const NO_HEADERS =
  /^x-amz-(?:algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256|checksum-.*|sdk-checksum-algorithm|trailer)$/;

/** The headers of a presigned S3 request together with those that its signer moved into the address. */
export function withHoistedHeaders(
  request: WireRequest,
  signature: ParsedSignature,
): Readonly<Record<string, string>> {
  if (signature.kind !== "presigned" && signature.kind !== "legacy") return request.headers;
  const headers = Object.assign(Object.create(null), request.headers) as Record<string, string>;
  for (const [parameter, value] of request.query) {
    const name = parameter.toLowerCase();
    if (name.startsWith("x-amz-") && !NO_HEADERS.test(name)) headers[name] ??= value;
  }
  return headers;
}
