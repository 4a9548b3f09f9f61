import { errorTable, type ServiceError } from "../base/index.ts";

/** Errors that keep an invocation from running, https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors */
export const fail = errorTable({
  InvalidRequestContentException: { status: 400 },
  InvalidParameterValueException: { status: 400 },
  CallbackTimeoutException: { status: 400 },
  DurableExecutionAlreadyStartedException: { status: 409 },
  ResourceNotFoundException: { status: 404 },
  RecursiveInvocationException: {
    status: 400,
    message:
      "Lambda has detected your function being invoked in a recursive loop with other AWS resources and stopped your function's invocation.",
  },
  RequestEntityTooLargeException: {
    status: 413,
    message: "Request must be smaller than {bytes} bytes for the {operation} operation",
  },
  TooManyRequestsException: { status: 429, message: "Rate Exceeded." },
  ServiceException: {
    status: 500,
    message: "An error occurred and the request cannot be processed.",
  },
});

/** Why an invocation was throttled, as AWS names it. */
export type ThrottleReason =
  | "ConcurrentInvocationLimitExceeded"
  | "FunctionInvocationRateLimitExceeded"
  | "ReservedFunctionConcurrentInvocationLimitExceeded"
  | "ReservedFunctionInvocationRateLimitExceeded";

export function throttled(reason: ThrottleReason): ServiceError {
  return fail("TooManyRequestsException", {
    members: { Reason: reason, Type: "User" },
    headers: { "retry-after": "1" },
  });
}
