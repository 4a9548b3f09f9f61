import { randomBytes, randomUUID } from "node:crypto";

/** Randomness is passed in, like the clock. */
export interface Randomness {
  bytes(count: number): Uint8Array;
  /** An RFC 9562 version 4 UUID in lower case. */
  uuid(): string;
  /** `digits` lower-case hexadecimal digits. */
  hex(digits: number): string;
  /** Uniform in [0, 1). */
  uniform(): number;
}

/** Drawn from the system in advance, because asking costs more than what a request needs. No byte is used twice. */
const POOL_BYTES = 4_096;
let pool = Buffer.alloc(0);
let used = 0;

function randomHex(digits: number): string {
  const count = (digits + 1) >> 1;
  if (count > POOL_BYTES / 8) return randomBytes(count).toString("hex").slice(0, digits);
  if (used + count > pool.length) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  const text = pool.toString("hex", used, used + count);
  for (const end = used + count; used < end; used += 1) pool[used] = 0;
  return text.length === digits ? text : text.slice(0, digits);
}

export const systemRandomness: Randomness = {
  bytes: (count) => randomBytes(count),
  uuid: () => randomUUID(),
  hex: randomHex,
  uniform: () => Math.random(),
};
