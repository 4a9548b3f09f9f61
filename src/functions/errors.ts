import { type ErrorDetails, errorTable, type ServiceError } from "../base/index.ts";

/** Code and HTTP status of every error of the control plane. */
const fail = errorTable({
  AccessDeniedException: { status: 403 },
  AliasLimitExceededException: { status: 400 },
  CapacityProviderLimitExceededException: { status: 400 },
  CodeSigningConfigNotFoundException: { status: 404 },
  CodeStorageExceededException: { status: 400 },
  CodeVerificationFailedException: { status: 400 },
  InvalidParameterValueException: { status: 400 },
  PolicyLengthExceededException: { status: 400 },
  PreconditionFailedException: { status: 412 },
  ProvisionedConcurrencyConfigNotFoundException: { status: 404 },
  RequestEntityTooLargeException: { status: 413 },
  ResourceConflictException: { status: 409 },
  ResourceInUseException: { status: 400 },
  ResourceNotFoundException: { status: 404 },
  SnapStartNotReadyException: { status: 409 },
  ValidationException: { status: 400 },
});

/** What can go wrong, the code that it is answered with, and the service's own words for it. */
const causes = {
  functionMissing: ["ResourceNotFoundException", "Function not found: {arn}"],
  otherRegion: [
    "ResourceNotFoundException",
    "Functions from '{other}' are not reachable in this region ('{region}')",
  ],
  resourceMissing: ["ResourceNotFoundException", "The resource you requested does not exist."],
  aliasMissing: ["ResourceNotFoundException", "Cannot find alias arn: {arn}"],
  aliasNotFound: ["ResourceNotFoundException", "Alias not found: {arn}"],
  eventSourceMappingMissing: ["ResourceNotFoundException", "Event source mapping not found: {arn}"],
  capacityProviderMissing: ["ResourceNotFoundException", "Capacity provider not found: {arn}"],
  signingConfigGone: [
    "ResourceNotFoundException",
    "The Lambda code signing configuration {arn} can not be found.",
  ],
  noPolicyFor: ["ResourceNotFoundException", "No policy found for: {arn}"],
  noPolicy: ["ResourceNotFoundException", "No policy is associated with the given resource."],
  statementMissing: ["ResourceNotFoundException", "Statement {sid} is not found in resource policy."],
  signingConfigInUse: [
    "ResourceConflictException",
    "The code signing configuration {arn} cannot be deleted because functions use it.",
  ],
  codeNotTrusted: [
    "CodeVerificationFailedException",
    "Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept. Check the provided signature for {name}.",
  ],
  codeSigningConfigMissing: [
    "CodeSigningConfigNotFoundException",
    "The code signing configuration cannot be found. Check that the provided configuration is not deleted: {arn}.",
  ],

  notProvisioned: [
    "ProvisionedConcurrencyConfigNotFoundException",
    "No Provisioned Concurrency Config found for this function",
  ],
  eventInvokeHolderMissing: ["ResourceNotFoundException", "The function doesn't exist."],
  noEventInvokeConfig: ["ResourceNotFoundException", "The function {arn} doesn't have an EventInvokeConfig"],
  urlHolderMissing: ["ResourceNotFoundException", "Function does not exist"],

  functionExists: ["ResourceConflictException", "Function already exist: {name}"],
  updateInProgress: [
    "ResourceConflictException",
    "The operation cannot be performed at this time. An update is in progress for resource: {arn}",
  ],
  functionInState: [
    "ResourceConflictException",
    "The operation cannot be performed at this time. The function is currently in the following state: {state}",
  ],
  snapshotPending: [
    "SnapStartNotReadyException",
    "Lambda is initializing your function. It will be ready to invoke once your function state becomes ACTIVE.",
  ],
  statementExists: [
    "ResourceConflictException",
    "The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing statement.",
  ],
  aliasExists: ["ResourceConflictException", "Alias already exists: {arn}"],
  versionInAlias: [
    "ResourceConflictException",
    "Version cannot be deleted because it is referenced by alias(es): {aliases}",
  ],
  aliasOfProvisionedVersion: [
    "ResourceConflictException",
    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
  ],
  versionOfProvisionedAlias: [
    "ResourceConflictException",
    "Version is pointed by a Provisioned Concurrency alias",
  ],
  urlExists: [
    "ResourceConflictException",
    "Failed to create function url config for [functionArn = {arn}]. Error message:  FunctionUrlConfig exists for this Lambda function",
  ],
  staleFunctionRevision: [
    "PreconditionFailedException",
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
  ],
  stalePolicyRevision: [
    "PreconditionFailedException",
    "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id",
  ],

  staleLayerPolicyRevision: [
    "PreconditionFailedException",
    "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id",
  ],

  validation: ["ValidationException", "1 validation error detected: {failure}"],
  longName: ["InvalidParameterValueException", "1 validation error detected: {failure}"],
  qualifierMismatch: [
    "InvalidParameterValueException",
    "The derived qualifier from the function name does not match the specified qualifier.",
  ],
  functionsOnly: [
    "InvalidParameterValueException",
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
  ],
  deleteLatest: [
    "InvalidParameterValueException",
    "$LATEST version cannot be deleted without deleting the function.",
  ],
  deleteAlias: ["InvalidParameterValueException", "Deletion of aliases is not currently supported."],
  badMarker: ["InvalidParameterValueException", "The Marker provided is invalid."],

  tooManyAliases: ["AliasLimitExceededException", "The function has reached the limit of {most} aliases."],
  tooManyWeights: [
    "InvalidParameterValueException",
    "Number of items in AdditionalVersionWeights cannot be greater than 1",
  ],
  weightsOnLatest: [
    "InvalidParameterValueException",
    "$LATEST is not supported for an alias pointing to more than 1 version",
  ],
  versionTwiceInAlias: [
    "InvalidParameterValueException",
    "Invalid function version {version}. Function version {version} is already included in routing configuration.",
  ],
  aliasVersionsDiffer: [
    "InvalidParameterValueException",
    "An alias can only point to two versions that have the same execution role and the same dead-letter queue configuration.",
  ],

  reservedTooMuch: [
    "InvalidParameterValueException",
    "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{least}].",
  ],
  reservedBelowProvisioned: [
    "InvalidParameterValueException",
    " ReservedConcurrentExecutions  {asked} should not be lower than function's total provisioned concurrency [{provisioned}].",
  ],
  provisionedOnLatest: [
    "InvalidParameterValueException",
    "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
  ],
  provisionedSnapStart: [
    "InvalidParameterValueException",
    "Provisioned Concurrency is not supported for functions with SnapStart enabled.",
  ],
  provisionedTenants: [
    "InvalidParameterValueException",
    "Provisioned Concurrency is not supported for functions with tenancy configuration.",
  ],
  urlOfTenants: [
    "InvalidParameterValueException",
    "Function URLs are not supported for functions with tenancy configuration.",
  ],
  notPublished: [
    "InvalidParameterValueException",
    "The function resource provided must be an alias or a published version.",
  ],
  provisionedAboveReserved: [
    "InvalidParameterValueException",
    "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
  ],
  provisionedAboveUnreserved: [
    "InvalidParameterValueException",
    "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [{left}].",
  ],
  provisionedTooMuch: [
    "InvalidParameterValueException",
    "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{least}].",
  ],
  nothingToSet: [
    "InvalidParameterValueException",
    "You must specify at least one of error handling or destination setting.",
  ],
  destinationMissing: ["InvalidParameterValueException", "The destination ARN {arn} is invalid."],
  ownDestination: [
    "InvalidParameterValueException",
    "You can't specify the function as a destination for itself.",
  ],
  runtimeVersionNotGiven: [
    "InvalidParameterValueException",
    "RuntimeVersionArn must be provided when UpdateRuntimeOn is Manual.",
  ],
  runtimeVersionNotManual: [
    "InvalidParameterValueException",
    "RuntimeVersionArn must not be provided when UpdateRuntimeOn is {updateOn}.",
  ],
  runtimeVersionMissing: ["InvalidParameterValueException", "Runtime version {arn} does not exist."],
  noCapacityProvider: [
    "InvalidParameterValueException",
    "Scaling configurations are only supported for functions with a capacity provider configuration.",
  ],

  runtimeAndHandlerMissing: [
    "InvalidParameterValueException",
    "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
  ],
  unknownRuntime: [
    "InvalidParameterValueException",
    "Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{accepted}] or be a valid ARN",
  ],
  blockedRuntime: [
    "InvalidParameterValueException",
    "The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.",
  ],
  absentRuntime: [
    "InvalidParameterValueException",
    "The runtime {runtime} cannot run on this server: {detail}",
  ],
  roleNotAssumable: [
    "InvalidParameterValueException",
    "The role defined for the function cannot be assumed by Lambda.",
  ],
  foreignRole: ["AccessDeniedException", "Cross-account pass role is not allowed."],
  environmentTooLarge: [
    "InvalidParameterValueException",
    "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: {measured}",
  ],
  reservedVariables: [
    "InvalidParameterValueException",
    "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {names}",
  ],
  logLevelWithText: [
    "InvalidParameterValueException",
    'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or change the LogFormat to "JSON" and try again.',
  ],
  snapStartRuntime: [
    "InvalidParameterValueException",
    "{runtime} is not supported for SnapStart enabled functions.",
  ],
  tooManyLayers: ["InvalidParameterValueException", "Cannot reference more than {most} layers."],
  sameLayerTwice: [
    "InvalidParameterValueException",
    "Two different versions of the same layer are not allowed to be referenced in the same function. {first} and {second} are versions of the same layer.",
  ],
  layerRegion: [
    "InvalidParameterValueException",
    "Layers are not in the same region as the function. Layers are expected to be in region {region}.",
  ],
  layerVersionMissing: ["ResourceNotFoundException", "Layer version {arn} does not exist."],
  layerVersionBelowOne: ["InvalidParameterValueException", "Layer Version Cannot be less than 1"],
  layerMissing: ["InvalidParameterValueException", "Layer version {arn} does not exist."],
  codeAndLayersTooLarge: [
    "InvalidParameterValueException",
    "Function code combined with layers exceeds the maximum allowed size of {most} bytes. The actual size is {size} bytes.",
  ],
  halfVpc: [
    "InvalidParameterValueException",
    "SubnetIds and SecurityIds must coexist or be both empty list.",
  ],
  badDeadLetterTarget: [
    "InvalidParameterValueException",
    "The dead letter target {arn} is neither an SQS queue nor an SNS topic.",
  ],
  deadLetterRegion: [
    "InvalidParameterValueException",
    "The dead letter target {arn} is not in the region of the function ({region}).",
  ],
  durableOnlyAtCreation: [
    "InvalidParameterValueException",
    "DurableConfig can only be set when a function is created.",
  ],
  tenantsWithSnapStart: [
    "InvalidParameterValueException",
    "SnapStart is not supported for functions with tenant isolation.",
  ],
  capacityOfDefault: [
    "InvalidParameterValueException",
    "CapacityProviderConfig isn't supported for Lambda Default functions.",
  ],
  tooManyTags: ["InvalidParameterValueException", "Number of tags exceeds resource tag limit."],
  emptyTags: ["InvalidParameterValueException", "An error occurred and the request cannot be processed."],
  reservedTag: [
    "InvalidParameterValueException",
    "aws: prefixed tag key names are not allowed for external use.",
  ],
  tagsOnQualified: [
    "InvalidParameterValueException",
    "Tags on function aliases and versions are not supported. Please specify a function ARN.",
  ],
  refusedSetting: ["InvalidParameterValueException", "{member} is not supported by this server: {reason}"],

  noSource: ["InvalidParameterValueException", "Please provide a source for function code."],
  twoSources: [
    "InvalidParameterValueException",
    "Please do not provide other FunctionCode parameters when providing a ZipFile.",
  ],
  halfS3Source: ["InvalidParameterValueException", "S3Bucket and S3Key must be provided together."],
  imageForZip: [
    "InvalidParameterValueException",
    "Please don't provide ImageUri when updating a function with packageType Zip.",
  ],
  s3Failed: [
    "InvalidParameterValueException",
    "Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}",
  ],
  liveCode: ["InvalidParameterValueException", "Code from the bucket hot-reload: {reason}"],
  emptyZip: ["InvalidParameterValueException", "Uploaded file must be a non-empty zip"],
  badZip: [
    "InvalidParameterValueException",
    "Could not unzip uploaded file. Please check your file, then try to upload again.",
  ],
  unzippedTooLarge: ["InvalidParameterValueException", "Unzipped size must be smaller than {most} bytes"],
  zippedTooLarge: ["RequestEntityTooLargeException", "Zipped size must be smaller than {most} bytes"],
  codeStorageFull: ["CodeStorageExceededException", "Code storage limit exceeded."],
  codeSha256Mismatch: [
    "InvalidParameterValueException",
    "CodeSHA256 ({given}) is different from current CodeSHA256 in $LATEST ({actual}). Please try again with the CodeSHA256 in $LATEST.",
  ],

  unrecognizedEventSource: ["InvalidParameterValueException", "Unrecognized event source."],
  mappedFunctionMissing: ["InvalidParameterValueException", "Function does not exist"],
  startingPositionMissing: [
    "InvalidParameterValueException",
    "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
  ],
  unsupportedPosition: [
    "InvalidParameterValueException",
    "Unsupported starting position for arn type: {arn}",
  ],
  positionTimestampMissing: [
    "InvalidParameterValueException",
    "StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP.",
  ],
  positionTimestampUnasked: [
    "InvalidParameterValueException",
    "StartingPositionTimestamp can only be used when StartingPosition is AT_TIMESTAMP.",
  ],
  positionTimestampFuture: [
    "InvalidParameterValueException",
    "StartingPositionTimestamp must not be in the future.",
  ],
  mappingMemberMissing: ["InvalidParameterValueException", "Required '{member}' parameter is missing."],
  unsupportedMappingMember: [
    "InvalidParameterValueException",
    "Unsupported {member} parameter for given event source mapping type.",
  ],
  badMappingValue: ["InvalidParameterValueException", "1 validation error detected: {failure}"],
  batchWithoutWindow: [
    "InvalidParameterValueException",
    "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
  ],
  windowOnFifo: ["InvalidParameterValueException", "Batching window is not supported for FIFO queues."],
  pollersAndScaling: [
    "InvalidParameterValueException",
    "ProvisionedPollerConfig and ScalingConfig can't be used together.",
  ],
  pollersOutOfOrder: [
    "InvalidParameterValueException",
    "MinimumPollers must be less than or equal to MaximumPollers.",
  ],
  badFilterPattern: ["InvalidParameterValueException", "Invalid filter pattern definition."],
  tooManyFilters: ["InvalidParameterValueException", "FilterCriteria can have at most {most} filters."],
  badDestination: ["InvalidParameterValueException", "The provided destination config {config} is invalid."],
  queueMissing: [
    "InvalidParameterValueException",
    "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.",
  ],
  streamMissing: ["InvalidParameterValueException", "Stream not found: {arn}"],
  queueMapped: [
    "ResourceConflictException",
    'An event source mapping with SQS arn (" {arn} ") and function (" {name} ") already exists. Please update or delete the existing mapping with UUID {uuid}',
  ],
  streamMapped: [
    "ResourceConflictException",
    'The event source arn (" {arn} ") and function (" {name} ") provided mapping already exists. Please update or delete the existing mapping with UUID {uuid}',
  ],
  topicMapped: [
    "ResourceConflictException",
    'An event source mapping with event source ("{source}"), function ("{function}"), topics ("{topics}") already exists. Please update or delete the existing mapping with UUID {uuid}',
  ],
  mappingInUse: ["ResourceInUseException", "Cannot {action} the event source mapping because it is in use."],

  capacityProviderExists: ["ResourceConflictException", "Capacity provider already exist: {name}"],
  capacityProviderInState: [
    "ResourceConflictException",
    "The operation cannot be performed at this time. The capacity provider is currently in the following state: {state}",
  ],
  tooManyCapacityProviders: [
    "CapacityProviderLimitExceededException",
    "The maximum number of capacity providers for this account has been reached.",
  ],
  instanceTypesTwice: [
    "InvalidParameterValueException",
    "AllowedInstanceTypes and ExcludedInstanceTypes can't be used together.",
  ],
  scalingPolicyMissing: [
    "InvalidParameterValueException",
    "ScalingPolicies are required when ScalingMode is Manual.",
  ],
  scalingPolicyUnasked: [
    "InvalidParameterValueException",
    "ScalingPolicies can only be used when ScalingMode is Manual.",
  ],

  policyOnLatest: [
    "InvalidParameterValueException",
    "We currently do not support adding policies for $LATEST.",
  ],
  badPrincipal: [
    "InvalidParameterValueException",
    "The provided principal was invalid. Please check the principal and try again.",
  ],
  badPolicy: ["InvalidParameterValueException", "The policy document is invalid: {reason}"],
  policyTooLong: [
    "PolicyLengthExceededException",
    "The final policy size ({size}) is bigger than the limit ({most}).",
  ],
  notAuthorized: [
    "AccessDeniedException",
    "User: {caller} is not authorized to perform: {action} on resource: {arn} because no resource-based policy allows the {action} action",
  ],
} as const satisfies Readonly<Record<string, readonly [Parameters<typeof fail>[0], string]>>;

export type Cause = keyof typeof causes;

/** The ServiceError of a cause, its `{placeholders}` filled. */
export function because(
  cause: Cause,
  values: Readonly<Record<string, string | number>> = {},
  details: Omit<ErrorDetails, "with"> = {},
): ServiceError {
  const [code, template] = causes[cause];
  const message = template.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
  return fail(code, { ...details, with: message });
}

/** An ARN of another account where the operation knows no sharing: 403 with `{"Message":null}`. */
export function foreignAccount(): ServiceError {
  return fail("AccessDeniedException", { with: "", members: { Message: null } });
}

/** What the service says of a member outside its constraint, https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html */
export function constraintFailure(member: string, value: unknown, constraint: string): string {
  return `Value '${String(value)}' at '${member}' failed to satisfy constraint: ${constraint}`;
}
