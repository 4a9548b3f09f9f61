import { invokeLimits } from "../../base/index.ts";
import type { ResponseReceiver } from "../../environments/index.ts";

/**
 * Between a function that streams its response and the caller who reads it. Holds a little, and holds the function up
 * beyond that. When the caller is gone the function goes on and what it still says is dropped, as on Lambda.
 */
export class ResponseChannel implements ResponseReceiver {
  #parts: Uint8Array[] = [];
  #heldBytes = 0;
  #contentType: string | undefined;
  #ended = false;
  #abandoned = false;
  /** Settled when there is room again. */
  #room: PromiseWithResolvers<void> | undefined;
  /** Settled when there is something to read, or will never be. */
  #news: PromiseWithResolvers<void> | undefined;

  begin(contentType: string): void {
    this.#contentType = contentType;
    this.#tell();
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#abandoned) return undefined;
    this.#parts.push(bytes);
    this.#heldBytes += bytes.length;
    this.#tell();
    if (this.#heldBytes < invokeLimits.streamHeldBytes) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** The function is done, well or badly. */
  end(): void {
    this.#ended = true;
    this.#tell();
  }

  /** Nobody reads any more. */
  abandon(): void {
    this.#abandoned = true;
    this.#release();
    this.#tell();
  }

  /** What the function calls its response; undefined if it ended without one. */
  async contentType(): Promise<string | undefined> {
    while (this.#contentType === undefined && !this.#ended && !this.#abandoned) await this.#untilNews();
    return this.#contentType;
  }

  /** Everything that was written and not yet read, in one piece; undefined at the end. */
  async read(): Promise<Uint8Array | undefined> {
    while (this.#parts.length === 0) {
      if (this.#ended || this.#abandoned) return undefined;
      await this.#untilNews();
    }
    const [only] = this.#parts;
    const bytes = this.#parts.length === 1 ? only : Buffer.concat(this.#parts);
    this.#release();
    return bytes;
  }

  #release(): void {
    this.#parts = [];
    this.#heldBytes = 0;
    this.#room?.resolve();
    this.#room = undefined;
  }

  #tell(): void {
    this.#news?.resolve();
    this.#news = undefined;
  }

  #untilNews(): Promise<void> {
    this.#news ??= Promise.withResolvers();
    return this.#news.promise;
  }
}
