import type { ChecksumAlgorithm } from "../../../base/index.ts";

/** CRCs of neighbouring pieces give the CRC of the whole: https://reveng.sourceforge.io/crc-catalogue/ */
const COMBINABLE = {
  CRC32: { bits: 32n, polynomial: 0xedb88320n },
  CRC32C: { bits: 32n, polynomial: 0x82f63b78n },
  CRC64NVME: { bits: 64n, polynomial: 0x9a6c9329ac4bc9b5n },
} as const;

export type CombinableAlgorithm = keyof typeof COMBINABLE;

export function isCombinable(algorithm: ChecksumAlgorithm): algorithm is CombinableAlgorithm {
  return algorithm in COMBINABLE;
}

/** The product of two polynomials modulo the CRC's, all in reflected bit order. */
function multiply(a: bigint, b: bigint, bits: bigint, polynomial: bigint): bigint {
  let product = 0n;
  for (let bit = 1n << (bits - 1n); bit !== 0n; bit >>= 1n) {
    if (a & bit) product ^= b;
    b = b & 1n ? (b >> 1n) ^ polynomial : b >> 1n;
  }
  return product;
}

/**
 * Combines CRCs of consecutive pieces into the CRC of the whole, without their bytes:
 * crc(AB) = crc(A) * x^(8 * |B|) + crc(B).
 */
export class CrcCombiner {
  readonly #bits: bigint;
  readonly #polynomial: bigint;
  readonly #shifts = new Map<number, bigint>();
  #crc = 0n;

  constructor(algorithm: CombinableAlgorithm) {
    this.#bits = COMBINABLE[algorithm].bits;
    this.#polynomial = COMBINABLE[algorithm].polynomial;
  }

  /** `crc` is the digest of the next piece, big-endian; `size` its length in bytes. */
  append(crc: Uint8Array, size: number): void {
    const next = BigInt(`0x${Buffer.from(crc).toString("hex")}`);
    this.#crc = multiply(this.#shift(size), this.#crc, this.#bits, this.#polynomial) ^ next;
  }

  digest(): Buffer {
    return Buffer.from(this.#crc.toString(16).padStart(Number(this.#bits / 4n), "0"), "hex");
  }

  /** x^(8 * size); parts mostly share one size, so it is worth keeping. */
  #shift(size: number): bigint {
    const known = this.#shifts.get(size);
    if (known !== undefined) return known;
    let power = 1n << (this.#bits - 9n);
    let result = 1n << (this.#bits - 1n);
    for (let rest = BigInt(size); rest !== 0n; rest >>= 1n) {
      if (rest & 1n) result = multiply(result, power, this.#bits, this.#polynomial);
      power = multiply(power, power, this.#bits, this.#polynomial);
    }
    this.#shifts.set(size, result);
    return result;
  }
}
