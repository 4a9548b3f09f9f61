import type { UsageRecord, UsageSubject } from "../../src/metering/index.ts";

let sequence = 0;

export function subject(changes: Partial<UsageSubject> = {}): UsageSubject {
  return {
    account: "000000000000",
    region: "us-east-1",
    name: "resize",
    version: "$LATEST",
    architecture: "x86_64",
    memoryMiB: 1_024,
    ephemeralStorageMiB: 512,
    tags: {},
    ...changes,
  };
}

const USUAL = subject();

/** 100 ms at 1,024 MB, under an id of its own. */
export function record(
  startedAt: number,
  { of, ...changes }: Partial<UsageRecord> & { readonly of?: Partial<UsageSubject> } = {},
): UsageRecord {
  return {
    requestId: `request-${sequence++}`,
    attempt: 1,
    subject: of === undefined ? USUAL : subject(of),
    startedAt,
    durationMs: 99.5,
    billedDurationMs: 100,
    status: "success",
    ...changes,
  };
}
