import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { invariant, type Randomness, storageLimits, toError } from "../base/index.ts";
import { syncDirectory } from "./durable-files.ts";
import { asStorageError, StorageError } from "./errors.ts";
import type { BlobStore } from "./interfaces.ts";

/** Blobs as files `<2 hex digits>/<sha256>` of a directory that belongs to this process alone. */
export class FileBlobStore implements BlobStore {
  readonly #directory: string;
  readonly #randomness: Randomness;
  /** Blobs whose bytes this process has seen and found right. */
  readonly #verified = new Set<string>();
  readonly #verifying = new Map<string, Promise<string>>();
  readonly #folders = new Map<string, Promise<void>>();
  #holds = 0;
  /** Deleted while somebody held all blobs. */
  readonly #doomed = new Set<string>();

  private constructor(directory: string, randomness: Randomness) {
    this.#directory = directory;
    this.#randomness = randomness;
  }

  /** Removes what unfinished `put`s of an earlier process have left. */
  static async open(directory: string, randomness: Randomness): Promise<FileBlobStore> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(directory)) {
      if (name.startsWith(UNFINISHED)) await rm(join(directory, name), { force: true });
    }
    return new FileBlobStore(directory, randomness);
  }

  async put(content: Readable | Uint8Array): Promise<{ readonly sha256: string; readonly size: number }> {
    const temporary = join(this.#directory, `${UNFINISHED}${this.#randomness.hex(32)}`);
    try {
      const { sha256, size } = await writeHashed(temporary, content);
      const path = this.#path(sha256);
      await this.#folder(sha256);
      // An equal blob is replaced by itself: whoever has it open keeps the same bytes.
      await rename(temporary, path);
      await syncDirectory(join(path, ".."));
      this.#remember(sha256);
      this.#doomed.delete(sha256);
      return { sha256, size };
    } catch (thrown) {
      await rm(temporary, { force: true });
      throw asStorageError(toError(thrown));
    }
  }

  async open(sha256: string): Promise<Readable> {
    const path = this.#path(sha256);
    const file = await open(path, "r");
    const content = file.createReadStream();
    if (this.#verified.has(sha256)) return content;
    const verifier = verify(sha256, path, () => this.#remember(sha256));
    // Whatever fails on either side ends both; the reader hears of it from the stream that it has.
    pipeline(content, verifier).catch((error: unknown) => verifier.destroy(toError(error)));
    return verifier;
  }

  ensureLocal(sha256: string): Promise<string> {
    const path = this.#path(sha256);
    if (this.#verified.has(sha256)) return Promise.resolve(path);
    const running = this.#verifying.get(sha256);
    if (running !== undefined) return running;
    const work = this.#verifyFile(sha256, path).finally(() => this.#verifying.delete(sha256));
    this.#verifying.set(sha256, work);
    return work;
  }

  async delete(sha256: string): Promise<void> {
    const path = this.#path(sha256);
    if (this.#holds > 0) {
      this.#doomed.add(sha256);
      return;
    }
    this.#verified.delete(sha256);
    await rm(path, { force: true });
  }

  /** Keeps the files of all blobs, deleted ones too, until what it returns is called. */
  hold(): () => Promise<void> {
    this.#holds += 1;
    let held = true;
    return async () => {
      if (!held) return;
      held = false;
      this.#holds -= 1;
      if (this.#holds > 0) return;
      const doomed = [...this.#doomed];
      this.#doomed.clear();
      for (const sha256 of doomed) await this.delete(sha256);
    };
  }

  async #verifyFile(sha256: string, path: string): Promise<string> {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
    if (hash.digest("hex") !== sha256) throw corrupt(path);
    this.#remember(sha256);
    return path;
  }

  #remember(sha256: string): void {
    if (this.#verified.size >= storageLimits.verifiedBlobs) {
      const [oldest] = this.#verified;
      if (oldest !== undefined) this.#verified.delete(oldest);
    }
    this.#verified.add(sha256);
  }

  /** Makes the folder of a blob once, durably. */
  #folder(sha256: string): Promise<void> {
    const name = sha256.slice(0, 2);
    const made = this.#folders.get(name);
    if (made !== undefined) return made;
    const work = mkdir(join(this.#directory, name), { recursive: true, mode: 0o700 })
      .then(() => syncDirectory(this.#directory))
      .catch((error: unknown) => {
        this.#folders.delete(name);
        throw error;
      });
    this.#folders.set(name, work);
    return work;
  }

  #path(sha256: string): string {
    invariant(/^[0-9a-f]{64}$/.test(sha256), "a blob is named by 64 hexadecimal digits");
    return join(this.#directory, sha256.slice(0, 2), sha256);
  }
}

const UNFINISHED = "unfinished-";

/** Writes a new file and syncs it. */
async function writeHashed(
  path: string,
  content: Readable | Uint8Array,
): Promise<{ sha256: string; size: number }> {
  const hash = createHash("sha256");
  const source = content instanceof Readable ? content : [content];
  let file: FileHandle | undefined;
  let size = 0;
  try {
    file = await open(path, "wx", 0o600);
    for await (const chunk of source as AsyncIterable<unknown>) {
      invariant(chunk instanceof Uint8Array, "a blob is read as bytes");
      hash.update(chunk);
      await writeAll(file, chunk);
      size += chunk.byteLength;
    }
    await file.sync();
  } catch (error) {
    if (content instanceof Readable) content.destroy();
    throw error;
  } finally {
    await file?.close();
  }
  return { sha256: hash.digest("hex"), size };
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let from = 0; from < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, from);
    from += bytesWritten;
  }
}

/** Passes bytes on and fails at their end unless they are the blob's. */
function verify(sha256: string, path: string, onVerified: () => void): Transform {
  const hash: Hash = createHash("sha256");
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      if (hash.digest("hex") !== sha256) {
        done(corrupt(path));
        return;
      }
      onVerified();
      done();
    },
  });
}

function corrupt(path: string): StorageError {
  return new StorageError("corrupt", `${path} does not have the content that it is named for`);
}
