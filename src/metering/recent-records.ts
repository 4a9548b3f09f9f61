import { meteringLimits } from "../base/index.ts";
import type { DurableRecord, UsageRecord } from "./interfaces.ts";

/**
 * Remembers which attempts and changes of durable executions were accounted lately, so that an event that is delivered again after a crash is not
 * counted twice. Two generations, each of `recentRecords` entries, bound its memory.
 */
export class RecentRecords {
  #young = new Set<string>();
  #old = new Set<string>();

  /** False if the attempt is already known. */
  add(
    record: Pick<UsageRecord, "requestId" | "attempt"> | Pick<DurableRecord, "executionId" | "number">,
  ): boolean {
    const key = keyOf(record);
    if (this.#old.has(key)) return false;
    if (this.#young.size >= meteringLimits.recentRecords && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    const before = this.#young.size;
    return this.#young.add(key).size > before;
  }
}

function keyOf(record: Parameters<RecentRecords["add"]>[0]): string {
  if ("executionId" in record) return `${record.executionId}/${record.number}`;
  return record.attempt === 1 ? record.requestId : `${record.requestId}#${record.attempt}`;
}
