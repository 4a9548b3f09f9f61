import { EpochText, threeDecimals } from "../base/index.ts";
import type {
  DurableRecord,
  ProvisionedRecord,
  UsageAmendment,
  UsageRecord,
  UsageSubject,
} from "./interfaces.ts";

/** What JSON quotes without a change. */
const PLAIN = /^[\w-]*$/;

/** Records as the lines of a segment: flat JSON, the subject's part made once for all its records. */
export class RecordLines {
  readonly #subjects = new WeakMap<UsageSubject, string>();
  readonly #times = new EpochText();

  ofInvocation(record: UsageRecord): string {
    const { initDurationMs, streamedBytes, furtherRequests } = record;
    const requestId = PLAIN.test(record.requestId)
      ? `"${record.requestId}"`
      : JSON.stringify(record.requestId);
    let line = `{"requestId":${requestId},"attempt":${record.attempt},${this.#subject(record.subject)},"startedAt":${this.#times.of(record.startedAt)},"durationMs":${threeDecimals(record.durationMs)}`;
    if (initDurationMs !== undefined) line += `,"initDurationMs":${threeDecimals(initDurationMs)}`;
    line += `,"billedDurationMs":${record.billedDurationMs},"status":"${record.status}"`;
    if (streamedBytes !== undefined) line += `,"streamedBytes":${streamedBytes}`;
    if (record.provisioned === true) line += `,"provisioned":true`;
    if (furtherRequests !== undefined && furtherRequests > 0) line += `,"furtherRequests":${furtherRequests}`;
    return `${line}}\n`;
  }

  ofAmendment({ record, furtherBilledMs, failed }: UsageAmendment): string {
    const { requestId, attempt, subject, startedAt, provisioned = false } = record;
    return `{"amends":${JSON.stringify(requestId)},"attempt":${attempt},${this.#subject(subject)},"startedAt":${startedAt},"provisioned":${provisioned},"furtherBilledMs":${furtherBilledMs},"failed":${failed}}\n`;
  }

  ofProvisioned({ subject, startedAt, endsAt, concurrency }: ProvisionedRecord): string {
    return `{${this.#subject(subject)},"startedAt":${startedAt},"endsAt":${endsAt},"concurrency":${concurrency}}\n`;
  }

  ofDurable({ subject, executionId, number, startedAt, ...used }: DurableRecord): string {
    const { operations, writtenBytes, retainedByteSeconds } = used;
    return `{"executionId":${JSON.stringify(executionId)},"number":${number},${this.#subject(subject)},"startedAt":${startedAt},"operations":${operations},"writtenBytes":${writtenBytes},"retainedByteSeconds":${retainedByteSeconds}}\n`;
  }

  #subject(subject: UsageSubject): string {
    let text = this.#subjects.get(subject);
    if (text === undefined) {
      const { account, region, name, version, alias, architecture, memoryMiB, ephemeralStorageMiB, tags } =
        subject;
      const whole = JSON.stringify({
        account,
        region,
        functionName: name,
        version,
        alias,
        architecture,
        memoryMiB,
        ephemeralStorageMiB,
        tags: Object.keys(tags).length === 0 ? undefined : tags,
      });
      this.#subjects.set(subject, (text = whole.slice(1, -1)));
    }
    return text;
  }
}

/** What a line says. */
export type ParsedRecord =
  | { readonly invocation: UsageRecord }
  | { readonly amendment: UsageAmendment }
  | { readonly provisioned: ProvisionedRecord }
  | { readonly durable: DurableRecord };

/** Subjects of lines that are read, one object for all lines of the same. */
export class ReadSubjects {
  readonly #known = new Map<string, UsageSubject>();

  /** Undefined if the line is no record. */
  parse(line: string): ParsedRecord | undefined {
    let value: Flat | null;
    try {
      value = JSON.parse(line) as Flat | null;
    } catch {
      return undefined;
    }
    if (value === null || typeof value !== "object") return undefined;
    if (!Number.isFinite(value.startedAt) || !Number.isFinite(value.memoryMiB)) return undefined;
    const subject = this.#subjectOf(value);
    if (typeof value.requestId === "string" && Number.isFinite(value.billedDurationMs))
      return { invocation: { ...value, subject } };
    if (typeof value.amends === "string" && Number.isFinite(value.furtherBilledMs)) {
      const { amends: requestId, furtherBilledMs, failed } = value;
      return { amendment: { record: { ...value, requestId, subject }, furtherBilledMs, failed } };
    }
    if (Number.isFinite(value.endsAt) && Number.isFinite(value.concurrency))
      return { provisioned: { ...value, subject } };
    if (typeof value.executionId === "string" && Number.isFinite(value.operations))
      return { durable: { ...value, subject } };
    return undefined;
  }

  #subjectOf(value: Flat): UsageSubject {
    const { account, region, functionName: name, version, alias } = value;
    const { architecture, memoryMiB, ephemeralStorageMiB, tags = {} } = value;
    const key = JSON.stringify([
      account,
      region,
      name,
      version,
      alias,
      architecture,
      memoryMiB,
      ephemeralStorageMiB,
      tags,
    ]);
    let subject = this.#known.get(key);
    if (subject === undefined) {
      subject = {
        account,
        region,
        name,
        version,
        ...(alias === undefined ? {} : { alias }),
        architecture,
        memoryMiB,
        ephemeralStorageMiB,
        tags,
      };
      this.#known.set(key, subject);
    }
    return subject;
  }
}

type Flat = Omit<UsageRecord, "subject"> &
  Omit<ProvisionedRecord, "subject"> &
  Omit<DurableRecord, "subject"> &
  Omit<UsageAmendment, "record"> & { readonly amends: string } & Omit<UsageSubject, "name" | "tags"> & {
    readonly functionName: string;
    readonly tags?: UsageSubject["tags"];
  };
