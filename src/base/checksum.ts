import { createHash } from "node:crypto";
import { Crc32, Crc32c, Crc64Nvme } from "./crc.ts";

/** The checksums of https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html */
export type ChecksumAlgorithm = "CRC32" | "CRC32C" | "CRC64NVME" | "SHA1" | "SHA256" | "SHA512" | "MD5";

export const CHECKSUM_ALGORITHMS: readonly ChecksumAlgorithm[] = [
  "CRC32",
  "CRC32C",
  "CRC64NVME",
  "SHA1",
  "SHA256",
  "SHA512",
  "MD5",
];

/** A running checksum. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  update(bytes: Uint8Array): void;
  /** To be called once, at the end. */
  digest(): Buffer;
}

export function createChecksum(algorithm: ChecksumAlgorithm): Checksum {
  const running = algorithmOf(algorithm);
  return {
    algorithm,
    update: (bytes) => void running.update(bytes),
    digest: () => running.digest(),
  };
}

function algorithmOf(algorithm: ChecksumAlgorithm): {
  update(bytes: Uint8Array): unknown;
  digest(): Buffer;
} {
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
