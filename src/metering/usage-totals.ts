import type {
  DurableRecord,
  ProvisionedRecord,
  UsageAmendment,
  UsageRecord,
  UsageRow,
  UsageSubject,
} from "./interfaces.ts";
import { billedStreamedBytes } from "./quantities.ts";
import type { ParsedRecord } from "./record-line.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export function hourOf(time: number): number {
  return time - (time % HOUR_MS);
}

type Sums = { -readonly [Name in keyof UsageRow]: UsageRow[Name] };

/** The rows of a subject's present hour. */
interface Slot {
  hour: number;
  onDemand: Sums | undefined;
  provisioned: Sums | undefined;
}

/** Sums of usage by hour, function version, size, tags and kind of environment: small however many invocations. */
export class UsageTotals {
  readonly #rows = new Map<string, Sums>();
  readonly #slots = new WeakMap<UsageSubject, Slot>();

  take(record: ParsedRecord): void {
    if ("invocation" in record) this.add(record.invocation);
    else if ("amendment" in record) this.amend(record.amendment);
    else if ("durable" in record) this.addDurable(record.durable);
    else this.addProvisioned(record.provisioned);
  }

  add(record: UsageRecord): void {
    const row = this.#rowOf(record.subject, record.startedAt, record.provisioned === true);
    row.requests += 1;
    row.furtherRequests += record.furtherRequests ?? 0;
    if (record.status !== "success") row.errors += 1;
    row.billedMs += record.billedDurationMs;
    if (record.streamedBytes !== undefined) {
      row.streamedBytes += record.streamedBytes;
      row.billedStreamedBytes += billedStreamedBytes(record.streamedBytes);
    }
    widen(row, record.startedAt, record.startedAt);
  }

  amend({ record, furtherBilledMs, failed }: UsageAmendment): void {
    const row = this.#rowOf(record.subject, record.startedAt, record.provisioned === true);
    row.billedMs += furtherBilledMs;
    if (failed) row.errors += 1;
    // After midnight its row is another segment's than the record's, which this may be alone in.
    widen(row, record.startedAt, record.startedAt);
  }

  addProvisioned({ subject, startedAt, endsAt, concurrency }: ProvisionedRecord): void {
    const row = this.#rowOf(subject, startedAt, true);
    row.provisionedMs += (endsAt - startedAt) * concurrency;
    row.paid = paidWith(row.paid, { endsAt, concurrency });
    widen(row, startedAt, startedAt);
  }

  addDurable({ subject, startedAt, operations, writtenBytes, retainedByteSeconds }: DurableRecord): void {
    const row = this.#rowOf(subject, startedAt, false);
    row.durableOperations += operations;
    row.durableWrittenBytes += writtenBytes;
    row.durableRetainedByteSeconds += retainedByteSeconds;
    widen(row, startedAt, startedAt);
  }

  /** Takes over rows that an earlier run saved, or adds them up by another span of time. */
  merge(rows: readonly UsageRow[], startOf: (row: UsageRow) => number = ({ start }) => start): void {
    for (const row of rows) {
      const start = startOf(row);
      const key = keyOf(start, row, row.provisioned);
      const sums = this.#rows.get(key);
      if (sums === undefined) this.#rows.set(key, { ...row, start });
      else addUp(sums, row);
    }
  }

  rows(): readonly UsageRow[] {
    return [...this.#rows.values()];
  }

  #rowOf(subject: UsageSubject, startedAt: number, provisioned: boolean): Sums {
    const hour = hourOf(startedAt);
    let slot = this.#slots.get(subject);
    if (slot === undefined || slot.hour !== hour) {
      slot = { hour, onDemand: undefined, provisioned: undefined };
      this.#slots.set(subject, slot);
    }
    const known = provisioned ? slot.provisioned : slot.onDemand;
    if (known !== undefined) return known;
    const names = namesOf(subject);
    const key = keyOf(hour, names, provisioned);
    let row = this.#rows.get(key);
    if (row === undefined) this.#rows.set(key, (row = { ...NOTHING, ...names, start: hour, provisioned }));
    if (provisioned) slot.provisioned = row;
    else slot.onDemand = row;
    return row;
  }
}

/** Rows by the UTC day in which what they sum up began. */
export function byDay(rows: readonly UsageRow[]): readonly UsageRow[] {
  const days = new UsageTotals();
  days.merge(rows, ({ start }) => start - (start % DAY_MS));
  return days.rows();
}

type Named = Pick<
  UsageRow,
  | "account"
  | "region"
  | "functionName"
  | "version"
  | "alias"
  | "architecture"
  | "memoryMiB"
  | "ephemeralStorageMiB"
  | "tags"
>;

const NOTHING = {
  requests: 0,
  furtherRequests: 0,
  errors: 0,
  billedMs: 0,
  streamedBytes: 0,
  billedStreamedBytes: 0,
  provisionedMs: 0,
  durableOperations: 0,
  durableWrittenBytes: 0,
  durableRetainedByteSeconds: 0,
  firstStartedAt: Number.MAX_SAFE_INTEGER,
  lastStartedAt: 0,
} as const;

/** A row that an earlier version saved, with what it did not have. */
export function completeRow(saved: Partial<UsageRow> & Named & { readonly hour?: number }): UsageRow {
  const { hour, ...row } = saved;
  return { ...NOTHING, start: hour ?? 0, provisioned: false, ...row };
}

function namesOf(subject: UsageSubject): Named {
  const { account, region, name, version, alias, architecture, memoryMiB, ephemeralStorageMiB, tags } =
    subject;
  return {
    account,
    region,
    functionName: name,
    version,
    ...(alias === undefined ? {} : { alias }),
    architecture,
    memoryMiB,
    ephemeralStorageMiB,
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  };
}

function keyOf(start: number, of: Named, provisioned: boolean): string {
  const tags = Object.entries(of.tags ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    start,
    of.account,
    of.region,
    of.functionName,
    of.version,
    of.alias ?? "",
    of.architecture,
    of.memoryMiB,
    of.ephemeralStorageMiB,
    provisioned,
    tags,
  ]);
}

function addUp(sums: Sums, row: UsageRow): void {
  sums.requests += row.requests;
  sums.furtherRequests += row.furtherRequests;
  sums.errors += row.errors;
  sums.billedMs += row.billedMs;
  sums.streamedBytes += row.streamedBytes;
  sums.billedStreamedBytes += row.billedStreamedBytes;
  sums.provisionedMs += row.provisionedMs;
  sums.durableOperations += row.durableOperations;
  sums.durableWrittenBytes += row.durableWrittenBytes;
  sums.durableRetainedByteSeconds += row.durableRetainedByteSeconds;
  if (row.paid !== undefined) sums.paid = paidWith(sums.paid, row.paid);
  widen(sums, row.firstStartedAt, row.lastStartedAt);
}

function widen(row: Sums, first: number, last: number): void {
  if (first < row.firstStartedAt) row.firstStartedAt = first;
  if (last > row.lastStartedAt) row.lastStartedAt = last;
}

type Paid = NonNullable<UsageRow["paid"]>;

/** Of two that end at the same moment the second was added to the first. */
export function paidWith(known: Paid | undefined, added: Paid): Paid {
  if (known === undefined || added.endsAt > known.endsAt) return added;
  if (added.endsAt < known.endsAt) return known;
  return { endsAt: known.endsAt, concurrency: known.concurrency + added.concurrency };
}
