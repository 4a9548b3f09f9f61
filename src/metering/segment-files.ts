import type { UsageRow } from "./interfaces.ts";
import type { LedgerFiles } from "./ledger-files.ts";
import { type ParsedRecord, ReadSubjects } from "./record-line.ts";
import { completeRow } from "./usage-totals.ts";

/**
 * A segment holds what was appended on one UTC day: `usage-DAY.jsonl`, one record a line; `usage-DAY.totals.json`, sums
 * by hour over its first `throughByte` bytes; and of a day that is over `usage-DAY.days.json`, those sums by day.
 */
export interface SegmentTotals {
  readonly throughByte: number;
  readonly rows: readonly UsageRow[];
}

const FORMAT = 2;
const RAW_NAME = /^usage-(\d{4}-\d{2}-\d{2})\.jsonl$/;
const TOTALS_NAME = /^usage-(\d{4}-\d{2}-\d{2})\.totals\.json$/;
const DAYS_NAME = /^usage-(\d{4}-\d{2}-\d{2})\.days\.json$/;
const NEWLINE = 0x0a;
const READ_BYTES = 64 * 1_024;

export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

export function rawName(day: string): string {
  return `usage-${day}.jsonl`;
}

function totalsName(day: string): string {
  return `usage-${day}.totals.json`;
}

function daysName(day: string): string {
  return `usage-${day}.days.json`;
}

/** Days by what there is of them, oldest first. */
export interface SegmentList {
  readonly raw: readonly string[];
  readonly totals: readonly string[];
  readonly days: readonly string[];
}

export async function listSegments(files: LedgerFiles): Promise<SegmentList> {
  const names = await files.list();
  const days = (pattern: RegExp): string[] =>
    names.flatMap((name) => pattern.exec(name)?.[1] ?? []).toSorted((a, b) => (a < b ? -1 : 1));
  return { raw: days(RAW_NAME), totals: days(TOTALS_NAME), days: days(DAYS_NAME) };
}

/** Cuts off a last line that a crash left without its end. Returns the size that remains. */
export async function truncateTornLine(files: LedgerFiles, name: string): Promise<number> {
  const size = await files.size(name);
  for (let end = size; end > 0; ) {
    const start = Math.max(end - READ_BYTES, 0);
    const newline = (await files.read(name, start, end)).lastIndexOf(NEWLINE);
    if (newline !== -1) {
      const whole = start + newline + 1;
      if (whole < size) await files.truncate(name, whole);
      return whole;
    }
    end = start;
  }
  if (size > 0) await files.truncate(name, 0);
  return 0;
}

/**
 * Calls back with every record whose line lies in [start, end) and with the offset of the line's end. A `start`
 * inside a line skips to the next. Returns how many lines were no records.
 */
export async function readRecords(
  files: LedgerFiles,
  name: string,
  range: { readonly start: number; readonly end?: number },
  callback: (record: ParsedRecord, lineEnd: number) => void,
): Promise<number> {
  const end = range.end ?? (await files.size(name));
  if (end <= range.start) return 0;
  const subjects = new ReadSubjects();
  // One byte earlier: if that is a line's end, the line at `start` is whole.
  let skipping = range.start > 0;
  let offset = skipping ? range.start - 1 : 0;
  let unreadable = 0;
  let rest: Buffer = Buffer.alloc(0);
  for (let at = offset; at < end; ) {
    const piece = await files.read(name, at, Math.min(at + READ_BYTES, end));
    if (piece.length === 0) break;
    at += piece.length;
    const chunk = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let lineStart = 0;
    for (let newline = chunk.indexOf(NEWLINE); newline !== -1; newline = chunk.indexOf(NEWLINE, lineStart)) {
      const line = chunk.toString("utf8", lineStart, newline);
      offset += newline + 1 - lineStart;
      lineStart = newline + 1;
      if (skipping) {
        skipping = false;
        continue;
      }
      const record = subjects.parse(line);
      if (record === undefined) unreadable += 1;
      else callback(record, offset);
    }
    rest = chunk.subarray(lineStart);
  }
  return unreadable;
}

/** The saved sums of a segment by hour; undefined if there are none that can be used. */
export async function readTotals(files: LedgerFiles, day: string): Promise<SegmentTotals | undefined> {
  const saved = await readSaved(files, totalsName(day));
  return saved === undefined || !Number.isFinite(saved.throughByte)
    ? undefined
    : { throughByte: saved.throughByte ?? 0, rows: saved.rows };
}

export function writeTotals(files: LedgerFiles, day: string, totals: SegmentTotals): Promise<void> {
  return files.replace(totalsName(day), JSON.stringify({ formatVersion: FORMAT, ...totals }));
}

/** The saved sums of a segment by day; undefined if there are none that can be used. */
export async function readDays(files: LedgerFiles, day: string): Promise<readonly UsageRow[] | undefined> {
  return (await readSaved(files, daysName(day)))?.rows;
}

export function writeDays(files: LedgerFiles, day: string, rows: readonly UsageRow[]): Promise<void> {
  return files.replace(daysName(day), JSON.stringify({ formatVersion: FORMAT, rows }));
}

interface Saved {
  readonly formatVersion: number;
  readonly throughByte?: number;
  readonly rows: readonly Parameters<typeof completeRow>[0][];
}

async function readSaved(files: LedgerFiles, name: string) {
  const text = await files.text(name);
  if (text === undefined) return undefined;
  try {
    const saved = JSON.parse(text) as Saved;
    if (!(saved.formatVersion >= 1 && saved.formatVersion <= FORMAT) || !Array.isArray(saved.rows))
      return undefined;
    return { throughByte: saved.throughByte, rows: saved.rows.map(completeRow) };
  } catch {
    return undefined;
  }
}
