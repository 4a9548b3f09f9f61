import { mkdir, rm } from "node:fs/promises";
import { type Clock, invariant, type Log, meteringLimits, type Timer, toError } from "../base/index.ts";
import type { UsageLedger, UsageRecord, UsageSummary } from "./interfaces.ts";
import { type PriceList, publicPrices } from "./prices.ts";
import { RecentRecords } from "./recent-records.ts";
import { Segment } from "./segment.ts";
import { dayOf, listSegments, rawPath, readRecords, readTotals } from "./segment-files.ts";
import { monthStart, summarizeRows } from "./summary.ts";
import { HOUR_MS, hourOf, UsageTotals, type UsageTotalsRow } from "./usage-totals.ts";

const DAY_MS = 24 * HOUR_MS;

/** Days can still be computed beyond it. */
const LATEST_TIME = Date.UTC(9999, 0);

type Row = Readonly<UsageTotalsRow>;

/** Epoch milliseconds, [from, to). */
interface Range {
  readonly from: number;
  readonly to: number;
}

export interface UsageLedgerOptions {
  /** Created if missing; belongs to this ledger alone. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** AWS's public prices unless given. */
  readonly prices?: PriceList;
}

/**
 * Opens the ledger of a directory: append-only files, one per UTC day. A record is in the kernel's hands when `append`
 * returns, so that a killed process loses none; it is on disk within a second. An attempt is accounted once.
 */
export async function openUsageLedger(options: UsageLedgerOptions): Promise<UsageLedger> {
  const { directory, clock, log } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const recent = new RecentRecords();
  const segments = await resumeSegments(directory, log, recent);
  const ledger = new FileLedger(options, recent, segments.pop());
  for (const earlier of segments) await earlier.finish();
  await forgetOldSegments(directory, clock, log);
  return ledger;
}

/** The newest segment and those before it whose sums are not saved to their end, oldest first. */
async function resumeSegments(directory: string, log: Log, recent: RecentRecords): Promise<Segment[]> {
  const { raw, totals } = await listSegments(directory);
  const summed = new Set(totals);
  const newest = raw.slice(-2);
  const resumed: Segment[] = [];
  for (const day of raw) {
    if (!newest.includes(day) && summed.has(day)) continue;
    resumed.push(await Segment.resume(directory, day, log, (record) => recent.add(record)));
  }
  return resumed;
}

async function forgetOldSegments(directory: string, clock: Clock, log: Log): Promise<void> {
  const oldest = dayOf(clock.now() - meteringLimits.rawSegmentDays * DAY_MS);
  const { raw, totals } = await listSegments(directory);
  const summed = new Set(totals);
  for (const day of raw) {
    if (day >= oldest || !summed.has(day)) continue;
    await rm(rawPath(directory, day));
    log.info("usage records reduced to hourly sums", { day });
  }
}

class FileLedger implements UsageLedger {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #prices: PriceList;
  readonly #recent: RecentRecords;
  #current: Segment | undefined;
  /** Epoch milliseconds at which another day's segment is due. */
  #currentUntil = 0;
  /** Segments of past days until their sums are on disk. */
  readonly #finishing = new Set<Segment>();
  #syncing: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: UsageLedgerOptions, recent: RecentRecords, current: Segment | undefined) {
    this.#directory = options.directory;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#prices = options.prices ?? publicPrices;
    this.#recent = recent;
    this.#current = current;
  }

  append(record: UsageRecord): void {
    invariant(!this.#closed, "a usage record was appended after the ledger closed");
    if (!this.#recent.add(record)) {
      this.#log.info("usage record known already", { requestId: record.requestId, attempt: record.attempt });
      return;
    }
    this.#segmentOfToday().append(record);
    this.#armSync();
  }

  sync(): Promise<void> {
    const run = this.#syncing.then(() => this.#syncOnce());
    this.#syncing = run.catch((thrown: unknown) => {
      this.#log.error("usage records cannot be put on disk", { error: toError(thrown).message });
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
    for (const segment of this.#finishing) await segment.finish();
    await this.#current?.finish();
  }

  async summarize(range: {
    readonly account?: string;
    readonly from: number;
    readonly to: number;
  }): Promise<readonly UsageSummary[]> {
    const from = Math.max(range.from, 0);
    const to = Math.min(range.to, LATEST_TIME);
    if (!(from < to)) return [];
    const ofAccount = (row: Row): boolean => range.account === undefined || row.account === range.account;
    const rows = await this.#rows(from, to);
    const before = await this.#rows(monthStart(from), from);
    return summarizeRows(rows.filter(ofAccount), before.filter(ofAccount), this.#prices);
  }

  #armSync(): void {
    if (this.#closed) return;
    this.#timer ??= this.#clock.after(meteringLimits.syncMs, () => {
      this.#timer = undefined;
      // A failure is logged and tried again by `sync` itself.
      this.sync().catch(() => undefined);
    });
  }

  async #syncOnce(): Promise<void> {
    for (const segment of this.#finishing) {
      await segment.finish();
      this.#finishing.delete(segment);
    }
    if (this.#current?.dirty === true) await this.#current.sync();
  }

  /** A clock that steps back does not reopen an earlier day. */
  #segmentOfToday(): Segment {
    const now = this.#clock.now();
    const current = this.#current;
    if (current !== undefined && now < this.#currentUntil) return current;
    const day = dayOf(now);
    this.#currentUntil = Date.parse(day) + DAY_MS;
    if (current !== undefined && current.day >= day) return current;
    if (current !== undefined) this.#finishing.add(current);
    this.#current = Segment.begin(this.#directory, day, this.#log);
    return this.#current;
  }

  /** Rows of the invocations that began in [from, to). */
  async #rows(from: number, to: number): Promise<Row[]> {
    if (from >= to) return [];
    const live = [...this.#finishing, ...(this.#current === undefined ? [] : [this.#current])];
    const liveDays = new Map(live.map((segment) => [segment.day, segment]));
    const { raw, totals } = await listSegments(this.#directory);
    // A record is appended after its invocation, so never on an earlier day than it began; clocks may be set back.
    const last = dayOf(to + 2 * DAY_MS);
    const days = new Set([...totals, ...liveDays.keys()].filter((day) => day >= dayOf(from) && day <= last));
    const found: Row[] = [];
    for (const day of days) {
      const segment = liveDays.get(day);
      const rows = segment?.totals.rows() ?? (await readTotals(this.#directory, day))?.rows ?? [];
      found.push(...(await this.#within(day, rows, { from, to }, raw.includes(day))));
    }
    return found;
  }

  /**
   * The rows of one segment cut to a range. Only hours in which it begins or ends, with invocations on both sides,
   * are summed again from the records; without these an hour counts where it began.
   */
  async #within(day: string, rows: readonly Row[], range: Range, hasRecords: boolean): Promise<Row[]> {
    const { from, to } = range;
    const cutHours = new Set<number>();
    for (const row of hasRecords ? rows : []) {
      const cut = (time: number): boolean => row.firstStartedAt < time && row.lastStartedAt >= time;
      if (cut(from) || cut(to)) cutHours.add(row.hour);
    }
    const whole = rows.filter(
      (row) => !cutHours.has(row.hour) && row.firstStartedAt >= from && row.firstStartedAt < to,
    );
    if (cutHours.size === 0) return whole.map((row) => ({ ...row }));
    const again = new UsageTotals();
    await readRecords(rawPath(this.#directory, day), { start: 0 }, (record) => {
      const inRange = record.startedAt >= from && record.startedAt < to;
      if (inRange && cutHours.has(hourOf(record.startedAt))) again.add(record);
    });
    return [...whole, ...again.rows()];
  }
}
