import type { UsageLedger, UsageRecord } from "../src/metering/index.ts";

/** A ledger that keeps the records of invocations in `usage` and forgets everything else. */
export function memoryLedger(usage: UsageRecord[] = []): UsageLedger {
  return {
    append: (record) => usage.push(record) > 0,
    amend: () => undefined,
    appendProvisioned: () => undefined,
    appendDurable: () => true,
    paidProvisioned: () => [],
    usage: async () => [],
    sync: async () => undefined,
    close: async () => undefined,
  };
}
