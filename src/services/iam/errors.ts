import { errorTable } from "../../base/index.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and the operations' pages. */
export const fail = errorTable({
  NoSuchEntity: { status: 404, message: "The {kind} with name {name} cannot be found." },
  EntityAlreadyExists: { status: 409, message: "{kind} with name {name} already exists." },
  AccessDenied: { status: 403, message: "Policy is outside your own account." },
  ValidationError: { status: 400 },
  DeleteConflict: { status: 409 },
  LimitExceeded: { status: 409 },
  MalformedPolicyDocument: { status: 400 },
  InvalidInput: { status: 400 },
  ConcurrentModification: {
    status: 409,
    message:
      "The request was rejected because multiple requests to change this object were submitted simultaneously.",
  },
});
