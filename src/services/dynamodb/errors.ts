import { errorTable, type ServiceError } from "../../base/index.ts";

/**
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 * ValidationException carries its text with it: DynamoDB has one per rule.
 */
export const fail = errorTable({
  AccessDeniedException: {
    status: 400,
    message:
      "User: {user} is not authorized to perform: dynamodb:{operation} on resource: {resource} because no resource-based policy allows the dynamodb:{operation} action",
  },
  ConditionalCheckFailedException: { status: 400, message: "The conditional request failed" },
  LimitExceededException: { status: 400 },
  RequestLimitExceeded: {
    status: 400,
    message:
      "Throughput exceeds the current throughput limit for your account. Please retry after the requests that are waiting were answered.",
  },
  ResourceInUseException: { status: 400 },
  ResourceNotFoundException: { status: 400, message: "Requested resource not found" },
  SerializationException: { status: 400 },
  ValidationException: { status: 400 },
});

export function invalid(message: string): ServiceError {
  return fail("ValidationException", { with: message });
}

/** A rule about parameters; DynamoDB starts most of them with the same words. */
export function invalidParameter(message: string): ServiceError {
  return invalid(`One or more parameter values were invalid: ${message}`);
}

/** The JSON has the wrong shape, which is found before anything else is looked at. */
export function malformed(message: string): ServiceError {
  return fail("SerializationException", { with: message });
}

export function tableNotFound(name: string): ServiceError {
  return fail("ResourceNotFoundException", {
    with: `Requested resource not found: Table: ${name} not found`,
  });
}
