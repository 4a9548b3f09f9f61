/** Whether, and how, a request that failed may be sent again. */
export type Retry =
  /** The service has more to do than it can: later, and less often. */
  | "throttled"
  /** The connection broke, or the service had a failure of its own. The request may have been done. */
  | "transient"
  /** The same request will fail again. */
  | "no";

/** What a call of an AWS API failed with. */
export class AwsClientError extends Error {
  override readonly name = "AwsClientError";
  /** As the service names it; `ConnectionError` where no whole answer came. */
  readonly code: string;
  /** 0 where no answer came. */
  readonly status: number;
  readonly retry: Retry;
  readonly requestId: string | undefined;
  /** Further members of the error. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(failure: {
    code: string;
    message: string;
    status: number;
    requestId?: string | undefined;
    members?: Readonly<Record<string, unknown>>;
    cause?: unknown;
  }) {
    super(failure.message, failure.cause === undefined ? {} : { cause: failure.cause });
    this.code = failure.code;
    this.status = failure.status;
    this.requestId = failure.requestId;
    this.members = failure.members ?? {};
    this.retry = retryOf(failure.code, failure.status);
  }
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
const THROTTLED =
  /^(?:Throttl|TooManyRequests|RequestLimitExceeded|BandwidthLimitExceeded|LimitExceededException$|RequestThrottled|SlowDown|PriorRequestNotComplete|TransactionInProgress|ProvisionedThroughputExceeded|EC2ThrottledException|KMSThrottling|OverLimit)/;
const TRANSIENT = new Set(["RequestTimeout", "RequestTimeoutException", "ConnectionError", "InternalError"]);

function retryOf(code: string, status: number): Retry {
  if (status === 429 || THROTTLED.test(code)) return "throttled";
  return TRANSIENT.has(code) || [500, 502, 503, 504].includes(status) ? "transient" : "no";
}
