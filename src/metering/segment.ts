import { closeSync, fsync, openSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { type Log, meteringLimits, toError } from "../base/index.ts";
import type { UsageRecord } from "./interfaces.ts";
import {
  rawPath,
  readRecords,
  readTotals,
  syncDirectory,
  truncateTornLine,
  writeTotals,
} from "./segment-files.ts";
import { UsageTotals } from "./usage-totals.ts";

const fsyncFile = promisify(fsync);

/** The segment that records are appended to, with its sums in memory. */
export class Segment {
  readonly day: string;
  readonly totals = new UsageTotals();
  readonly #directory: string;
  readonly #log: Log;
  readonly #descriptor: number;
  /** What the file system has not taken yet; starts inside a line if the last write was cut short. */
  #unwritten: Buffer[] = [];
  #unwrittenBytes = 0;
  #dropped = 0;
  #size: number;
  #syncedSize: number;
  #totalsSize: number;
  #named = false;

  private constructor(directory: string, day: string, size: number, totalsSize: number, log: Log) {
    this.day = day;
    this.#directory = directory;
    this.#log = log;
    this.#size = size;
    this.#syncedSize = size;
    this.#totalsSize = totalsSize;
    this.#descriptor = openSync(rawPath(directory, day), "a", 0o600);
  }

  /** A segment that begins now. */
  static begin(directory: string, day: string, log: Log): Segment {
    return new Segment(directory, day, 0, 0, log);
  }

  /** Takes up a segment of an earlier run, reading only what its saved sums do not cover. */
  static async resume(
    directory: string,
    day: string,
    log: Log,
    onRecentRecord: (record: UsageRecord) => void,
  ): Promise<Segment> {
    const path = rawPath(directory, day);
    const size = await truncateTornLine(path);
    const saved = await readTotals(directory, day);
    const covered = saved !== undefined && saved.throughByte <= size ? saved.throughByte : 0;
    const segment = new Segment(directory, day, size, covered, log);
    if (covered > 0 && saved !== undefined) segment.totals.restore(saved.rows);
    const start = Math.min(covered, Math.max(size - meteringLimits.recentBytesRead, 0));
    const unreadable = await readRecords(path, { start, end: size }, (record, lineEnd) => {
      onRecentRecord(record);
      if (lineEnd > covered) segment.totals.add(record);
    });
    if (unreadable > 0) log.error("usage records unreadable", { file: path, lines: unreadable });
    return segment;
  }

  append(record: UsageRecord): void {
    this.totals.add(record);
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    if (this.#unwritten.length === 0) this.#write(line);
    else if (this.#unwrittenBytes + line.length <= meteringLimits.unwrittenBytes) this.#keep(line);
    else this.#dropped += 1;
  }

  /** Bytes that are written but not known to be on disk, or not even written. */
  get dirty(): boolean {
    return this.#size > this.#syncedSize || this.#unwritten.length > 0;
  }

  /** Puts what was appended so far on disk, and the sums if enough has come since they were last saved. */
  async sync(): Promise<void> {
    this.#retry();
    const size = this.#size;
    const rows = this.totals.rows();
    const saveTotals =
      size - this.#totalsSize >= meteringLimits.totalsSaveBytes && this.#unwritten.length === 0;
    const snapshot = saveTotals ? structuredClone(rows) : undefined;
    await fsyncFile(this.#descriptor);
    if (!this.#named) {
      await syncDirectory(this.#directory);
      this.#named = true;
    }
    this.#syncedSize = size;
    if (snapshot !== undefined) {
      await writeTotals(this.#directory, this.day, { formatVersion: 1, throughByte: size, rows: snapshot });
      this.#totalsSize = size;
    }
  }

  /** Puts records and sums on disk and closes the file; may be tried again if it fails. */
  async finish(): Promise<void> {
    await this.sync();
    if (this.#unwritten.length > 0)
      throw new Error(`${this.#unwrittenBytes} bytes of usage records are not written`);
    if (this.#size !== this.#totalsSize) {
      await writeTotals(this.#directory, this.day, {
        formatVersion: 1,
        throughByte: this.#size,
        rows: this.totals.rows(),
      });
      this.#totalsSize = this.#size;
    }
    closeSync(this.#descriptor);
  }

  #write(data: Buffer): void {
    let position = 0;
    try {
      while (position < data.length) {
        const written = writeSync(this.#descriptor, data, position);
        position += written;
        this.#size += written;
      }
    } catch (thrown) {
      this.#log.error("usage records cannot be written", { error: toError(thrown).message });
      this.#keep(data.subarray(position));
    }
  }

  #keep(data: Buffer): void {
    this.#unwritten.push(data);
    this.#unwrittenBytes += data.length;
  }

  #retry(): void {
    if (this.#unwritten.length === 0) return;
    const data = Buffer.concat(this.#unwritten);
    this.#unwritten = [];
    this.#unwrittenBytes = 0;
    this.#write(data);
    if (this.#unwritten.length > 0) return;
    this.#log.warn("usage records written after a delay", { bytes: data.length, recordsLost: this.#dropped });
    this.#dropped = 0;
  }
}
