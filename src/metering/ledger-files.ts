import { closeSync, fsync, openSync, writeSync } from "node:fs";
import { open, readdir, readFile, rename, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const fsyncFile = promisify(fsync);

/** What the ledger needs of a file system. A crash simulation has one of its own. */
export interface LedgerFiles {
  list(): Promise<readonly string[]>;
  /** Created if missing. */
  append(name: string): AppendFile;
  size(name: string): Promise<number>;
  /** Bytes in [start, end), as many as there are. */
  read(name: string, start: number, end: number): Promise<Buffer>;
  /** Undefined if there is none. */
  text(name: string): Promise<string | undefined>;
  /** On disk when it resolves; whatever happens, readers find the old content or the new one. */
  replace(name: string, text: string): Promise<void>;
  truncate(name: string, size: number): Promise<void>;
  /** Gone for good when it resolves. */
  remove(name: string): Promise<void>;
  /** Makes the names of new files durable. */
  syncNames(): Promise<void>;
}

export interface AppendFile {
  /** In the kernel's hands when it returns, as many bytes as it says. */
  write(data: Uint8Array, from: number): number;
  /** The same with the UTF-8 of a text. */
  writeText(text: string): number;
  sync(): Promise<void>;
  close(): void;
}

/** The files of a directory that belongs to the ledger alone. */
export class DirectoryFiles implements LedgerFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  list(): Promise<readonly string[]> {
    return readdir(this.#directory);
  }

  append(name: string): AppendFile {
    const descriptor = openSync(this.#path(name), "a", 0o600);
    return {
      write: (data, from) => writeSync(descriptor, data, from),
      writeText: (text) => writeSync(descriptor, text),
      sync: () => fsyncFile(descriptor),
      close: () => closeSync(descriptor),
    };
  }

  async size(name: string): Promise<number> {
    return (await stat(this.#path(name))).size;
  }

  async read(name: string, start: number, end: number): Promise<Buffer> {
    const file = await open(this.#path(name), "r");
    try {
      const buffer = Buffer.alloc(end - start);
      let filled = 0;
      while (filled < buffer.length) {
        const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, start + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    } finally {
      await file.close();
    }
  }

  async text(name: string): Promise<string | undefined> {
    try {
      return await readFile(this.#path(name), "utf8");
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw thrown;
    }
  }

  async replace(name: string, text: string): Promise<void> {
    const path = this.#path(name);
    const file = await open(`${path}.new`, "w", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    await this.syncNames();
  }

  truncate(name: string, size: number): Promise<void> {
    return truncate(this.#path(name), size);
  }

  async remove(name: string): Promise<void> {
    await rm(this.#path(name), { force: true });
    await this.syncNames();
  }

  async syncNames(): Promise<void> {
    const handle = await open(this.#directory, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}
