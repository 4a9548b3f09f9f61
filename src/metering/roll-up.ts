import { meteringLimits } from "../base/index.ts";
import type { UsageRow } from "./interfaces.ts";
import type { LedgerParts } from "./ledger.ts";
import type { ParsedRecord } from "./record-line.ts";
import {
  dayOf,
  listSegments,
  rawName,
  readDays,
  readRecords,
  readTotals,
  writeDays,
} from "./segment-files.ts";
import { byDay, DAY_MS, hourOf, UsageTotals } from "./usage-totals.ts";

/** Epoch milliseconds, [from, to). */
interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * Past days, kept three times over: single records for a while, their sums by hour and by day for good. A question
 * reads the coarsest that answers it, so that one about months opens a small file a day.
 */
export class RollUp {
  readonly #parts: LedgerParts;
  /** Sums by day of days that are over, which never change; the oldest go first. */
  readonly #known = new Map<string, readonly UsageRow[]>();
  #knownRows = 0;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  /** Makes the sums by day that are missing, and forgets records whose time is over and whose sums are kept. */
  async tidy(current: string | undefined): Promise<void> {
    const { files, clock, log } = this.#parts;
    const { raw, totals, days } = await listSegments(files);
    const rolledUp = new Set(days);
    for (const day of totals) {
      if (rolledUp.has(day) || (current !== undefined && day >= current)) continue;
      const rows = (await readTotals(files, day))?.rows;
      if (rows !== undefined) await writeDays(files, day, byDay(rows));
    }
    const oldest = dayOf(clock.now() - meteringLimits.rawSegmentDays * DAY_MS);
    for (const day of raw) {
      if (day >= oldest || day === current || (await readTotals(files, day)) === undefined) continue;
      await files.remove(rawName(day));
      log.info("usage records reduced to hourly sums", { day });
    }
  }

  /** What began in the range; `live` are the hourly sums of the segments that are still written to. */
  async rows(range: Range, live: ReadonlyMap<string, readonly UsageRow[]>): Promise<UsageRow[]> {
    const { raw, totals } = await listSegments(this.#parts.files);
    // A record is appended after its invocation, so never on an earlier day than it began. Clocks may be set back: what
    // is written to may hold any.
    const first = dayOf(range.from);
    const last = dayOf(range.to + 2 * DAY_MS);
    const found: UsageRow[] = [];
    for (const day of new Set([...totals, ...live.keys()])) {
      if (!live.has(day) && (day < first || day > last)) continue;
      found.push(...(await this.#ofSegment(day, live.get(day), range, raw.includes(day))));
    }
    return found;
  }

  async #ofSegment(
    day: string,
    live: readonly UsageRow[] | undefined,
    range: Range,
    hasRecords: boolean,
  ): Promise<readonly UsageRow[]> {
    if (live !== undefined) return this.#ofHours(day, live, range, hasRecords);
    const days = await this.#byDay(day);
    if (days !== undefined && !days.some((row) => isCut(row, range)))
      return days.filter((row) => isInside(row, range));
    const hours = (await readTotals(this.#parts.files, day))?.rows ?? [];
    return this.#ofHours(day, hours, range, hasRecords);
  }

  /**
   * Only hours in which the range begins or ends, with invocations on both sides, are summed again from the records;
   * without these an hour counts where it began.
   */
  async #ofHours(
    day: string,
    rows: readonly UsageRow[],
    range: Range,
    hasRecords: boolean,
  ): Promise<readonly UsageRow[]> {
    const cutHours = new Set(
      hasRecords ? rows.filter((row) => isCut(row, range)).map(({ start }) => start) : [],
    );
    const whole = rows.filter((row) => !cutHours.has(row.start) && isInside(row, range));
    if (cutHours.size === 0) return structuredClone(whole);
    const again = new UsageTotals();
    const wanted = (startedAt: number): boolean =>
      startedAt >= range.from && startedAt < range.to && cutHours.has(hourOf(startedAt));
    try {
      await readRecords(this.#parts.files, rawName(day), { start: 0 }, (record) => {
        if (wanted(startOf(record))) again.take(record);
      });
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw thrown;
      // Their time was over meanwhile.
      return this.#ofHours(day, rows, range, false);
    }
    return [...whole, ...again.rows()];
  }

  async #byDay(day: string): Promise<readonly UsageRow[] | undefined> {
    const known = this.#known.get(day);
    if (known !== undefined) return known;
    const rows = await readDays(this.#parts.files, day);
    if (rows === undefined) return undefined;
    this.#known.set(day, rows);
    this.#knownRows += rows.length;
    for (const [oldest, { length }] of this.#known) {
      if (this.#knownRows <= meteringLimits.rolledUpRows) break;
      this.#known.delete(oldest);
      this.#knownRows -= length;
    }
    return rows;
  }
}

function isInside(row: UsageRow, { from, to }: Range): boolean {
  return row.firstStartedAt >= from && row.firstStartedAt < to;
}

/** Whether it holds invocations on both sides of the range's begin or end. */
function isCut(row: UsageRow, { from, to }: Range): boolean {
  const at = (time: number): boolean => row.firstStartedAt < time && row.lastStartedAt >= time;
  return at(from) || at(to);
}

function startOf(record: ParsedRecord): number {
  if ("invocation" in record) return record.invocation.startedAt;
  if ("amendment" in record) return record.amendment.record.startedAt;
  return "durable" in record ? record.durable.startedAt : record.provisioned.startedAt;
}
