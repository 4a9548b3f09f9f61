/**
 * What an invocation is billed to. Immutable: a change of the function makes a new one, so that what is known of it is
 * kept by its identity.
 */
export interface UsageSubject {
  readonly account: string;
  readonly region: string;
  /** Of the function. */
  readonly name: string;
  /** `$LATEST` or a number. */
  readonly version: string;
  /** The alias that led to the version, if one did. */
  readonly alias?: string;
  readonly architecture: Architecture;
  readonly memoryMiB: number;
  readonly ephemeralStorageMiB: number;
  /** The function's tags at that time: cost allocation on AWS does not look back either. */
  readonly tags: Readonly<Record<string, string>>;
}

export type Architecture = "x86_64" | "arm64";

/** One invocation as it is billed. Times are epoch milliseconds, durations milliseconds. */
export interface UsageRecord {
  readonly requestId: string;
  /** 1 for the first attempt; a retry of an asynchronous event is a record of its own. */
  readonly attempt: number;
  readonly subject: UsageSubject;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly initDurationMs?: number;
  readonly billedDurationMs: number;
  readonly status: "success" | "error" | "timeout" | "failure";
  /** Bytes that were written to the response stream; absent without one. */
  readonly streamedBytes?: number;
  /** Ran on an environment that provisioned concurrency keeps ready. */
  readonly provisioned?: boolean;
  /** Requests that are charged besides the one, of large asynchronous events. */
  readonly furtherRequests?: number;
}

/** What an accounted invocation took after that. */
export interface UsageAmendment {
  readonly record: Pick<UsageRecord, "requestId" | "attempt" | "subject" | "startedAt" | "provisioned">;
  readonly furtherBilledMs: number;
  /** It ended with an error after all. */
  readonly failed: boolean;
}

/** Provisioned concurrency that is charged for [startedAt, endsAt), epoch milliseconds. */
export interface ProvisionedRecord {
  readonly subject: UsageSubject;
  readonly startedAt: number;
  readonly endsAt: number;
  /** Environments that are kept ready. */
  readonly concurrency: number;
}

/**
 * What a change of a durable execution is charged, beside its invocations:
 * https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-sdk.html, "How durable operations are metered".
 */
export interface DurableRecord {
  readonly subject: UsageSubject;
  readonly executionId: string;
  /** Counts the execution's records from 1; with its id, what tells that it is accounted already. */
  readonly number: number;
  /** Of the change, epoch milliseconds. */
  readonly startedAt: number;
  readonly operations: number;
  readonly writtenBytes: number;
  /** Bytes times the seconds that they were kept, or, of an execution that has ended, that they will be. */
  readonly retainedByteSeconds: number;
}

/** What one subject used in one hour or day. */
export interface UsageRow {
  /** Of the UTC hour or day in which the invocations began, epoch milliseconds. */
  readonly start: number;
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
  readonly version: string;
  readonly alias?: string;
  readonly architecture: Architecture;
  readonly memoryMiB: number;
  readonly ephemeralStorageMiB: number;
  readonly tags?: Readonly<Record<string, string>>;
  /** Of environments that provisioned concurrency keeps ready. */
  readonly provisioned: boolean;
  readonly requests: number;
  /** Charged besides those. */
  readonly furtherRequests: number;
  readonly errors: number;
  readonly billedMs: number;
  readonly streamedBytes: number;
  /** What of it is beyond the free part of each request. */
  readonly billedStreamedBytes: number;
  /** Milliseconds times provisioned concurrency. */
  readonly provisionedMs: number;
  readonly durableOperations: number;
  readonly durableWrittenBytes: number;
  readonly durableRetainedByteSeconds: number;
  readonly firstStartedAt: number;
  readonly lastStartedAt: number;
  /** The provisioned concurrency that is charged up to `endsAt`, the latest such moment. */
  readonly paid?: { readonly endsAt: number; readonly concurrency: number };
}

/** Where finished invocations are accounted. `append` is a plain write: no fsync, and no wait on the caller's path. */
export interface UsageLedger {
  /**
   * False if the attempt was accounted before, by which nothing has changed. `single`: the request id was made for this
   * attempt, so that it can't have been and need not be remembered.
   */
  append(record: UsageRecord, single?: boolean): boolean;
  /** What an accounted invocation came to in the end, where that is more than it was known to be. */
  amend(record: UsageRecord, end: Pick<UsageRecord, "billedDurationMs" | "status">): void;
  /** Beforehand, so that what is charged is known whatever happens to the process. */
  appendProvisioned(record: ProvisionedRecord): void;
  /** False if it was accounted before, by which nothing has changed. */
  appendDurable(record: DurableRecord): boolean;
  /** Up to when provisioned concurrency of lately is charged, and how much; for the start. */
  paidProvisioned(): readonly UsageRow[];
  /** What was used by invocations that began in [from, to), in rows of at most a UTC day. */
  usage(range: {
    readonly account?: string;
    readonly from: number;
    readonly to: number;
  }): Promise<readonly UsageRow[]>;
  /** Puts everything appended so far on disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
