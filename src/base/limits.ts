/**
 * Every queue, buffer, retry and wait of Lambkin has its limit here, by room, with the unit last in the name.
 * Limits that AWS publishes carry its figure: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */

const KIB = 1024;
const MIB = 1024 * KIB;

export const wireLimits = {
  /** CreateFunction and UpdateFunctionCode; no other buffered request may be larger. */
  requestBodyBytes: 70_167_211,
  headerBytes: 64 * KIB,
  /** A request whose head or body stalls is given up. */
  requestIdleMs: 60_000,
  /** Difference of clocks that SigV4 tolerates. */
  clockSkewMs: 15 * 60_000,
  presignedUrlExpirySeconds: 604_800,
  signingKeyCacheEntries: 1_000,
} as const;

export const storageLimits = {
  /** Requests that one writer thread takes into a single transaction. */
  groupCommitRequests: 512,
  deduplicationWindowMs: 120_000,
  redeliveryMs: 30_000,
  timerLatenessMs: 1_000,
  outboxBatchRows: 64,
  outboxRetryFirstMs: 250,
  outboxRetryMostMs: 60_000,
  listPageEntries: 1_000,
  /** Calls of one store that have no answer yet; a further one is refused. */
  pendingRequests: 20_000,
  preparedStatements: 500,
  /** How long a file that another process has locked is waited for. */
  fileBusyMs: 5_000,
  writeAheadLogKeptBytes: 64 * MIB,
  pageCacheKiB: 8 * 1_024,
  threadHeapMiB: 512,
  threadYoungHeapMiB: 16,
} as const;

export const functionLimits = {
  nameCharacters: 64,
  zipDirectBytes: 52_428_800,
  unzippedBytes: 262_144_000,
  zipEntries: 65_535,
  codeStorageBytes: 80_530_636_800,
  environmentBytes: 4_096,
  policyBytes: 20_480,
  tags: 50,
  memoryDefaultMiB: 128,
  memoryLeastMiB: 128,
  memoryMostMiB: 10_240,
  timeoutDefaultSeconds: 3,
  timeoutMostSeconds: 900,
  ephemeralStorageDefaultMiB: 512,
  codeLocationExpirySeconds: 600,
  listPageItems: 50,
} as const;

export const invokeLimits = {
  requestPayloadBytes: 6 * MIB,
  asyncPayloadBytes: 1 * MIB,
  clientContextBytes: 3_583,
  accountConcurrency: 1_000,
  /** Requests of one function version that may wait for an environment. */
  waitingRequests: 1_000,
  asyncPartitions: 16,
  asyncRetryDelaysMs: [60_000, 120_000],
  asyncThrottleBackoffFirstMs: 1_000,
  asyncThrottleBackoffMostMs: 300_000,
  asyncEventAgeMs: 21_600_000,
} as const;

export const environmentLimits = {
  /** Runtime API: 6 MiB and 100 bytes, in both directions. */
  runtimePayloadBytes: 6 * MIB + 100,
  runtimeHeaderBytes: 64 * KIB,
  initMs: 10_000,
  freezeDelayMs: 50,
  idleKeepMs: 10 * 60_000,
  logTailBytes: 4 * KIB,
  logEventBytes: 256 * KIB - 26,
  openFiles: 1_024,
  processes: 1_024,
  /** A vCPU's worth of memory: the CPU share of a function is its memory over this. */
  memoryMiBPerCpu: 1_769,
  /** How often the process tier looks at the memory of what runs. */
  memoryPollMs: 100,
  /** Until everything that was killed has left the process table. */
  killMs: 5_000,
  killPollMs: 5,
} as const;

export const logsLimits = {
  /** Events waiting for their batched write; beyond this the oldest are dropped and counted. */
  bufferedEvents: 100_000,
  bufferedBytes: 64 * MIB,
  flushMs: 100,
  putBatchBytes: 1 * MIB,
  putBatchEvents: 10_000,
} as const;

export const meteringLimits = {
  syncMs: 1_000,
} as const;

export const serverLimits = {
  /** What runs is given this long to finish after SIGTERM, and never less than a function's own time-out. */
  drainMs: 900_000,
} as const;
