import { environmentLimits } from "../../base/index.ts";

/** An answer of the Runtime API that is not a success. */
export interface RuntimeApiError {
  readonly status: number;
  readonly errorType: string;
  readonly errorMessage: string;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, with the texts of the Lambda service. */
export const runtimeApiErrors = {
  InvalidRequestID: { status: 400, errorType: "InvalidRequestID", errorMessage: "Invalid request ID" },
  InvalidFunctionResponseMode: {
    status: 400,
    errorType: "InvalidFunctionResponseMode",
    errorMessage: "Invalid function response mode",
  },
  TruncatedHTTPRequest: {
    status: 400,
    errorType: "TruncatedHTTPRequest",
    errorMessage: "HTTP request detected as truncated",
  },
  RequestEntityTooLarge: {
    status: 413,
    errorType: "RequestEntityTooLarge",
    errorMessage: `Exceeded maximum allowed payload size (${environmentLimits.runtimePayloadBytes} bytes).`,
  },
  InternalServerError: {
    status: 500,
    errorType: "InternalServerError",
    errorMessage: "Internal Server Error",
  },
} as const satisfies Record<string, RuntimeApiError>;

export function invalidTransition(from: string, to: string): RuntimeApiError {
  return {
    status: 403,
    errorType: "InvalidStateTransition",
    errorMessage: `State transition from ${from} to ${to} failed for runtime. Error: State transition is not allowed`,
  };
}
