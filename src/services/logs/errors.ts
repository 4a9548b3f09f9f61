import { errorTable } from "../../base/index.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html and the operations' pages. */
export const fail = errorTable({
  ResourceNotFoundException: { status: 400, message: "The specified {resource} does not exist." },
  ResourceAlreadyExistsException: { status: 400, message: "The specified {resource} already exists" },
  InvalidParameterException: { status: 400 },
  ValidationException: { status: 400 },
  TooManyTagsException: { status: 400, message: "A resource can have no more than {most} tags." },
});
