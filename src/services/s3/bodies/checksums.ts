import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { ChecksumAlgorithm, Checksums } from "../model.ts";
import { type CombinableAlgorithm, Crc32c, Crc64Nvme } from "./crc.ts";

/** What S3 adds to an upload whose sender chose nothing. */
export const DEFAULT_ALGORITHM: ChecksumAlgorithm = "CRC64NVME";

interface Hasher {
  update(bytes: Uint8Array): unknown;
  digest(): Buffer;
}

class Crc32 implements Hasher {
  #crc = 0;

  update(bytes: Uint8Array): void {
    this.#crc = crc32(bytes, this.#crc);
  }

  digest(): Buffer {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(this.#crc);
    return out;
  }
}

export function createHasher(algorithm: ChecksumAlgorithm): Hasher {
  switch (algorithm) {
    case "CRC32":
      return new Crc32();
    case "CRC32C":
      return new Crc32c();
    case "CRC64NVME":
      return new Crc64Nvme();
    default:
      return createHash(algorithm.toLowerCase());
  }
}

export function isCombinable(algorithm: ChecksumAlgorithm): algorithm is CombinableAlgorithm {
  return algorithm.startsWith("CRC");
}

/** Hashes a body on its way: the MD5 that becomes the ETag, and any checksums. */
export class BodyDigest {
  readonly #md5 = createHash("md5");
  readonly #hashers: ReadonlyMap<ChecksumAlgorithm, Hasher>;

  constructor(algorithms: Iterable<ChecksumAlgorithm>) {
    this.#hashers = new Map([...new Set(algorithms)].map((name) => [name, createHasher(name)]));
  }

  update(bytes: Uint8Array): void {
    this.#md5.update(bytes);
    for (const hasher of this.#hashers.values()) hasher.update(bytes);
  }

  /** `md5` in lower-case hexadecimal. May be called once. */
  finish(): { readonly md5: string; readonly checksums: Checksums } {
    const checksums = Object.fromEntries(
      [...this.#hashers].map(([name, hasher]) => [name, hasher.digest().toString("base64")]),
    );
    return { md5: this.#md5.digest("hex"), checksums };
  }
}
