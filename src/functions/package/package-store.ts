import { createHash } from "node:crypto";
import { chmod, mkdir, open, readdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import {
  type Clock,
  functionLimits,
  invariant,
  type Log,
  type Randomness,
  type Timer,
  toError,
} from "../../base/index.ts";
import type { BlobStore } from "../../storage/index.ts";
import type { PackageIdentity } from "../document.ts";
import { Gate, KeyedGate } from "./gate.ts";
import { removeTree } from "./remove-tree.ts";
import { unpack } from "./unpack.ts";
import { sourceOfBytes, sourceOfFile, type ZipSource } from "./zip-source.ts";

/** A package that stays, whoever else gives it up, until it is released. */
export interface HeldPackage extends PackageIdentity {
  release(): void;
}

export interface PackageStoreOptions {
  /** For packages only: what no function uses is deleted from it. */
  readonly blobs: BlobStore;
  readonly directory: string;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** Whether a function or version refers to the package. */
  readonly inUse: (sha256: string) => boolean;
}

const HASH_SLICE_BYTES = 4_194_304;
const DISCARDED = ".discarded-";
const UNPACKING = ".unpacking-";

/**
 * Deployment packages: the archives as blobs, and unpacked under `<directory>/<sha256>`, where a package is whole or
 * not at all. The unpacked one is made first and removed last, so that after a crash every blob can be found again.
 */
export class PackageStore {
  readonly #options: PackageStoreOptions;
  readonly #log: Log;
  readonly #byPackage = new KeyedGate();
  readonly #unpackers = new Gate(functionLimits.unpacksAtOnce);
  readonly #holds = new Map<string, number>();
  readonly #collections = new Map<string, Timer>();
  readonly #background = new Set<Promise<void>>();

  constructor(options: PackageStoreOptions) {
    this.#options = options;
    this.#log = options.log;
  }

  /** Makes the directory and clears what an earlier run left: half-made packages, and those that nothing uses. */
  async open(): Promise<void> {
    await mkdir(this.#options.directory, { recursive: true, mode: 0o755 });
    const names = await readdir(this.#options.directory);
    const stale = names.filter((name) => name.startsWith(DISCARDED) || name.startsWith(UNPACKING));
    const unused = names.filter((name) => /^[0-9a-f]{64}$/.test(name) && !this.#options.inUse(name));
    this.#inBackground(async () => {
      for (const name of stale) await removeTree(this.#path(name));
      for (const name of unused) await this.#collect(name);
    });
  }

  /** Checks, unpacks and stores a package. Rejects with BadPackage, and then nothing of it stays. */
  async admit(content: Uint8Array): Promise<HeldPackage> {
    const sha256 = await hash(content);
    const release = this.#hold(sha256);
    try {
      await this.#unpacked(sha256, async () => sourceOfBytes(content));
      const blob = await this.#options.blobs.put(content);
      invariant(blob.sha256 === sha256, "the blob store hashes differently");
      return { sha256, sizeBytes: content.byteLength, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Where the package lies unpacked; done once, however many ask. */
  async directoryOf(sha256: string): Promise<string> {
    const release = this.#hold(sha256);
    try {
      return await this.#unpacked(sha256, async () =>
        sourceOfFile(await this.#options.blobs.ensureLocal(sha256)),
      );
    } finally {
      release();
    }
  }

  /** Nothing refers to the package any more; environments may still run from it for a while. */
  abandon(sha256: string): void {
    this.#collections.get(sha256)?.cancel();
    const timer = this.#options.clock.after(functionLimits.unusedPackageKeepMs, () => {
      this.#collections.delete(sha256);
      this.#inBackground(() => this.#collect(sha256));
    });
    this.#collections.set(sha256, timer);
  }

  async close(): Promise<void> {
    for (const timer of this.#collections.values()) timer.cancel();
    this.#collections.clear();
    await Promise.all(this.#background);
  }

  #hold(sha256: string): () => void {
    this.#holds.set(sha256, (this.#holds.get(sha256) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.#holds.get(sha256) ?? 1) - 1;
      if (left > 0) {
        this.#holds.set(sha256, left);
        return;
      }
      this.#holds.delete(sha256);
      if (!this.#options.inUse(sha256)) this.abandon(sha256);
    };
  }

  async #unpacked(sha256: string, openSource: () => Promise<ZipSource>): Promise<string> {
    const place = this.#path(sha256);
    if (await exists(place)) return place;
    return this.#byPackage.run(sha256, async () => {
      if (await exists(place)) return place;
      await this.#unpackers.run(async () => {
        const temporary = this.#path(`${UNPACKING}${this.#options.randomness.hex(16)}`);
        try {
          await this.#unpackInto(temporary, openSource);
          // Within one directory: moving a read-only directory elsewhere takes a privilege.
          await rename(temporary, place);
        } catch (error) {
          await removeTree(temporary);
          throw error;
        }
        await synchronizeDirectory(this.#options.directory);
      });
      return place;
    });
  }

  async #unpackInto(temporary: string, openSource: () => Promise<ZipSource>): Promise<void> {
    const source = await openSource();
    try {
      await mkdir(temporary, { mode: 0o700 });
      await unpack(source, temporary);
      await chmod(temporary, 0o555);
    } finally {
      await source.close();
    }
  }

  #collect(sha256: string): Promise<void> {
    return this.#byPackage.run(sha256, async () => {
      if (this.#holds.has(sha256) || this.#options.inUse(sha256)) return;
      await this.#options.blobs.delete(sha256);
      const discarded = this.#path(`${DISCARDED}${this.#options.randomness.hex(16)}`);
      try {
        await rename(this.#path(sha256), discarded);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
        throw error;
      }
      await removeTree(discarded);
    });
  }

  #inBackground(action: () => Promise<void>): void {
    const running = action().catch((error: unknown) => {
      this.#log.warn("deployment packages could not be cleared", { error: toError(error) });
    });
    this.#background.add(running);
    void running.finally(() => this.#background.delete(running));
  }

  #path(name: string): string {
    return join(this.#options.directory, name);
  }
}

async function hash(content: Uint8Array): Promise<string> {
  const sha256 = createHash("sha256");
  for (let start = 0; start < content.byteLength; start += HASH_SLICE_BYTES) {
    if (start > 0) await setImmediate();
    sha256.update(content.subarray(start, start + HASH_SLICE_BYTES));
  }
  return sha256.digest("hex");
}

async function exists(place: string): Promise<boolean> {
  try {
    return (await stat(place)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function synchronizeDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
