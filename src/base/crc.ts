import { crc32 } from "node:zlib";

/** A running cyclic redundancy check; `digest` is big-endian, as S3 writes checksums. */
export interface RunningCrc {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

/** CRC-32 of ISO-HDLC, zlib's. */
export class Crc32 implements RunningCrc {
  #value = 0;

  update(bytes: Uint8Array): void {
    this.#value = crc32(bytes, this.#value);
  }

  digest(): Buffer {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(this.#value);
    return out;
  }
}

const SLICES = 8;

/** CRC-32C, Castagnoli's polynomial reflected (RFC 3720 appendix B.4), eight bytes a step. */
export class Crc32c implements RunningCrc {
  static #tables: Uint32Array | undefined;
  #value = 0xffffffff;

  update(bytes: Uint8Array): void {
    Crc32c.#tables ??= crc32cTables();
    const t = Crc32c.#tables;
    let value = this.#value;
    let i = 0;
    for (const end = bytes.length - (SLICES - 1); i < end; i += SLICES) {
      value ^= word(bytes, i);
      value =
        (t[1792 + (value & 0xff)] as number) ^
        (t[1536 + ((value >>> 8) & 0xff)] as number) ^
        (t[1280 + ((value >>> 16) & 0xff)] as number) ^
        (t[1024 + (value >>> 24)] as number) ^
        (t[768 + (bytes[i + 4] as number)] as number) ^
        (t[512 + (bytes[i + 5] as number)] as number) ^
        (t[256 + (bytes[i + 6] as number)] as number) ^
        (t[bytes[i + 7] as number] as number);
    }
    for (; i < bytes.length; i++) {
      value = (value >>> 8) ^ (t[(value ^ (bytes[i] as number)) & 0xff] as number);
    }
    this.#value = value;
  }

  digest(): Buffer {
    const out = Buffer.alloc(4);
    out.writeUInt32BE((this.#value ^ 0xffffffff) >>> 0);
    return out;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

/** Table k gives the effect of a byte that k further bytes follow. */
function crc32cTables(): Uint32Array {
  const tables = new Uint32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
    tables[byte] = value;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256] as number;
    tables[i] = (before >>> 8) ^ (tables[before & 0xff] as number);
  }
  return tables;
}

/** CRC-64/NVME (NVM Express command set, section 5.2.1.3.4), in two halves of 32 bits, eight bytes a step. */
export class Crc64Nvme implements RunningCrc {
  static #tables: readonly [Uint32Array, Uint32Array] | undefined;
  #low = 0xffffffff;
  #high = 0xffffffff;

  update(bytes: Uint8Array): void {
    Crc64Nvme.#tables ??= crc64Tables();
    const [lowTable, highTable] = Crc64Nvme.#tables;
    let low = this.#low;
    let high = this.#high;
    let i = 0;
    for (const end = bytes.length - (SLICES - 1); i < end; i += SLICES) {
      low ^= word(bytes, i);
      high ^= word(bytes, i + 4);
      const a = 1792 + (low & 0xff);
      const b = 1536 + ((low >>> 8) & 0xff);
      const c = 1280 + ((low >>> 16) & 0xff);
      const d = 1024 + (low >>> 24);
      const e = 768 + (high & 0xff);
      const f = 512 + ((high >>> 8) & 0xff);
      const g = 256 + ((high >>> 16) & 0xff);
      const h = high >>> 24;
      low = xor8(lowTable, a, b, c, d, e, f, g, h);
      high = xor8(highTable, a, b, c, d, e, f, g, h);
    }
    for (; i < bytes.length; i++) {
      const index = (low ^ (bytes[i] as number)) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (lowTable[index] as number);
      high = (high >>> 8) ^ (highTable[index] as number);
    }
    this.#low = low;
    this.#high = high;
  }

  digest(): Buffer {
    const out = Buffer.alloc(8);
    out.writeUInt32BE((this.#high ^ 0xffffffff) >>> 0, 0);
    out.writeUInt32BE((this.#low ^ 0xffffffff) >>> 0, 4);
    return out;
  }
}

function xor8(
  table: Uint32Array,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  g: number,
  h: number,
): number {
  return (
    (table[a] as number) ^
    (table[b] as number) ^
    (table[c] as number) ^
    (table[d] as number) ^
    (table[e] as number) ^
    (table[f] as number) ^
    (table[g] as number) ^
    (table[h] as number)
  );
}

function crc64Tables(): readonly [Uint32Array, Uint32Array] {
  const polynomial = 0x9a6c9329ac4bc9b5n;
  const lowTable = new Uint32Array(SLICES * 256);
  const highTable = new Uint32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let value = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n;
    lowTable[byte] = Number(value & 0xffffffffn);
    highTable[byte] = Number(value >> 32n);
  }
  for (let i = 256; i < lowTable.length; i++) {
    const low = lowTable[i - 256] as number;
    const high = highTable[i - 256] as number;
    lowTable[i] = ((low >>> 8) | (high << 24)) ^ (lowTable[low & 0xff] as number);
    highTable[i] = (high >>> 8) ^ (highTable[low & 0xff] as number);
  }
  return [lowTable, highTable];
}
