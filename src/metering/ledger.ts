import { mkdir } from "node:fs/promises";
import { type Clock, invariant, type Log, meteringLimits, type Timer, toError } from "../base/index.ts";
import type { DurableRecord, ProvisionedRecord, UsageLedger, UsageRecord, UsageRow } from "./interfaces.ts";
import { DirectoryFiles, type LedgerFiles } from "./ledger-files.ts";
import { RecentRecords } from "./recent-records.ts";
import { RecordLines } from "./record-line.ts";
import { RollUp } from "./roll-up.ts";
import { Segment } from "./segment.ts";
import { dayOf, listSegments } from "./segment-files.ts";
import { DAY_MS } from "./usage-totals.ts";

/** Days can still be computed beyond it. */
const LATEST_TIME = Date.UTC(9999, 0);

export interface UsageLedgerOptions {
  /** Created if missing; belongs to this ledger alone. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Opens the ledger of a directory: append-only files, one per UTC day. A record is in the kernel's hands when `append`
 * returns, so that a killed process loses none; it is on disk within a second. An attempt is accounted once.
 */
export async function openUsageLedger({ directory, clock, log }: UsageLedgerOptions): Promise<UsageLedger> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return openLedger({ files: new DirectoryFiles(directory), clock, log });
}

export interface LedgerParts {
  readonly files: LedgerFiles;
  readonly clock: Clock;
  readonly log: Log;
}

export async function openLedger({ files, clock, log }: LedgerParts): Promise<UsageLedger> {
  const recent = new RecentRecords();
  const { raw, days } = await listSegments(files);
  // Made when nothing more comes, from sums to the end.
  const rolledUp = new Set(days);
  // Two may hold what is delivered again.
  const newest = raw.slice(-2);
  const resumed: Segment[] = [];
  for (const day of raw) {
    if (!newest.includes(day) && rolledUp.has(day)) continue;
    resumed.push(await Segment.resume(files, day, log, (record) => recent.add(record)));
  }
  const paid = resumed.flatMap((segment) => segment.totals.rows().filter((row) => row.paid !== undefined));
  const current = resumed.pop();
  for (const earlier of resumed) await earlier.finish({ over: true });
  const rollUp = new RollUp({ files, clock, log });
  await rollUp.tidy(current?.day);
  return new FileLedger({ files, clock, log }, { recent, current, rollUp, paid });
}

class FileLedger implements UsageLedger {
  readonly #parts: LedgerParts;
  readonly #recent: RecentRecords;
  readonly #rollUp: RollUp;
  readonly #paid: readonly UsageRow[];
  readonly #lines = new RecordLines();
  #current: Segment | undefined;
  /** Epoch milliseconds at which another day's segment is due. */
  #currentUntil = 0;
  /** Segments of past days until their sums are on disk. */
  readonly #finishing = new Set<Segment>();
  #syncing: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #closed = false;

  constructor(
    parts: LedgerParts,
    found: {
      readonly recent: RecentRecords;
      readonly current: Segment | undefined;
      readonly rollUp: RollUp;
      readonly paid: readonly UsageRow[];
    },
  ) {
    this.#parts = parts;
    this.#recent = found.recent;
    this.#current = found.current;
    this.#rollUp = found.rollUp;
    this.#paid = found.paid;
    if (this.#current?.dirty === true) this.#armSync();
  }

  append(record: UsageRecord, single = false): boolean {
    invariant(!this.#closed, "a usage record was appended after the ledger closed");
    if (!single && !this.#recent.add(record)) {
      const { requestId, attempt } = record;
      this.#parts.log.info("usage record known already", { requestId, attempt });
      return false;
    }
    this.#segmentOfToday().append(record, this.#lines.ofInvocation(record));
    this.#armSync();
    return true;
  }

  amend(record: UsageRecord, end: Pick<UsageRecord, "billedDurationMs" | "status">): void {
    invariant(!this.#closed, "a usage record was amended after the ledger closed");
    const furtherBilledMs = end.billedDurationMs - record.billedDurationMs;
    const failed = record.status === "success" && end.status !== "success";
    if (furtherBilledMs <= 0 && !failed) return;
    const amendment = { record, furtherBilledMs, failed };
    this.#segmentOfToday().amend(amendment, this.#lines.ofAmendment(amendment));
    this.#armSync();
  }

  appendProvisioned(record: ProvisionedRecord): void {
    invariant(!this.#closed, "a usage record was appended after the ledger closed");
    this.#segmentOfToday().appendProvisioned(record, this.#lines.ofProvisioned(record));
    this.#armSync();
  }

  appendDurable(record: DurableRecord): boolean {
    invariant(!this.#closed, "a usage record was appended after the ledger closed");
    if (!this.#recent.add(record)) return false;
    this.#segmentOfToday().appendDurable(record, this.#lines.ofDurable(record));
    this.#armSync();
    return true;
  }

  paidProvisioned(): readonly UsageRow[] {
    return this.#paid;
  }

  sync(): Promise<void> {
    const run = this.#syncing.then(() => this.#syncOnce());
    this.#syncing = run.catch((thrown: unknown) => {
      this.#parts.log.error("usage records cannot be put on disk", { error: toError(thrown).message });
      this.#armSync();
    });
    return run;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    await this.#syncing;
    this.#timer?.cancel();
    for (const segment of this.#finishing) await segment.finish({ over: true });
    await this.#current?.finish({ over: false });
  }

  async usage(range: Parameters<UsageLedger["usage"]>[0]): Promise<readonly UsageRow[]> {
    const from = Math.max(range.from, 0);
    const to = Math.min(range.to, LATEST_TIME);
    if (!(from < to)) return [];
    const live = new Map<string, readonly UsageRow[]>();
    for (const { day, totals } of this.#finishing) live.set(day, totals.rows());
    if (this.#current !== undefined) live.set(this.#current.day, this.#current.totals.rows());
    const rows = await this.#rollUp.rows({ from, to }, live);
    return range.account === undefined ? rows : rows.filter(({ account }) => account === range.account);
  }

  #armSync(): void {
    if (this.#closed) return;
    this.#timer ??= this.#parts.clock.after(meteringLimits.syncMs, () => {
      this.#timer = undefined;
      // A failure is logged and tried again by `sync` itself.
      this.sync().catch(() => undefined);
    });
  }

  async #syncOnce(): Promise<void> {
    for (const segment of this.#finishing) {
      await segment.finish({ over: true });
      this.#finishing.delete(segment);
      await this.#rollUp.tidy(this.#current?.day);
    }
    if (this.#current?.dirty === true) await this.#current.sync();
  }

  /** A clock that steps back does not reopen an earlier day. */
  #segmentOfToday(): Segment {
    const { files, clock, log } = this.#parts;
    const now = clock.now();
    const current = this.#current;
    if (current !== undefined && now < this.#currentUntil) return current;
    const day = dayOf(now);
    this.#currentUntil = Date.parse(day) + DAY_MS;
    if (current !== undefined && current.day >= day) return current;
    if (current !== undefined) this.#finishing.add(current);
    this.#current = Segment.begin(files, day, log);
    return this.#current;
  }
}
