import { errorTable } from "../../base/index.ts";

/** What can be wrong with a body as such, https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const bodyError = errorTable({
  IncompleteBody: {
    status: 400,
    message: "You did not provide the number of bytes specified by the Content-Length HTTP header",
  },
  MissingContentLength: {
    status: 411,
    message: "You must provide the Content-Length HTTP header.",
  },
  InvalidRequest: { status: 400, message: "The request is not valid." },
  MalformedTrailerError: {
    status: 400,
    message:
      "The request contained trailing data that was not well-formed or did not conform to our published schema.",
  },
  SignatureDoesNotMatch: {
    status: 403,
    message:
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
  },
  InvalidDigest: { status: 400, message: "The Content-MD5 you specified was invalid." },
  BadDigest: { status: 400, message: "The Content-MD5 you specified did not match what we received." },
  XAmzContentSHA256Mismatch: {
    status: 400,
    message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
  },
  InvalidArgument: { status: 400 },
  NotImplemented: {
    status: 501,
    message: "A header you provided implies functionality that is not implemented.",
  },
  MaxMessageLengthExceeded: { status: 400, message: "Your request was too big." },
  SlowDown: { status: 503, message: "Please reduce your request rate." },
});
