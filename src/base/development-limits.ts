/** Limits of what serves local development only; `limits.ts` has all others. */
export const developmentLimits = {
  /** A change of a directory is told when nothing more has changed for this long, */
  settleMs: 15,
  /** and at the latest this long after its first event. */
  settleMostMs: 150,
  /** Directories that are watched through the kernel; larger trees, and those it has no watches left for, are polled. */
  watchedDirectories: 8_192,
  /** Files of one tree that are looked at; what is beyond is not followed, which is said once. */
  watchedFiles: 100_000,
  pollMs: 500,
  /** What is copied beside a built handler: files of the directory that are no sources. */
  assetBytes: 50 * 1_048_576,
  /** Builds of a handler that are kept, because environments still run from them. */
  keptBuilds: 8,
  /** How long a debugger that attaches waits for an environment and its runtime. */
  attachMs: 20_000,
  attachRetryMs: 50,
  /** What a function is told that it has left while a debugger is attached. */
  debuggedDeadlineMs: 24 * 3_600_000,
  /** Listeners of reloads, each a `lambkin dev`. */
  watchers: 64,
} as const;
