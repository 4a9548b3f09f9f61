import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";

const CURRENT = "audit.jsonl";
const EARLIER = /^audit-\d{8}T\d{9}Z\.jsonl$/;

/** A file that gets appended to; when it is full it is put aside under the time, and the oldest of those go. */
export class RotatingFile {
  readonly #directory: string;
  readonly #limits: { readonly fileBytes: number; readonly files: number };
  #handle: FileHandle | undefined;
  #bytes = 0;

  constructor(directory: string, limits: { readonly fileBytes: number; readonly files: number }) {
    this.#directory = directory;
    this.#limits = limits;
  }

  /** Appends whole lines; `at` (epoch milliseconds) names the file if it is put aside. */
  async append(text: string, at: number): Promise<void> {
    const bytes = Buffer.from(text, "utf8");
    if (this.#bytes > 0 && this.#bytes + bytes.length > this.#limits.fileBytes) await this.#rotate(at);
    this.#handle ??= await this.#open();
    await this.#handle.appendFile(bytes);
    this.#bytes += bytes.length;
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #open(): Promise<FileHandle> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const handle = await open(path.join(this.#directory, CURRENT), "a", 0o600);
    this.#bytes = (await handle.stat()).size;
    return handle;
  }

  async #rotate(at: number): Promise<void> {
    await this.close();
    const stamp = new Date(at).toISOString().replaceAll(/[-:.]/g, "");
    await rename(path.join(this.#directory, CURRENT), path.join(this.#directory, `audit-${stamp}.jsonl`));
    this.#bytes = 0;
    const earlier = (await readdir(this.#directory)).filter((name) => EARLIER.test(name)).sort();
    for (const name of earlier.slice(0, Math.max(earlier.length + 1 - this.#limits.files, 0)))
      await rm(path.join(this.#directory, name), { force: true });
  }
}
