import type { ResponseReceiver } from "../src/environments/index.ts";

/** Keeps what a streamed response hands on; while `hold` is on it takes no more. */
export class CollectedResponse implements ResponseReceiver {
  contentType: string | undefined;
  bytes = 0;
  #parts: Uint8Array[] = [];
  #held: PromiseWithResolvers<void> | undefined;
  #wake: (() => void) | undefined;

  begin(contentType: string): void {
    this.contentType = contentType;
    this.#wake?.();
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    this.bytes += bytes.length;
    this.#parts.push(Uint8Array.from(bytes));
    this.#wake?.();
    return this.#held?.promise;
  }

  hold(): void {
    this.#held ??= Promise.withResolvers();
  }

  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  get text(): string {
    return Buffer.concat(this.#parts).toString();
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
