const MIB = 1_024 * 1_024;

/** Part of the list in `limits.ts`. */
export const meteringLimits = {
  syncMs: 1_000,
  /** Attempts remembered against double counting, in each of two generations. */
  recentRecords: 250_000,
  /** End of a segment that is read for them at start. */
  recentBytesRead: 16 * MIB,
  /** Records kept in memory while the file system refuses them; beyond this they are lost and counted. */
  unwrittenBytes: 16 * MIB,
  /** Hourly sums are saved when this much has come since the last time, so that a start reads no more. */
  totalsSaveBytes: 16 * MIB,
  /** Single records are kept this long, hourly and daily sums for good. */
  rawSegmentDays: 92,
  /** Daily sums of past days that are kept in memory, over all days. */
  rolledUpRows: 50_000,
  /** Provisioned concurrency is charged in steps of this length. https://aws.amazon.com/lambda/pricing/ */
  provisionedStepMs: 300_000,
  /** Of a price list that comes with a request, and of what a budget is set to. */
  requestBodyBytes: 256 * 1_024,
  /** Budgets are compared with what was used at this pace. */
  budgetCheckMs: 60_000,
  budgetsOfAccount: 100,
  budgetThresholds: 10,
} as const;
