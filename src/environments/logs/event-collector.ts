import { environmentLimits } from "../../base/index.ts";

/** Puts together the bytes of one log event; what no event can hold becomes events of its own. */
export class EventCollector {
  readonly #emit: (message: string) => void;
  readonly #softLineFeeds: boolean;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** `softLineFeeds`: a carriage return within an event stands for a line feed. */
  constructor(emit: (message: string) => void, softLineFeeds: boolean) {
    this.#emit = emit;
    this.#softLineFeeds = softLineFeeds;
  }

  add(bytes: Buffer): void {
    let rest = bytes;
    while (this.#bytes + rest.length > environmentLimits.logEventBytes) {
      const whole = Buffer.concat([...this.#parts, rest]);
      const end = lastCharacterEnd(whole, environmentLimits.logEventBytes);
      this.#parts = [];
      this.#bytes = 0;
      this.#emit(decode(whole.subarray(0, end), this.#softLineFeeds));
      rest = whole.subarray(end);
    }
    if (rest.length === 0) return;
    // Pieces of a few bytes are joined now and then, because each costs far more than it holds.
    if (this.#parts.length >= 64) this.#parts = [Buffer.concat(this.#parts)];
    this.#parts.push(Buffer.from(rest));
    this.#bytes += rest.length;
  }

  /** The event is complete with these bytes, which are copied only where there were others before them. */
  finish(bytes: Buffer): void {
    if (this.#bytes === 0 && bytes.length <= environmentLimits.logEventBytes)
      this.#emit(decode(bytes, this.#softLineFeeds));
    else {
      this.add(bytes);
      this.end();
    }
  }

  /** The event is complete. */
  end(): void {
    if (this.#bytes === 0) return;
    const event = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    this.#emit(decode(event, this.#softLineFeeds));
  }
}

/** The text of one event: it ends in a line feed, and soft line feeds have become real ones. */
function decode(line: Buffer, softLineFeeds: boolean): string {
  const text = line.toString("utf8");
  if (!softLineFeeds || !text.includes("\r")) return text.endsWith("\n") ? text : `${text}\n`;
  const body = text.endsWith("\n") ? text.slice(0, -1) : text;
  return `${body.replace(/\r(?!$)/g, "\n")}\n`;
}

/** The last position up to `at` that splits no UTF-8 character; `at` itself if the bytes are no UTF-8. */
function lastCharacterEnd(bytes: Uint8Array, at: number): number {
  for (let end = at; end > at - 4; end--) {
    if (((bytes[end] as number) & 0xc0) !== 0x80) return end;
  }
  return at;
}
