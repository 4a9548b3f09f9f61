import { mkdirSync, rmSync } from "node:fs";
import { type FileHandle, open, readdir, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { type ChecksumAlgorithm, type Log, type Randomness } from "../../../base/index.ts";
import { fail } from "../errors.ts";
import type { Checksums, Segment } from "../model.ts";
import { BodyDigest } from "./body-digest.ts";
import { readSegments } from "./body-reader.ts";
import { BodyCipher } from "./cipher.ts";
import { syncFolder } from "./folders.ts";
import { type Hold, Holds } from "./holds.ts";

const SHARDS = 256;

/** A body that is on disk (fsynced) under its final name, but named by no metadata yet. */
export interface ReceivedBody {
  readonly size: number;
  /** Lower-case hexadecimal. */
  readonly md5: string;
  readonly checksums: Checksums;
  readonly segments: readonly Segment[];
}

/**
 * The bodies of objects and parts: immutable files with names that are never used twice, under
 * `<directory>/<shard>/`. A body being received lives in `<directory>/incoming/` until it is whole.
 */
export class BodyStore {
  readonly #directory: string;
  readonly #cipher: BodyCipher;
  readonly #holds: Holds;
  readonly #log: Log;
  /** Tells this run's files from those of earlier ones, which alone may be left over. */
  readonly #run: string;
  readonly #removals = new Set<Promise<void>>();
  #count = 0;

  constructor(options: { directory: string; masterKey: Uint8Array; randomness: Randomness; log: Log }) {
    this.#directory = options.directory;
    this.#cipher = new BodyCipher(options.masterKey);
    this.#log = options.log;
    this.#run = options.randomness.hex(16);
    this.#holds = new Holds((file) => this.#unlink(file));
    rmSync(join(this.#directory, "incoming"), { recursive: true, force: true });
    mkdirSync(join(this.#directory, "incoming"), { recursive: true, mode: 0o700 });
    for (let shard = 0; shard < SHARDS; shard++)
      mkdirSync(join(this.#directory, shardName(shard)), { recursive: true, mode: 0o700 });
    syncFolder(this.#directory);
    syncFolder(dirname(this.#directory));
  }

  /** Reads `source` to its end. Nothing is left of it if that fails. */
  async receive(
    source: Readable | undefined,
    options: { readonly algorithms: Iterable<ChecksumAlgorithm>; readonly mostBytes: number },
  ): Promise<ReceivedBody> {
    const file = this.#nextName();
    const incoming = join(this.#directory, "incoming", file);
    const digest = new BodyDigest(options.algorithms);
    const cipher = this.#cipher.at(file, 0);
    let size = 0;
    let handle: FileHandle | undefined;
    try {
      for await (const chunk of (source ?? []) as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > options.mostBytes)
          throw fail("EntityTooLarge", {
            members: { ProposedSize: size, MaxSizeAllowed: options.mostBytes },
          });
        digest.update(chunk);
        handle ??= await open(incoming, "wx", 0o600);
        await writeFully(handle, cipher.update(chunk));
      }
      if (handle !== undefined) {
        await handle.sync();
        await handle.close();
        handle = undefined;
        await rename(incoming, this.#pathOf(file));
        await syncDirectory(join(this.#directory, shardOf(file)));
      }
    } catch (thrown) {
      await handle?.close().catch(() => undefined);
      await unlink(incoming).catch(() => undefined);
      throw thrown;
    }
    return { size, ...digest.finish(), segments: size === 0 ? [] : [{ file, offset: 0, size }] };
  }

  /** To be taken before the metadata is read. */
  hold(): Hold {
    return this.#holds.take();
  }

  /** Streams segments that `hold` covers; releases it when the stream closes. */
  read(segments: readonly Segment[], hold: Hold): Readable {
    hold.narrow(filesOf(segments));
    const stream = readSegments(segments, (file) => this.#pathOf(file), this.#cipher);
    stream.once("close", () => hold.release());
    return stream;
  }

  /** The digests of stored bytes. */
  async digest(
    segments: readonly Segment[],
    hold: Hold,
    algorithms: Iterable<ChecksumAlgorithm>,
  ): Promise<{ readonly md5: string; readonly checksums: Checksums }> {
    const digest = new BodyDigest(algorithms);
    for await (const chunk of this.read(segments, hold) as AsyncIterable<Buffer>) digest.update(chunk);
    return digest.finish();
  }

  /** Removes files that no metadata names any more, once their readers are done. */
  remove(files: readonly string[]): void {
    this.#holds.doom(files);
  }

  /** Removes what earlier runs left behind: files that `areUnreferenced` says no metadata names. */
  async sweep(areUnreferenced: (files: readonly string[]) => Promise<readonly string[]>): Promise<number> {
    let removed = 0;
    for (let shard = 0; shard < SHARDS; shard++) {
      const found = await readdir(join(this.#directory, shardName(shard)));
      const old = found.filter((file) => !file.startsWith(this.#run));
      if (old.length === 0) continue;
      for (const file of await areUnreferenced(old)) {
        if (this.#holds.isDoomed(file)) continue;
        await unlink(this.#pathOf(file)).catch(() => undefined);
        removed++;
      }
    }
    return removed;
  }

  /** Waits for removals under way. */
  async close(): Promise<void> {
    await Promise.all(this.#removals);
  }

  #unlink(file: string): void {
    const removal = unlink(this.#pathOf(file))
      .catch((error: unknown) => this.#log.warn("s3.body-not-removed", { file, error }))
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  #nextName(): string {
    const count = this.#count++;
    return `${this.#run}-${count.toString(16)}-${shardName(count % SHARDS)}`;
  }

  #pathOf(file: string): string {
    return join(this.#directory, shardOf(file), file);
  }
}

function shardName(shard: number): string {
  return shard.toString(16).padStart(2, "0");
}

function shardOf(file: string): string {
  return file.slice(-2);
}

export function filesOf(segments: readonly Segment[]): string[] {
  return [...new Set(segments.map((segment) => segment.file))];
}

async function writeFully(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written);
    written += bytesWritten;
  }
}

/** Makes the names in a folder durable. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
