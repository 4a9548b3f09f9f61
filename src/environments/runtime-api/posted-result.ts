import type { BodyCollector } from "./body-collector.ts";
import { type RuntimeApiError, runtimeApiErrors } from "./errors.ts";
import type { HttpFields } from "./http-request-parser.ts";

/** What a runtime posted for an invocation or its init; `errorType` is absent for a success. */
export interface PostedResult {
  readonly payload: Uint8Array;
  readonly errorType?: string;
  /** The platform itself refused what was posted, which the REPORT line tells. */
  readonly platformMade?: boolean;
}

const TYPE_FIELD = "lambda-runtime-function-error-type";
const BODY_FIELD = "lambda-runtime-function-error-body";
const MODE_FIELD = "lambda-runtime-function-response-mode";
const CAUSE_TYPE = "application/vnd.aws.lambda.error.cause+json";

/** Only types of this form are kept for logs and metrics; the document that the caller gets is never changed. */
export function errorTypeOf(header: string | undefined): string {
  if (header === undefined) return "Runtime.Unknown";
  if (/^(?:Runtime|Function)\.[A-Z][a-zA-Z]+$/.test(header)) return header;
  return header.startsWith("Function.") ? "Function.Unknown" : "Runtime.Unknown";
}

export function resultOfErrorPost(body: Uint8Array, fields: HttpFields): PostedResult {
  const errorType = errorTypeOf(fields.get(TYPE_FIELD));
  return { payload: fields.get("content-type") === CAUSE_TYPE ? withoutCause(body) : body, errorType };
}

/** The error document carries an X-Ray cause beside it that callers don't get. */
function withoutCause(body: Uint8Array): Uint8Array {
  try {
    const { errorMessage, errorType, stackTrace } = JSON.parse(Buffer.from(body).toString()) as Record<
      string,
      unknown
    >;
    return Buffer.from(JSON.stringify({ errorMessage, errorType, stackTrace }));
  } catch {
    return Buffer.from('"Invalid error body"');
  }
}

/** `refusal` is what the runtime is told if its response is not accepted. */
export function resultOfResponsePost(
  body: BodyCollector,
  fields: HttpFields,
  trailers: HttpFields,
): { readonly result: PostedResult; readonly refusal?: RuntimeApiError } {
  if (namesInvalidMode(fields)) {
    const errorType = "Runtime.InvalidResponseModeHeader";
    const { errorMessage } = runtimeApiErrors.InvalidFunctionResponseMode;
    return {
      result: platformError(errorType, errorMessage),
      refusal: runtimeApiErrors.InvalidFunctionResponseMode,
    };
  }
  if (body.oversized) {
    return { result: oversized(body.mostBytes), refusal: runtimeApiErrors.RequestEntityTooLarge };
  }
  // A buffered caller of a streamed response that failed half-way gets the error alone.
  return { result: resultOfTrailers(trailers) ?? { payload: body.bytes() } };
}

/** A mode that is none; without the header the response need not stream. */
export function namesInvalidMode(fields: HttpFields): boolean {
  const mode = fields.get(MODE_FIELD);
  return mode !== undefined && mode !== "streaming";
}

/** A streamed response that failed half-way ends in trailers. */
export function resultOfTrailers(trailers: HttpFields): PostedResult | undefined {
  const failure = trailers.get(TYPE_FIELD);
  if (failure === undefined) return undefined;
  return {
    payload: Buffer.from(trailers.get(BODY_FIELD) ?? "", "base64"),
    errorType: errorTypeOf(failure),
  };
}

export function oversized(mostBytes: number): PostedResult {
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${mostBytes} bytes).`;
  return platformError("Function.ResponseSizeTooLarge", errorMessage);
}

/** An error document as the platform writes it: type first. */
export function platformError(errorType: string, errorMessage: string): PostedResult {
  return {
    payload: Buffer.from(JSON.stringify({ errorType, errorMessage })),
    errorType,
    platformMade: true,
  };
}
