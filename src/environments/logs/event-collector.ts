import { environmentLimits } from "../../base/index.ts";
import { lastCharacterEnd } from "./utf8.ts";

/** Puts together the bytes of one line or frame; what is longer than any becomes lines of its own. */
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
    while (this.#bytes + rest.length > environmentLimits.outputLineBytes) {
      const whole = Buffer.concat([...this.#parts, rest]);
      const end = lastCharacterEnd(whole, environmentLimits.outputLineBytes);
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
    if (this.#bytes === 0 && bytes.length <= environmentLimits.outputLineBytes)
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
