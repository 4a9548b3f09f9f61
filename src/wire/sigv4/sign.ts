import { formatAmzDate } from "./amz-date.ts";
import {
  canonicalHeaders,
  canonicalPaths,
  canonicalQuery,
  canonicalRequest,
  stringToSign,
} from "./canonical.ts";
import { sha256Hex } from "./hmac.ts";
import { deriveSigningKey, formatScope } from "./signing-key.ts";

export interface SignableRequest {
  readonly method: string;
  readonly url: URL;
  /** Headers to send; all of them are signed. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** What stands for the body in the signature, instead of its hash: `UNSIGNED-PAYLOAD`. */
  readonly payloadHash?: string;
}

export interface SigningOptions {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region: string;
  readonly service: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Signs a request with Signature Version 4; gives all headers to send, `host` among them. */
export function signRequest(request: SignableRequest, options: SigningOptions): Record<string, string> {
  const { url } = request;
  const body = typeof request.body === "string" ? Buffer.from(request.body, "utf8") : request.body;
  const payloadHash = request.payloadHash ?? sha256Hex(body ?? "");
  const amzDate = formatAmzDate(options.now);
  const headers: Record<string, string> = {
    ...Object.fromEntries(
      Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    host: url.host,
    "x-amz-date": amzDate,
    "x-amz-content-sha256": payloadHash,
    ...(options.sessionToken === undefined ? {} : { "x-amz-security-token": options.sessionToken }),
  };
  const signedHeaders = Object.keys(headers).sort();
  const scope = { date: amzDate.slice(0, 8), region: options.region, service: options.service };
  const canonical = canonicalRequest({
    method: request.method,
    path: canonicalPaths(url.pathname, options.service === "s3" ? "s3" : "other")[0] as string,
    query: canonicalQuery(url.search.slice(1)),
    headers: canonicalHeaders({ rawHeaders: Object.entries(headers).flat() }, signedHeaders),
    signedHeaders,
    payloadHash,
  });
  const signature = deriveSigningKey(options.secretAccessKey, scope)
    .digest(stringToSign(amzDate, formatScope(scope), canonical))
    .toString("hex");
  const credential = `${options.accessKeyId}/${formatScope(scope)}`;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`,
  };
}
