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

export const systemRandomness: Randomness = {
  bytes: (count) => randomBytes(count),
  uuid: () => randomUUID(),
  hex: (digits) =>
    randomBytes((digits + 1) >> 1)
      .toString("hex")
      .slice(0, digits),
  uniform: () => Math.random(),
};
