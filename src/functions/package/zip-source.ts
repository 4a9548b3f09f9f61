import { type FileHandle, open } from "node:fs/promises";
import { BadPackage } from "./bad-package.ts";

/** Random access to the bytes of a zip archive. */
export interface ZipSource {
  readonly size: number;
  /** Exactly `length` bytes; rejects with BadPackage beyond the end. */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Headers lie next to each other, so that one read serves many of them. */
const WINDOW_BYTES = 65_536;

export function sourceOfBytes(bytes: Uint8Array): ZipSource {
  return {
    size: bytes.byteLength,
    async read(position, length) {
      checkRange(position, length, bytes.byteLength);
      return bytes.subarray(position, position + length);
    },
    close: async () => undefined,
  };
}

export async function sourceOfFile(path: string): Promise<ZipSource> {
  const file = await open(path, "r");
  try {
    return new FileSource(file, (await file.stat()).size);
  } catch (error) {
    await file.close();
    throw error;
  }
}

class FileSource implements ZipSource {
  readonly size: number;
  readonly #file: FileHandle;
  #window: { readonly start: number; readonly bytes: Uint8Array } = { start: 0, bytes: new Uint8Array(0) };

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    checkRange(position, length, this.size);
    if (length >= WINDOW_BYTES) return this.#load(position, length);
    const { start, bytes } = this.#window;
    if (position >= start && position + length <= start + bytes.byteLength) {
      return bytes.subarray(position - start, position - start + length);
    }
    const loaded = await this.#load(position, Math.min(WINDOW_BYTES, this.size - position));
    this.#window = { start: position, bytes: loaded };
    return loaded.subarray(0, length);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #load(position: number, length: number): Promise<Uint8Array> {
    const buffer = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#file.read(buffer, filled, length - filled, position + filled);
      if (bytesRead === 0) throw new BadPackage("broken", "the archive ended while it was read");
      filled += bytesRead;
    }
    return buffer;
  }
}

function checkRange(position: number, length: number, size: number): void {
  if (!(position >= 0 && length >= 0 && position + length <= size)) {
    throw new BadPackage("broken", "the archive refers to bytes beyond its end");
  }
}
