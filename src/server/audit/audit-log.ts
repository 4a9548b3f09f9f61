import { auditLimits, type Clock, type Log, toError } from "../../base/index.ts";
import type { AnsweredRequest } from "../../wire/index.ts";
import { isControlPlane } from "./classify.ts";
import { auditEntry } from "./entry.ts";
import { RotatingFile } from "./rotating-file.ts";

export interface AuditLogOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly fileBytes?: number;
}

/**
 * Who called which operation of the control plane, as JSON lines in bounded files. Lines are written right after the
 * answer, in batches; what the file system refuses is dropped, counted and said in the server's log.
 */
export class AuditLog {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #file: RotatingFile;
  #waiting: string[] = [];
  #waitingCharacters = 0;
  #writing: Promise<void> | undefined;
  readonly #taken = new Map<AnsweredRequest["service"], Map<string, boolean>>();
  #failed = false;
  #dropped = 0;

  constructor(options: AuditLogOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#file = new RotatingFile(options.directory, {
      fileBytes: options.fileBytes ?? auditLimits.fileBytes,
      files: auditLimits.files,
    });
  }

  /** Lines that were lost. */
  get dropped(): number {
    return this.#dropped;
  }

  record(answered: AnsweredRequest): void {
    if (answered.operation === undefined || !this.#takes(answered.service, answered.operation)) return;
    const line = auditEntry(answered, this.#clock.now());
    if (this.#waitingCharacters + line.length > auditLimits.bufferedCharacters) {
      this.#drop(1, "they come faster than they can be written");
      return;
    }
    this.#waiting.push(line);
    this.#waitingCharacters += line.length;
    this.#writing ??= this.#write();
  }

  /** The operations that there are, are soon known. */
  #takes(service: AnsweredRequest["service"], operation: string): boolean {
    let known = this.#taken.get(service);
    if (known === undefined) this.#taken.set(service, (known = new Map()));
    let takes = known.get(operation);
    if (takes === undefined) known.set(operation, (takes = isControlPlane(service, operation)));
    return takes;
  }

  /** Writes what waits, then closes the file. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      this.#waitingCharacters = 0;
      try {
        await this.#file.append(`${lines.join("\n")}\n`, this.#clock.now());
        this.#failed = false;
      } catch (error) {
        this.#drop(lines.length, toError(error).message);
      }
    }
    this.#writing = undefined;
  }

  #drop(lines: number, why: string): void {
    this.#dropped += lines;
    if (!this.#failed) this.#log.error("lines of the audit log are lost", { why });
    this.#failed = true;
  }
}
