/** A function as `lambkin dev` deploys it. */
export interface DevelopmentFunction {
  readonly name: string;
  readonly runtime: string;
  readonly handler: string;
  /** Absolute; a directory to follow, or an archive to upload. */
  readonly code: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMiB?: number;
  readonly timeoutSeconds?: number;
  readonly ephemeralStorageMiB?: number;
  readonly architecture?: string;
  readonly description?: string;
}

/** What was found, and what of it is left out, a sentence each. */
export interface Development {
  readonly functions: readonly DevelopmentFunction[];
  readonly notes: readonly string[];
}
