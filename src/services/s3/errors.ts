import { errorTable } from "../../base/index.ts";

/** Codes, statuses and texts of https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const fail = errorTable({
  AccessControlListNotSupported: { status: 400, message: "The bucket does not allow ACLs" },
  AccessDenied: { status: 403, message: "Access Denied" },
  BadDigest: {
    status: 400,
    message: "The {algorithm} you specified did not match the calculated checksum.",
  },
  BadRequest: { status: 400, message: "{message}" },
  BucketAlreadyExists: {
    status: 409,
    message:
      "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
  },
  BucketAlreadyOwnedByYou: {
    status: 409,
    message: "Your previous request to create the named bucket succeeded and you already own it.",
  },
  BucketNotEmpty: { status: 409, message: "The bucket you tried to delete is not empty" },
  EntityTooLarge: { status: 400, message: "Your proposed upload exceeds the maximum allowed size" },
  EntityTooSmall: { status: 400, message: "Your proposed upload is smaller than the minimum allowed size" },
  IllegalLocationConstraintException: {
    status: 400,
    message:
      "The {constraint} location constraint is incompatible for the region specific endpoint this request was sent to.",
  },
  InvalidArgument: { status: 400, message: "Invalid Argument" },
  InvalidBucketAclWithObjectOwnership: {
    status: 400,
    message: "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  },
  InvalidBucketName: { status: 400, message: "The specified bucket is not valid." },
  InvalidLocationConstraint: { status: 400, message: "The specified location-constraint is not valid" },
  InvalidPart: {
    status: 400,
    message:
      "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  },
  InvalidPartNumber: { status: 416, message: "The requested partnumber is not satisfiable" },
  InvalidPartOrder: {
    status: 400,
    message: "The list of parts was not in ascending order. Parts must be ordered by part number.",
  },
  InvalidRange: { status: 416, message: "The requested range is not satisfiable" },
  InvalidRequest: { status: 400, message: "{message}" },
  InvalidStorageClass: { status: 400, message: "The storage class you specified is not valid" },
  InvalidTag: { status: 400, message: "{message}" },
  KeyTooLongError: { status: 400, message: "Your key is too long" },
  MalformedXML: {
    status: 400,
    message: "The XML you provided was not well-formed or did not validate against our published schema",
  },
  MetadataTooLarge: {
    status: 400,
    message: "Your metadata headers exceed the maximum allowed metadata size",
  },
  NoSuchBucket: { status: 404, message: "The specified bucket does not exist" },
  NoSuchBucketPolicy: { status: 404, message: "The bucket policy does not exist" },
  NoSuchCORSConfiguration: { status: 404, message: "The CORS configuration does not exist" },
  NoSuchKey: { status: 404, message: "The specified key does not exist." },
  NoSuchLifecycleConfiguration: { status: 404, message: "The lifecycle configuration does not exist" },
  NoSuchPublicAccessBlockConfiguration: {
    status: 404,
    message: "The public access block configuration was not found",
  },
  NoSuchTagSet: { status: 404, message: "The TagSet does not exist" },
  NoSuchUpload: {
    status: 404,
    message:
      "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
  },
  NoSuchVersion: { status: 404, message: "The specified version does not exist." },
  NoSuchWebsiteConfiguration: {
    status: 404,
    message: "The specified bucket does not have a website configuration",
  },
  NotImplemented: {
    status: 501,
    message: "A header you provided implies functionality that is not implemented",
    fault: "client",
  },
  NotModified: { status: 304, message: "Not Modified" },
  ObjectLockConfigurationNotFoundError: {
    status: 404,
    message: "Object Lock configuration does not exist for this bucket",
  },
  OperationAborted: {
    status: 409,
    message: "A conflicting conditional operation is currently in progress against this resource. Try again.",
  },
  PreconditionFailed: {
    status: 412,
    message: "At least one of the pre-conditions you specified did not hold",
  },
  ReplicationConfigurationNotFoundError: {
    status: 404,
    message: "The replication configuration was not found",
  },
  TooManyBuckets: { status: 400, message: "You have attempted to create more buckets than allowed" },
});

/** InvalidArgument with the two elements that name what was wrong. */
export function invalidArgument(message: string, name: string, value: string | undefined) {
  return fail("InvalidArgument", {
    with: message,
    members: { ArgumentName: name, ...(value === undefined ? {} : { ArgumentValue: value }) },
  });
}

/** InvalidRequest, whose text is all that tells what was wrong. */
export function invalidRequest(message: string) {
  return fail("InvalidRequest", { with: message });
}

/** NotImplemented for a header that asks for something this implementation does not do. */
export function notImplemented(header: string, additionalMessage?: string) {
  return fail("NotImplemented", {
    members: { Header: header, ...(additionalMessage === undefined ? {} : { additionalMessage }) },
  });
}
