import { createHmac, timingSafeEqual } from "node:crypto";
import type { WireRequest } from "../http/request.ts";

/**
 * S3's older presigned addresses, which boto3 and the AWS CLI 1 still make where S3 once knew nothing else:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
 */
export interface LegacySignature {
  readonly kind: "legacy";
  readonly accessKeyId: string;
  /** Base64. */
  readonly signature: string;
  /** Epoch seconds as text. */
  readonly expires: string;
  readonly sessionToken?: string;
}

export function parseLegacySignature(request: WireRequest): LegacySignature | undefined {
  if (!request.rawQuery.includes("AWSAccessKeyId=")) return undefined;
  const { query } = request;
  const accessKeyId = query.get("AWSAccessKeyId");
  const signature = query.get("Signature");
  const expires = query.get("Expires");
  if (!accessKeyId || !signature || expires === undefined) return undefined;
  const token = query.get("x-amz-security-token") ?? request.headers["x-amz-security-token"];
  return {
    kind: "legacy",
    accessKeyId,
    signature,
    expires,
    ...(token === undefined ? {} : { sessionToken: token }),
  };
}

/** Parameters that belong to the resource. */
const RESOURCE_PARAMETERS = new Set([
  "accelerate",
  "acl",
  "analytics",
  "cors",
  "delete",
  "encryption",
  "inventory",
  "lifecycle",
  "location",
  "logging",
  "metrics",
  "notification",
  "object-lock",
  "ownershipControls",
  "partNumber",
  "policy",
  "policyStatus",
  "publicAccessBlock",
  "replication",
  "requestPayment",
  "response-cache-control",
  "response-content-disposition",
  "response-content-encoding",
  "response-content-language",
  "response-content-type",
  "response-expires",
  "restore",
  "select",
  "select-type",
  "tagging",
  "torrent",
  "uploadId",
  "uploads",
  "versionId",
  "versioning",
  "versions",
  "website",
]);

/** `resource` is the path with the bucket, wherever the bucket came from. */
export function legacyStringToSign(
  request: WireRequest,
  signature: LegacySignature,
  resource: string,
): string {
  const { query, headers } = request;
  const standard = (name: string) => headers[name] ?? query.get(name) ?? "";
  const amzHeaders = [...Object.entries(headers), ...query]
    .filter(([name]) => name.startsWith("x-amz-"))
    .map(([name, value]) => `${name}:${value.trim()}\n`)
    .sort();
  const parameters = [...query]
    .filter(([name]) => RESOURCE_PARAMETERS.has(name))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`));
  const suffix = parameters.length === 0 ? "" : `?${parameters.join("&")}`;
  return [
    request.method,
    standard("content-md5"),
    standard("content-type"),
    signature.expires,
    `${amzHeaders.join("")}${resource}${suffix}`,
  ].join("\n");
}

export function verifyLegacySignature(
  stringToSign: string,
  signature: LegacySignature,
  secretAccessKey: string,
): boolean {
  const expected = createHmac("sha1", secretAccessKey).update(stringToSign, "utf8").digest();
  const given = Buffer.from(signature.signature, "base64");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
