/** What is set of asynchronous invocations under one qualifier. Absent members have the service's default. */
export interface EventInvokeConfig {
  /** Epoch milliseconds. */
  readonly lastModified: number;
  readonly maximumRetryAttempts?: number;
  readonly maximumEventAgeSeconds?: number;
  /** ARNs. */
  readonly onSuccess?: string;
  readonly onFailure?: string;
}
