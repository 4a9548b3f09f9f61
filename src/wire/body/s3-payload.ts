import type { Caller } from "../authentication/authenticator.ts";
import type { WireRequest } from "../http/request.ts";
import { formatScope } from "../sigv4/signing-key.ts";
import type { AwsChunkedOptions } from "./aws-chunked.ts";
import { bodyError } from "./errors.ts";
import { checksumOf, type PayloadExpectations } from "./payload-stream.ts";

const UNSIGNED = "UNSIGNED-PAYLOAD";
const STREAMING: Readonly<Record<string, Pick<AwsChunkedOptions, "signed" | "trailer">>> = {
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER": { signed: false, trailer: true },
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": { signed: true, trailer: false },
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": { signed: true, trailer: true },
};

/** The hash that stands in an S3 request's signature: what the request says of its body. */
export function declaredPayloadHash(request: WireRequest, presigned: boolean, checked: boolean): string {
  const declared = request.headers["x-amz-content-sha256"] ?? request.query.get("X-Amz-Content-Sha256");
  if (declared === undefined) {
    if (presigned || !checked) return UNSIGNED;
    throw bodyError("InvalidRequest", {
      with: "Missing required header for this request: x-amz-content-sha256",
    });
  }
  if (declared !== UNSIGNED && STREAMING[declared] === undefined && !/^[0-9a-fA-F]{64}$/.test(declared)) {
    throw bodyError("InvalidArgument", {
      with: `x-amz-content-sha256 must be ${UNSIGNED}, ${Object.keys(STREAMING).join(", ")}, or a valid sha256 value.`,
      members: { ArgumentName: "x-amz-content-sha256", ArgumentValue: declared },
    });
  }
  return declared;
}

/** What an S3 request's body has to be. `checksummed`: the operation takes checksums of its body in headers. */
export function expectedPayload(
  request: WireRequest,
  caller: Caller,
  payloadHash: string,
  checksummed: boolean,
): PayloadExpectations {
  const { headers } = request;
  const streaming = STREAMING[payloadHash];
  const length =
    streaming === undefined ? headers["content-length"] : headers["x-amz-decoded-content-length"];
  if (length !== undefined && !/^\d{1,15}$/.test(length)) {
    throw bodyError("InvalidArgument", { with: "The length of the body is not a number." });
  }
  const md5 = headers["content-md5"];
  if (md5 !== undefined && Buffer.from(md5, "base64").toString("base64") !== md5) {
    throw bodyError("InvalidDigest", { members: { "Content-MD5": md5 } });
  }
  if (md5 !== undefined && Buffer.from(md5, "base64").length !== 16) {
    throw bodyError("InvalidDigest", { members: { "Content-MD5": md5 } });
  }
  const checksum = checksummed ? checksumOf(headers) : undefined;
  return {
    ...(streaming === undefined ? {} : { chunked: chunkedOptions(streaming, caller) }),
    ...(length === undefined ? {} : { length: Number(length) }),
    ...(streaming === undefined && payloadHash !== UNSIGNED ? { sha256: payloadHash } : {}),
    ...(md5 === undefined ? {} : { md5 }),
    ...(checksum === undefined ? {} : { checksum }),
  };
}

function chunkedOptions(
  streaming: Pick<AwsChunkedOptions, "signed" | "trailer">,
  caller: Caller,
): AwsChunkedOptions {
  if (caller.proof === undefined) return streaming;
  const { signature, key } = caller.proof;
  return {
    ...streaming,
    signing: {
      key,
      amzDate: signature.amzDate,
      scope: formatScope(signature.scope),
      seedSignature: signature.signature,
    },
  };
}

/** The headers of an aws-chunked request as an operation should see them: without the framing that was taken off. */
export function unframedHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const unframed = Object.assign(Object.create(null), headers) as Record<string, string>;
  const encodings = (headers["content-encoding"] ?? "")
    .split(",")
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== "" && encoding.toLowerCase() !== "aws-chunked");
  if (encodings.length > 0) unframed["content-encoding"] = encodings.join(",");
  else delete unframed["content-encoding"];
  const length = headers["x-amz-decoded-content-length"];
  if (length !== undefined) unframed["content-length"] = length;
  else delete unframed["content-length"];
  return unframed;
}
