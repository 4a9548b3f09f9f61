import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { access, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const KIB_PER_MIB = 1024;

/**
 * Empty ext4 images by size, made once and copied (they are sparse: some hundred KiB) for each sandbox's `/tmp`.
 * A file system of its own is what limits the size without counting what lies in it as the function's memory.
 */
export class TmpTemplates {
  readonly #directory: string;
  readonly #made = new Map<number, Promise<string>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Rejects without mke2fs. */
  path(sizeMiB: number): Promise<string> {
    let made = this.#made.get(sizeMiB);
    if (made === undefined) {
      made = this.#make(sizeMiB);
      this.#made.set(sizeMiB, made);
    }
    return made;
  }

  async #make(sizeMiB: number): Promise<string> {
    const path = join(this.#directory, `tmp-${sizeMiB}-v2.ext4`);
    try {
      await access(path);
      return path;
    } catch {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    }
    const unfinished = join(this.#directory, `tmp-${randomUUID()}`);
    const env = { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };
    try {
      await promisify(execFile)(
        "mke2fs",
        // No journal: nobody recovers it. Without room for growth and for root, which nobody uses.
        ["-q", "-t", "ext4", "-O", "^has_journal,^resize_inode", "-m", "0", "-i", "16384"].concat([
          "-E",
          "lazy_itable_init=1",
          unfinished,
          `${imageKiB(sizeMiB)}k`,
        ]),
        { env },
      );
      // Here once; from a mounted image it costs a sandbox a fifth of its making. The spawner removes one that is left.
      await promisify(execFile)("debugfs", ["-w", "-R", "rmdir lost+found", unfinished], { env }).catch(
        () => undefined,
      );
      await rename(unfinished, path);
    } finally {
      await rm(unfinished, { force: true });
    }
    return path;
  }
}

/** Above the asked size come inodes (1.6 %) and the clusters that ext4 keeps back (2 %, at most 16 MiB). */
function imageKiB(sizeMiB: number): number {
  return Math.ceil(sizeMiB * 1.018 + Math.min(sizeMiB * 0.021, 17) + 1) * KIB_PER_MIB;
}
