import { errorTable } from "../../base/index.ts";

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_Errors */
export const fail = errorTable({
  AccessDenied: {
    status: 403,
    message: "User: {user} is not authorized to perform: {action} on resource: {role}",
  },
  ValidationError: { status: 400 },
});
