/**
 * CRC-32C (Castagnoli) and CRC-64/NVME, eight bytes at a step, and the combination of CRCs of neighbouring pieces.
 * Parameters: https://reveng.sourceforge.io/crc-catalogue/
 */

const STRIDE = 8;

/** Tables for reflected CRCs of up to 64 bits: entry [n * 256 + b] is byte b followed by n zero bytes. */
function makeTables(polynomial: bigint): { readonly low: Uint32Array; readonly high: Uint32Array } {
  const low = new Uint32Array(256 * STRIDE);
  const high = new Uint32Array(256 * STRIDE);
  const first: bigint[] = [];
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
    first.push(crc);
  }
  for (let byte = 0; byte < 256; byte++) {
    let crc = first[byte] as bigint;
    for (let zeros = 0; zeros < STRIDE; zeros++) {
      low[zeros * 256 + byte] = Number(crc & 0xffffffffn);
      high[zeros * 256 + byte] = Number(crc >> 32n);
      crc = (first[Number(crc & 0xffn)] as bigint) ^ (crc >> 8n);
    }
  }
  return { low, high };
}

const CASTAGNOLI = 0x82f63b78n;
const NVME = 0x9a6c9329ac4bc9b5n;

let castagnoliTables: Uint32Array | undefined;
let nvmeTables: ReturnType<typeof makeTables> | undefined;

export class Crc32c {
  #crc = ~0;
  readonly #table: Uint32Array;

  constructor() {
    castagnoliTables ??= makeTables(CASTAGNOLI).low;
    this.#table = castagnoliTables;
  }

  update(bytes: Uint8Array): void {
    const t = this.#table as unknown as number[];
    const b = bytes as unknown as number[];
    const end = bytes.length;
    let crc = this.#crc;
    let i = 0;
    for (; i + STRIDE <= end; i += STRIDE) {
      crc ^= b[i]! | (b[i + 1]! << 8) | (b[i + 2]! << 16) | (b[i + 3]! << 24);
      crc =
        t[1792 + (crc & 255)]! ^
        t[1536 + ((crc >>> 8) & 255)]! ^
        t[1280 + ((crc >>> 16) & 255)]! ^
        t[1024 + (crc >>> 24)]! ^
        t[768 + b[i + 4]!]! ^
        t[512 + b[i + 5]!]! ^
        t[256 + b[i + 6]!]! ^
        t[b[i + 7]!]!;
    }
    for (; i < end; i++) crc = t[(crc ^ b[i]!) & 255]! ^ (crc >>> 8);
    this.#crc = crc;
  }

  digest(): Buffer {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(~this.#crc >>> 0);
    return out;
  }
}

export class Crc64Nvme {
  #low = ~0;
  #high = ~0;
  readonly #tables: ReturnType<typeof makeTables>;

  constructor() {
    nvmeTables ??= makeTables(NVME);
    this.#tables = nvmeTables;
  }

  update(bytes: Uint8Array): void {
    const l = this.#tables.low as unknown as number[];
    const h = this.#tables.high as unknown as number[];
    const b = bytes as unknown as number[];
    const end = bytes.length;
    let low = this.#low;
    let high = this.#high;
    let i = 0;
    for (; i + STRIDE <= end; i += STRIDE) {
      low ^= b[i]! | (b[i + 1]! << 8) | (b[i + 2]! << 16) | (b[i + 3]! << 24);
      high ^= b[i + 4]! | (b[i + 5]! << 8) | (b[i + 6]! << 16) | (b[i + 7]! << 24);
      const i0 = 1792 + (low & 255);
      const i1 = 1536 + ((low >>> 8) & 255);
      const i2 = 1280 + ((low >>> 16) & 255);
      const i3 = 1024 + (low >>> 24);
      const i4 = 768 + (high & 255);
      const i5 = 512 + ((high >>> 8) & 255);
      const i6 = 256 + ((high >>> 16) & 255);
      const i7 = high >>> 24;
      low = l[i0]! ^ l[i1]! ^ l[i2]! ^ l[i3]! ^ l[i4]! ^ l[i5]! ^ l[i6]! ^ l[i7]!;
      high = h[i0]! ^ h[i1]! ^ h[i2]! ^ h[i3]! ^ h[i4]! ^ h[i5]! ^ h[i6]! ^ h[i7]!;
    }
    for (; i < end; i++) {
      const index = (low ^ b[i]!) & 255;
      low = l[index]! ^ ((low >>> 8) | (high << 24));
      high = h[index]! ^ (high >>> 8);
    }
    this.#low = low;
    this.#high = high;
  }

  digest(): Buffer {
    const out = Buffer.alloc(8);
    out.writeUInt32BE(~this.#high >>> 0, 0);
    out.writeUInt32BE(~this.#low >>> 0, 4);
    return out;
  }
}

const COMBINABLE = {
  CRC32: { bits: 32n, polynomial: 0xedb88320n },
  CRC32C: { bits: 32n, polynomial: CASTAGNOLI },
  CRC64NVME: { bits: 64n, polynomial: NVME },
} as const;

export type CombinableAlgorithm = keyof typeof COMBINABLE;

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
