/** One invocation as it is billed. Times are epoch milliseconds, durations milliseconds. */
export interface UsageRecord {
  readonly requestId: string;
  /** 1 for the first attempt; a retry of an asynchronous event is a record of its own. */
  readonly attempt: number;
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
  readonly version: string;
  readonly architecture: "x86_64" | "arm64";
  readonly memoryMiB: number;
  readonly ephemeralStorageMiB: number;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly initDurationMs?: number;
  readonly billedDurationMs: number;
  readonly status: "success" | "error" | "timeout" | "failure";
}

/** Where finished invocations are accounted. `append` is a plain write: no fsync, and no wait on the caller's path. */
export interface UsageLedger {
  append(record: UsageRecord): void;
  /** Sums over records that started in [from, to), by function and version. */
  summarize(range: {
    readonly account?: string;
    readonly from: number;
    readonly to: number;
  }): Promise<readonly UsageSummary[]>;
  /** Puts everything appended so far on disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface UsageSummary {
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
  readonly version: string;
  readonly architecture: "x86_64" | "arm64";
  readonly requests: number;
  readonly errors: number;
  readonly billedMs: number;
  readonly gbSeconds: number;
  /** GB-seconds of ephemeral storage above 512 MB. */
  readonly storageGbSeconds: number;
  /** US dollars, before any free tier. */
  readonly cost: {
    readonly requests: number;
    readonly duration: number;
    readonly storage: number;
    readonly total: number;
  };
}
