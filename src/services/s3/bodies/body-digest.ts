import { createHash } from "node:crypto";
import { type Checksum, type ChecksumAlgorithm, createChecksum } from "../../../base/index.ts";
import type { Checksums } from "../model.ts";

/** What S3 adds to an upload whose sender chose nothing. */
export const DEFAULT_ALGORITHM: ChecksumAlgorithm = "CRC64NVME";

/** Hashes a body on its way: the MD5 that becomes the ETag, and any checksums. */
export class BodyDigest {
  readonly #md5 = createHash("md5");
  readonly #checksums: readonly Checksum[];

  constructor(algorithms: Iterable<ChecksumAlgorithm>) {
    this.#checksums = [...new Set(algorithms)].map(createChecksum);
  }

  update(bytes: Uint8Array): void {
    this.#md5.update(bytes);
    for (const checksum of this.#checksums) checksum.update(bytes);
  }

  /** `md5` in lower-case hexadecimal. May be called once. */
  finish(): { readonly md5: string; readonly checksums: Checksums } {
    const checksums = Object.fromEntries(
      this.#checksums.map((checksum) => [checksum.algorithm, checksum.digest().toString("base64")]),
    );
    return { md5: this.#md5.digest("hex"), checksums };
  }
}
