import { invokeLimits, ServiceError, wireLimits } from "../../base/index.ts";
import type { WireRequest } from "../http/request.ts";
import type { ServiceName } from "../service.ts";
import { bodyError } from "./errors.ts";

export interface BodyLimit {
  readonly mostBytes: number;
  readonly tooLarge: () => ServiceError;
}

const KINESIS_BYTES = 16 * 1024 * 1024;
const DYNAMODB_BYTES = 16 * 1024 * 1024;
const LARGE_LAMBDA_OPERATIONS = new Set(["CreateFunction", "UpdateFunctionCode", "PublishLayerVersion"]);
const INVOKE_OPERATIONS: Readonly<Record<string, string>> = {
  Invoke: "InvokeFunction",
  InvokeWithResponseStream: "InvokeWithResponseStream",
};

/** How large a buffered body may be, and the error of a larger one. */
export function bodyLimit(service: ServiceName, operation: string, request: WireRequest): BodyLimit {
  switch (service) {
    case "lambda":
      return lambdaLimit(operation, request);
    case "s3":
      return {
        mostBytes: wireLimits.requestBodyDefaultBytes,
        tooLarge: () =>
          bodyError("MaxMessageLengthExceeded", {
            members: { MaxMessageLengthBytes: wireLimits.requestBodyDefaultBytes },
          }),
      };
    case "dynamodb":
      return { mostBytes: DYNAMODB_BYTES, tooLarge: () => tooLarge("RequestEntityTooLarge", "") };
    case "kinesis":
      return {
        mostBytes: KINESIS_BYTES,
        tooLarge: () => tooLarge("RequestEntityTooLarge", "The request is too large."),
      };
    default:
      return {
        mostBytes: wireLimits.requestBodyDefaultBytes,
        tooLarge: () => tooLarge("RequestEntityTooLarge", "The request is too large."),
      };
  }
}

function lambdaLimit(operation: string, request: WireRequest): BodyLimit {
  const isAsync = request.headers["x-amz-invocation-type"] === "Event" && operation === "Invoke";
  const mostBytes = LARGE_LAMBDA_OPERATIONS.has(operation)
    ? wireLimits.requestBodyBytes
    : isAsync
      ? invokeLimits.asyncPayloadBytes
      : invokeLimits.requestPayloadBytes;
  const name = INVOKE_OPERATIONS[operation] ?? operation;
  return {
    mostBytes,
    tooLarge: () =>
      tooLarge(
        "RequestEntityTooLargeException",
        `Request must be smaller than ${mostBytes} bytes for the ${name} operation`,
      ),
  };
}

function tooLarge(code: string, message: string): ServiceError {
  return new ServiceError({ code, status: 413, message });
}
