import { type Log, meteringLimits, toError } from "../base/index.ts";
import type { DurableRecord, ProvisionedRecord, UsageAmendment, UsageRecord } from "./interfaces.ts";
import type { AppendFile, LedgerFiles } from "./ledger-files.ts";
import {
  rawName,
  readRecords,
  readTotals,
  truncateTornLine,
  writeDays,
  writeTotals,
} from "./segment-files.ts";
import { byDay, UsageTotals } from "./usage-totals.ts";

/** The segment that records are appended to, with its sums in memory. */
export class Segment {
  readonly day: string;
  readonly totals = new UsageTotals();
  readonly #files: LedgerFiles;
  readonly #log: Log;
  /** Opened when something is written: where that fails, as when none of the process's files are free, it is kept. */
  #opened: AppendFile | undefined;
  /** What the file system has not taken yet; starts inside a line if the last write was cut short. */
  #unwritten: Buffer[] = [];
  #unwrittenBytes = 0;
  #dropped = 0;
  #size: number;
  #syncedSize: number;
  #totalsSize: number;
  #named = false;

  private constructor(files: LedgerFiles, day: string, size: number, totalsSize: number, log: Log) {
    this.day = day;
    this.#files = files;
    this.#log = log;
    this.#size = size;
    // What an earlier run wrote may never have been put on disk.
    this.#syncedSize = 0;
    this.#totalsSize = totalsSize;
  }

  get #file(): AppendFile {
    this.#opened ??= this.#files.append(rawName(this.day));
    return this.#opened;
  }

  /** A segment that begins now. */
  static begin(files: LedgerFiles, day: string, log: Log): Segment {
    return new Segment(files, day, 0, 0, log);
  }

  /** Takes up a segment of an earlier run, reading only what its saved sums do not cover. */
  static async resume(
    files: LedgerFiles,
    day: string,
    log: Log,
    onRecentRecord: (record: UsageRecord | DurableRecord) => void,
  ): Promise<Segment> {
    const name = rawName(day);
    const size = await truncateTornLine(files, name);
    const saved = await readTotals(files, day);
    const covered = saved !== undefined && saved.throughByte <= size ? saved.throughByte : 0;
    const segment = new Segment(files, day, size, covered, log);
    if (covered > 0 && saved !== undefined) segment.totals.merge(saved.rows);
    const start = Math.min(covered, Math.max(size - meteringLimits.recentBytesRead, 0));
    const unreadable = await readRecords(files, name, { start, end: size }, (record, lineEnd) => {
      if ("invocation" in record) onRecentRecord(record.invocation);
      else if ("durable" in record) onRecentRecord(record.durable);
      if (lineEnd > covered) segment.totals.take(record);
    });
    if (unreadable > 0) log.error("usage records unreadable", { file: name, lines: unreadable });
    return segment;
  }

  append(record: UsageRecord, line: string): void {
    this.totals.add(record);
    this.#take(line);
  }

  amend(amendment: UsageAmendment, line: string): void {
    this.totals.amend(amendment);
    this.#take(line);
  }

  appendProvisioned(record: ProvisionedRecord, line: string): void {
    this.totals.addProvisioned(record);
    this.#take(line);
  }

  appendDurable(record: DurableRecord, line: string): void {
    this.totals.addDurable(record);
    this.#take(line);
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
    await this.#file.sync();
    if (!this.#named) {
      await this.#files.syncNames();
      this.#named = true;
    }
    this.#syncedSize = size;
    if (snapshot !== undefined) {
      await writeTotals(this.#files, this.day, { throughByte: size, rows: snapshot });
      this.#totalsSize = size;
    }
  }

  /** Puts records and sums on disk and closes the file; may be tried again if it fails. `over`: nothing more will come. */
  async finish({ over }: { readonly over: boolean }): Promise<void> {
    await this.sync();
    if (this.#unwritten.length > 0)
      throw new Error(`${this.#unwrittenBytes} bytes of usage records are not written`);
    const rows = this.totals.rows();
    if (this.#size !== this.#totalsSize) {
      await writeTotals(this.#files, this.day, { throughByte: this.#size, rows });
      this.#totalsSize = this.#size;
    }
    // After the sums by hour, of which it is made: what is found is never ahead of them.
    if (over) await writeDays(this.#files, this.day, byDay(rows));
    this.#opened?.close();
  }

  #take(line: string): void {
    if (this.#unwritten.length === 0) {
      this.#writeLine(line);
      return;
    }
    const bytes = Buffer.from(line);
    if (this.#unwrittenBytes + bytes.length <= meteringLimits.unwrittenBytes) this.#keep(bytes);
    else this.#dropped += 1;
  }

  /** Nearly always all of it is taken at once, and needs no buffer of its own. */
  #writeLine(line: string): void {
    let written = 0;
    try {
      written = this.#file.writeText(line);
    } catch (thrown) {
      this.#failed(thrown);
      this.#keep(Buffer.from(line));
      return;
    }
    this.#size += written;
    if (written < Buffer.byteLength(line)) this.#write(Buffer.from(line), written);
  }

  #failed(thrown: unknown): void {
    this.#log.error("usage records cannot be written", { error: toError(thrown).message });
  }

  #write(data: Buffer, from = 0): void {
    let position = from;
    try {
      while (position < data.length) {
        const written = this.#file.write(data, position);
        position += written;
        this.#size += written;
      }
    } catch (thrown) {
      this.#failed(thrown);
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
