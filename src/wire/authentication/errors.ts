import { ServiceError, wireLimits } from "../../base/index.ts";
import type { LegacySignature } from "../sigv2/query.ts";
import { formatAmzDate } from "../sigv4/amz-date.ts";
import type { RequestSignature, SignatureProblem } from "../sigv4/parse.ts";
import type { SignedTexts } from "../sigv4/verify.ts";

type GivenSignature = Pick<RequestSignature, "accessKeyId" | "signature" | "sessionToken">;

/** Who cannot be served for the lack of a good signature, in the words of each family of services. */
export interface AuthenticationErrors {
  missing(): ServiceError;
  unreadable(problem: SignatureProblem): ServiceError;
  missingDate(): ServiceError;
  unknownKey(signature: GivenSignature): ServiceError;
  expiredToken(): ServiceError;
  mismatch(signature: GivenSignature, signed: SignedTexts): ServiceError;
  unsigned(headers: readonly string[]): ServiceError;
  skewed(signature: RequestSignature, now: number, early: boolean): ServiceError;
  wrongService(signature: RequestSignature, expected: string): ServiceError;
  wrongRegion(signature: RequestSignature): ServiceError;
  wrongDate(signature: RequestSignature): ServiceError;
  badExpiry(kind: "number" | "negative" | "long"): ServiceError;
  expired(signature: RequestSignature | LegacySignature, expiredAt: number, now: number): ServiceError;
  foreignAccount(): ServiceError;
}

const MISMATCH =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

/**
 * Services that speak JSON or the query protocol: the codes differ, the sentences hardly. The sentences are those of
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
export function sigV4Errors(family: "restJson" | "awsJson" | "query"): AuthenticationErrors {
  const query = family === "query";
  const status = family === "awsJson" ? 400 : 403;
  const error = (code: string, message: string, at: number = status) =>
    new ServiceError({ code, status: at, message });
  const mismatchCode = query ? "SignatureDoesNotMatch" : "InvalidSignatureException";
  const incompleteCode = query ? "IncompleteSignature" : "IncompleteSignatureException";
  const toleranceMinutes = wireLimits.clockSkewMs / 60_000;
  return {
    missing: () =>
      query
        ? error("MissingAuthenticationToken", "Request is missing Authentication Token")
        : error("MissingAuthenticationTokenException", "Missing Authentication Token"),
    unreadable: (problem) => error(incompleteCode, describeProblem(problem), query ? 400 : status),
    missingDate: () =>
      error(
        incompleteCode,
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
        query ? 400 : status,
      ),
    unknownKey: () =>
      error(
        query ? "InvalidClientTokenId" : "UnrecognizedClientException",
        "The security token included in the request is invalid.",
      ),
    expiredToken: () =>
      error(
        query ? "ExpiredToken" : "ExpiredTokenException",
        "The security token included in the request is expired",
      ),
    mismatch: () => error(mismatchCode, MISMATCH),
    unsigned: ([header]) =>
      error(
        mismatchCode,
        header === "host"
          ? "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
          : `'${header}' must be a 'SignedHeader' in the AWS Authorization.`,
      ),
    skewed: (signature, now, early) => {
      const bound = formatAmzDate(early ? now + wireLimits.clockSkewMs : now - wireLimits.clockSkewMs);
      return error(
        mismatchCode,
        early
          ? `Signature not yet current: ${signature.amzDate} is still later than ${bound} (${formatAmzDate(now)} + ${toleranceMinutes} min.)`
          : `Signature expired: ${signature.amzDate} is now earlier than ${bound} (${formatAmzDate(now)} - ${toleranceMinutes} min.)`,
      );
    },
    wrongService: (_, expected) =>
      error(mismatchCode, `Credential should be scoped to correct service: '${expected}'. `),
    wrongRegion: () => error(mismatchCode, "Credential should be scoped to a valid region. "),
    wrongDate: (signature) =>
      error(
        mismatchCode,
        `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${signature.scope.date}' != '${signature.amzDate.slice(0, 8)}', from '${signature.amzDate}'.`,
      ),
    badExpiry: () => error(incompleteCode, "X-Amz-Expires must be a number of seconds up to a week", 400),
    expired: (_, expiredAt, now) =>
      error(
        mismatchCode,
        `Signature expired: ${formatAmzDate(expiredAt)} is now earlier than ${formatAmzDate(now)}`,
      ),
    foreignAccount: () =>
      error(
        query ? "AccessDenied" : "AccessDeniedException",
        "The account is not the one of this environment.",
      ),
  };
}

function describeProblem(problem: SignatureProblem): string {
  switch (problem.problem) {
    case "unsupported-algorithm":
      return "Unsupported AWS 'algorithm': use AWS4-HMAC-SHA256.";
    case "incomplete-query":
      return "AWS query-string parameters must include 'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders' and 'X-Amz-Date'. Re-examine the query-string parameters.";
    case "bad-credential":
      return `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${problem.credential}'`;
    default: {
      const wanted = problem.missing.map((name) =>
        name === "X-Amz-Date"
          ? "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
          : `Authorization header requires '${name}' parameter.`,
      );
      return `${wanted.join(" ")} Authorization=${problem.header.split(/\s/, 1)[0]}`;
    }
  }
}

/** S3's: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const s3AuthenticationErrors: AuthenticationErrors = {
  missing: () => s3Error("AccessDenied", 403, "Access Denied"),
  unreadable: (problem) => {
    switch (problem.problem) {
      case "unsupported-algorithm":
        return s3Error(
          "InvalidRequest",
          400,
          "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        );
      case "incomplete-query":
        return s3Error(
          "AuthorizationQueryParametersError",
          400,
          "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        );
      case "bad-credential":
        return s3Error(
          problem.presigned ? "AuthorizationQueryParametersError" : "AuthorizationHeaderMalformed",
          400,
          `${problem.presigned ? "Error parsing the X-Amz-Credential parameter" : "The authorization header is malformed"}; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`,
        );
      default:
        return s3Error(
          "AuthorizationHeaderMalformed",
          400,
          `The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature.`,
        );
    }
  },
  missingDate: () =>
    s3Error("AccessDenied", 403, "AWS authentication requires a valid Date or x-amz-date header"),
  unknownKey: (signature) =>
    signature.sessionToken === undefined
      ? s3Error(
          "InvalidAccessKeyId",
          403,
          "The AWS Access Key Id you provided does not exist in our records.",
          { AWSAccessKeyId: signature.accessKeyId },
        )
      : s3Error("InvalidToken", 400, "The provided token is malformed or otherwise invalid."),
  expiredToken: () => s3Error("ExpiredToken", 400, "The provided token has expired."),
  mismatch: (signature, signed) =>
    s3Error(
      "SignatureDoesNotMatch",
      403,
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      {
        AWSAccessKeyId: signature.accessKeyId,
        StringToSign: signed.stringToSign,
        SignatureProvided: signature.signature,
        StringToSignBytes: spacedHex(signed.stringToSign),
        ...(signed.canonicalRequest === undefined
          ? {}
          : {
              CanonicalRequest: signed.canonicalRequest,
              CanonicalRequestBytes: spacedHex(signed.canonicalRequest),
            }),
      },
    ),
  unsigned: (headers) =>
    s3Error("AccessDenied", 403, "There were headers present in the request which were not signed", {
      HeadersNotSigned: headers.join(", "),
    }),
  skewed: (signature, now) =>
    signature.kind === "presigned"
      ? s3Error("AccessDenied", 403, "Request is not valid yet")
      : s3Error(
          "RequestTimeTooSkewed",
          403,
          "The difference between the request time and the current time is too large.",
          {
            RequestTime: signature.amzDate,
            ServerTime: isoSeconds(now),
            MaxAllowedSkewMilliseconds: String(wireLimits.clockSkewMs),
          },
        ),
  wrongService: (_, expected) =>
    s3Error(
      "AuthorizationHeaderMalformed",
      400,
      `The authorization header is malformed; incorrect service. This endpoint belongs to "${expected}".`,
    ),
  wrongRegion: (signature) =>
    s3Error(
      "AuthorizationHeaderMalformed",
      400,
      `The authorization header is malformed; the region '${signature.scope.region}' is wrong`,
    ),
  wrongDate: (signature) =>
    s3Error(
      "AuthorizationHeaderMalformed",
      400,
      `The authorization header is malformed; Invalid credential date "${signature.scope.date}". This date is not the same as X-Amz-Date: "${signature.amzDate.slice(0, 8)}".`,
    ),
  badExpiry: (kind) =>
    s3Error(
      "AuthorizationQueryParametersError",
      400,
      {
        number: "X-Amz-Expires should be a number",
        negative: "X-Amz-Expires must be non-negative",
        long: `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${wireLimits.presignedUrlExpirySeconds} seconds`,
      }[kind],
    ),
  expired: (signature, expiredAt, now) =>
    s3Error("AccessDenied", 403, "Request has expired", {
      ...(signature.kind === "legacy" ? {} : { "X-Amz-Expires": signature.expires ?? "" }),
      Expires: isoSeconds(expiredAt),
      ServerTime: isoSeconds(now),
    }),
  foreignAccount: () => s3Error("AccessDenied", 403, "Access Denied"),
};

function s3Error(
  code: string,
  status: number,
  message: string,
  members: Readonly<Record<string, string>> = {},
): ServiceError {
  return new ServiceError({ code, status, message, members });
}

function spacedHex(text: string): string {
  return Buffer.from(text, "latin1")
    .toString("hex")
    .replace(/..(?=.)/g, "$& ");
}

function isoSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
