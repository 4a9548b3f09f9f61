import type { ChecksumAlgorithm } from "../../base/index.ts";

const DIGEST_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
  SHA512: 64,
  MD5: 16,
};

/** `x-amz-checksum-crc32` */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

export function isChecksumValue(algorithm: ChecksumAlgorithm, base64: string): boolean {
  const bytes = Buffer.from(base64, "base64");
  return bytes.length === DIGEST_BYTES[algorithm] && bytes.toString("base64") === base64;
}
