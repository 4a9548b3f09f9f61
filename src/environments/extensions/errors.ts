import { environmentLimits } from "../../base/index.ts";
import type { RuntimeApiError } from "../runtime-api/errors.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html, with the texts of the Lambda service. */
export const extensionErrors = {
  emptyName: refusal("Extension.InvalidExtensionName", "Empty extension name"),
  registrationClosed: refusal("Extension.RegistrationClosed", "Extension registration closed already"),
  nameTaken: refusal("Extension.InvalidExtensionState", "Extension with this name already registered"),
  tooMany: refusal(
    "Extension.TooManyExtensions",
    `Extension limit (${environmentLimits.extensions}) reached`,
  ),
  missingIdentifier: refusal(
    "Extension.MissingExtensionIdentifier",
    "Missing Lambda-Extension-Identifier header",
  ),
  invalidIdentifier: refusal("Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"),
  missingErrorType: refusal("Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found"),
} as const;

export function unknownIdentifier(id: string): RuntimeApiError {
  return refusal("Extension.UnknownExtensionIdentifier", `Unknown extension ${id}`);
}

export function invalidFormat(why: string): RuntimeApiError {
  return refusal("InvalidRequestFormat", why);
}

export function invalidEvent(event: string, why: string): RuntimeApiError {
  return refusal("Extension.InvalidEventType", `${event}: ${why}`);
}

export function invalidExtensionTransition(from: string, to: string, id: string): RuntimeApiError {
  const what = `State transition from ${from} to ${to} failed for extension ${id}`;
  return refusal("Extension.InvalidExtensionState", `${what}. Error: State transition is not allowed`);
}

function refusal(errorType: string, errorMessage: string): RuntimeApiError {
  return { status: 403, errorType, errorMessage };
}
