import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, realpath, rename } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import {
  type Clock,
  functionLimits,
  invariant,
  type Log,
  type Randomness,
  removeTree,
  type Timer,
  toError,
} from "../../base/index.ts";
import type { BlobStore } from "../../storage/index.ts";
import type { PackageIdentity } from "../document.ts";
import { bytesBelow, isDirectory, synchronizeDirectory } from "./directories.ts";
import { Gate, KeyedGate } from "./gate.ts";
import { isMerged, mergedName, mergeLayers } from "./layer-tree.ts";

import { unpack } from "./unpack.ts";
import { sourceOfBytes, sourceOfFile, type ZipSource } from "./zip-source.ts";

/** A package that stays, whoever else gives it up, until it is released. */
export interface HeldPackage extends Required<PackageIdentity> {
  release(): void;
}

/** What a document keeps of a package. */
export function identityOf({ sha256, sizeBytes, unzippedBytes }: HeldPackage): Required<PackageIdentity> {
  return { sha256, sizeBytes, unzippedBytes };
}

export interface PackageStoreOptions {
  /** For packages only: what no function uses is deleted from it. */
  readonly blobs: BlobStore;
  readonly directory: string;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** Whether a function, version or layer version refers to the package, or a function to the merged layers of that name. */
  readonly inUse: (name: string) => boolean;
}

const HASH_SLICE_BYTES = 4_194_304;
const DISCARDED = ".discarded-";
const UNPACKING = ".unpacking-";

/**
 * Deployment packages: the archives as blobs, and unpacked under `<directory>/<sha256>`, where a package is whole or
 * not at all. The unpacked one is made first and removed last, so that after a crash every blob can be found again.
 * Packages of layers lie there like others, and beside them, by a name made of theirs, layers laid over one another.
 */
export class PackageStore {
  readonly #options: PackageStoreOptions;
  readonly #log: Log;
  /** Without links on the way: nothing is mounted from behind one. */
  #directory: string;
  readonly #byPackage = new KeyedGate();
  readonly #unpackers = new Gate(functionLimits.unpacksAtOnce);
  readonly #holds = new Map<string, number>();
  /** What the files of packages add up to, of those that were asked for. */
  readonly #unzippedBytes = new Map<string, number>();
  readonly #collections = new Map<string, Timer>();
  readonly #background = new Set<Promise<void>>();

  constructor(options: PackageStoreOptions) {
    this.#options = options;
    this.#directory = options.directory;
    this.#log = options.log;
  }

  /** Makes the directory and clears what an earlier run left: half-made packages, and those that nothing uses. */
  async open(): Promise<void> {
    await mkdir(this.#options.directory, { recursive: true, mode: 0o755 });
    this.#directory = await realpath(this.#options.directory);
    const names = await readdir(this.#directory);
    const stale = names.filter((name) => name.startsWith(DISCARDED) || name.startsWith(UNPACKING));
    const unused = names.filter(
      (name) => /^(layers-)?[0-9a-f]{64}$/.test(name) && !this.#options.inUse(name),
    );
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
      const place = await this.#unpacked(sha256, async () => sourceOfBytes(content));
      const blob = await this.#options.blobs.put(content);
      invariant(blob.sha256 === sha256, "the blob store hashes differently");
      return {
        sha256,
        sizeBytes: content.byteLength,
        unzippedBytes: await this.#measure(sha256, place),
        release,
      };
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

  /** Where layers lie laid over one another, the later over the earlier; made once, however many ask. Undefined for none. */
  async layersDirectoryOf(sha256s: readonly string[]): Promise<string | undefined> {
    const [only] = sha256s;
    if (only === undefined) return undefined;
    if (sha256s.length === 1) return this.directoryOf(only);
    const name = mergedName(sha256s);
    const releases = [name, ...sha256s].map((held) => this.#hold(held));
    try {
      return await this.#made(name, async (temporary) => {
        const layers: string[] = [];
        for (const sha256 of sha256s) layers.push(await this.directoryOf(sha256));
        await mkdir(temporary, { mode: 0o700 });
        await mergeLayers(layers, temporary);
      });
    } finally {
      for (const release of releases) release();
    }
  }

  /** Nothing refers to the package any more; environments may still run from it for a while. */
  abandon(name: string): void {
    this.#collections.get(name)?.cancel();
    const timer = this.#options.clock.after(functionLimits.unusedPackageKeepMs, () => {
      this.#collections.delete(name);
      this.#inBackground(() => this.#collect(name));
    });
    this.#collections.set(name, timer);
  }

  async close(): Promise<void> {
    for (const timer of this.#collections.values()) timer.cancel();
    this.#collections.clear();
    await Promise.all(this.#background);
  }

  #hold(name: string): () => void {
    this.#holds.set(name, (this.#holds.get(name) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.#holds.get(name) ?? 1) - 1;
      if (left > 0) {
        this.#holds.set(name, left);
        return;
      }
      this.#holds.delete(name);
      if (!this.#options.inUse(name)) this.abandon(name);
    };
  }

  async #measure(sha256: string, place: string): Promise<number> {
    const bytes = this.#unzippedBytes.get(sha256) ?? (await bytesBelow(place));
    this.#unzippedBytes.set(sha256, bytes);
    return bytes;
  }

  #unpacked(sha256: string, openSource: () => Promise<ZipSource>): Promise<string> {
    return this.#made(sha256, (temporary) =>
      this.#unpackers.run(() => this.#unpackInto(temporary, openSource)),
    );
  }

  /** The directory of that name, which is there whole or not at all; `make` is called where it is not. */
  async #made(name: string, make: (temporary: string) => Promise<void>): Promise<string> {
    const place = this.#path(name);
    if (isDirectory(place)) return place;
    return this.#byPackage.run(name, async () => {
      if (isDirectory(place)) return place;
      const temporary = this.#path(`${UNPACKING}${this.#options.randomness.hex(16)}`);
      try {
        await make(temporary);
        // Within one directory: moving a read-only directory elsewhere takes a privilege.
        await rename(temporary, place);
      } catch (error) {
        await removeTree(temporary);
        throw error;
      }
      await synchronizeDirectory(this.#directory);
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

  #collect(name: string): Promise<void> {
    return this.#byPackage.run(name, async () => {
      if (this.#holds.has(name) || this.#options.inUse(name)) return;
      if (!isMerged(name)) await this.#options.blobs.delete(name);
      this.#unzippedBytes.delete(name);
      const discarded = this.#path(`${DISCARDED}${this.#options.randomness.hex(16)}`);
      try {
        await rename(this.#path(name), discarded);
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
    return join(this.#directory, name);
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
