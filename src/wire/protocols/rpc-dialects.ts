import type { ServiceName } from "../service.ts";

/** How services whose operations are called by name differ from one another. */
export interface RpcDialect {
  /** What stands before `#` in `__type`. */
  readonly namespace?: string;
  /** The error of whoever violates a constraint. */
  readonly invalidCode: string;
  readonly internalCode: string;
  readonly unavailableCode: string;
  /** Answers carry their CRC-32, as DynamoDB's do. */
  readonly crc32: boolean;
}

const USUAL: RpcDialect = {
  invalidCode: "ValidationException",
  internalCode: "InternalFailure",
  unavailableCode: "ServiceUnavailable",
  crc32: false,
};

const DIALECTS: Partial<Readonly<Record<ServiceName, Partial<RpcDialect>>>> = {
  dynamodb: {
    namespace: "com.amazonaws.dynamodb.v20120810",
    internalCode: "InternalServerError",
    crc32: true,
  },
  logs: { invalidCode: "InvalidParameterException", unavailableCode: "ServiceUnavailableException" },
  sqs: { namespace: "com.amazonaws.sqs", invalidCode: "InvalidParameterValue" },
  cloudwatch: { namespace: "com.amazonaws.cloudwatch", invalidCode: "ValidationError" },
};

export function rpcDialect(service: ServiceName): RpcDialect {
  return { ...USUAL, ...DIALECTS[service] };
}

/** Errors of the front end, with the namespaces that clients know them by. */
const FRONT_END: Readonly<Record<string, string>> = {
  UnknownOperationException: "com.amazon.coral.service",
  SerializationException: "com.amazon.coral.service",
  UnrecognizedClientException: "com.amazon.coral.service",
  MissingAuthenticationTokenException: "com.amazon.coral.service",
  IncompleteSignatureException: "com.amazon.coral.service",
  InvalidSignatureException: "com.amazon.coral.service",
  ExpiredTokenException: "com.amazon.coral.service",
  InternalFailure: "com.amazon.coral.service",
  ValidationException: "com.amazon.coral.validate",
};

/** The `__type` of an error that `modelled` says whether the service's model has. */
export function errorType(code: string, modelled: boolean, dialect: RpcDialect): string {
  const namespace = modelled ? dialect.namespace : (FRONT_END[code] ?? dialect.namespace);
  return namespace === undefined ? code : `${namespace}#${code}`;
}
