import { errorTable } from "../../base/index.ts";

/** https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and the operations' pages. */
export const fail = errorTable({
  AccessDenied: {
    status: 403,
    message: "User: {user} is not authorized to perform: {action} on resource: {role}",
  },
  InvalidClientTokenId: {
    status: 403,
    message: "The security token included in the request is invalid.",
  },
  MalformedPolicyDocument: { status: 400 },
  ValidationError: { status: 400 },
});
