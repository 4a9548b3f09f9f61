import { createReadStream } from "node:fs";
import { open, readdir, readFile, rename, truncate } from "node:fs/promises";
import { join } from "node:path";
import type { UsageRecord } from "./interfaces.ts";
import type { UsageTotalsRow } from "./usage-totals.ts";

/**
 * A segment holds what was appended on one UTC day: `usage-DAY.jsonl`, one record a line, and `usage-DAY.totals.json`,
 * sums over its first `throughByte` bytes.
 */
export interface SegmentTotals {
  readonly formatVersion: 1;
  readonly throughByte: number;
  readonly rows: readonly UsageTotalsRow[];
}

const RAW_NAME = /^usage-(\d{4}-\d{2}-\d{2})\.jsonl$/;
const TOTALS_NAME = /^usage-(\d{4}-\d{2}-\d{2})\.totals\.json$/;
const NEWLINE = 0x0a;

export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

export function rawPath(directory: string, day: string): string {
  return join(directory, `usage-${day}.jsonl`);
}

function totalsPath(directory: string, day: string): string {
  return join(directory, `usage-${day}.totals.json`);
}

export async function listSegments(
  directory: string,
): Promise<{ readonly raw: readonly string[]; readonly totals: readonly string[] }> {
  const names = await readdir(directory);
  const days = (pattern: RegExp): string[] =>
    names.flatMap((name) => pattern.exec(name)?.[1] ?? []).toSorted((a, b) => (a < b ? -1 : 1));
  return { raw: days(RAW_NAME), totals: days(TOTALS_NAME) };
}

/** Cuts off a last line that a crash left without its end. Returns the size that remains. */
export async function truncateTornLine(path: string): Promise<number> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const chunk = Buffer.alloc(64 * 1_024);
    for (let end = size; end > 0; ) {
      const start = Math.max(end - chunk.length, 0);
      const { bytesRead } = await file.read(chunk, 0, end - start, start);
      const newline = chunk.subarray(0, bytesRead).lastIndexOf(NEWLINE);
      if (newline !== -1) {
        const whole = start + newline + 1;
        if (whole < size) await truncate(path, whole);
        return whole;
      }
      end = start;
    }
    if (size > 0) await truncate(path, 0);
    return 0;
  } finally {
    await file.close();
  }
}

/**
 * Calls back with every record whose line lies in [start, end) and with the offset of the line's end. A `start`
 * inside a line skips to the next. Returns how many lines were no records.
 */
export async function readRecords(
  path: string,
  range: { readonly start: number; readonly end?: number },
  callback: (record: UsageRecord, lineEnd: number) => void,
): Promise<number> {
  const end = range.end ?? Number.POSITIVE_INFINITY;
  if (end <= range.start) return 0;
  const midLine = range.start > 0;
  // One byte earlier: if that is a line's end, the line at `start` is whole.
  let offset = midLine ? range.start - 1 : 0;
  let skipping = midLine;
  let unreadable = 0;
  let rest: Buffer = Buffer.alloc(0);
  const stream = createReadStream(path, { start: offset, end: end - 1, highWaterMark: 64 * 1_024 });
  for await (const piece of stream as AsyncIterable<Buffer>) {
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
      const record = parseRecord(line);
      if (record === undefined) unreadable += 1;
      else callback(record, offset);
    }
    rest = chunk.subarray(lineStart);
  }
  return unreadable;
}

function parseRecord(line: string): UsageRecord | undefined {
  try {
    const value = JSON.parse(line) as UsageRecord | null;
    const usable =
      value !== null &&
      typeof value.requestId === "string" &&
      Number.isFinite(value.startedAt) &&
      Number.isFinite(value.billedDurationMs) &&
      Number.isFinite(value.memoryMiB);
    return usable ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The saved sums of a segment; undefined if there are none that can be used. */
export async function readTotals(directory: string, day: string): Promise<SegmentTotals | undefined> {
  try {
    const totals = JSON.parse(await readFile(totalsPath(directory, day), "utf8")) as SegmentTotals;
    return totals.formatVersion === 1 && Array.isArray(totals.rows) ? totals : undefined;
  } catch {
    return undefined;
  }
}

/** On disk when it resolves; readers see the old sums or the new ones. */
export async function writeTotals(directory: string, day: string, totals: SegmentTotals): Promise<void> {
  const path = totalsPath(directory, day);
  const file = await open(`${path}.new`, "w");
  try {
    await file.writeFile(JSON.stringify(totals));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/** Makes created and renamed names durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
