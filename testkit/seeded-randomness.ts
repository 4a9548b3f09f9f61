import { randomInt } from "node:crypto";
import type { Randomness } from "../src/base/index.ts";

export interface SeededRandomness extends Randomness {
  readonly seed: number;
  /** A whole number in [0, bound). */
  below(bound: number): number;
  pick<T>(choices: readonly T[]): T;
  /** True with the given probability. */
  chance(probability: number): boolean;
}

/** The seed of this run: `LAMBKIN_SEED`, else a random one. Tests print it when they fail. */
export function seedOfRun(): number {
  const given = process.env["LAMBKIN_SEED"];
  if (given === undefined || given === "") return randomInt(2 ** 32);
  const seed = Number(given);
  if (!Number.isSafeInteger(seed)) throw new Error(`LAMBKIN_SEED is not a whole number: ${given}`);
  return seed;
}

/** The same sequence for the same seed (SplitMix32). Not for secrets. */
export function seededRandomness(seed: number): SeededRandomness {
  let state = seed >>> 0;
  const word = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const uniform = (): number => word() / 2 ** 32;
  const below = (bound: number): number => Math.floor(uniform() * bound);
  const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => word() & 0xff);
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => below(16).toString(16)).join("");
  return {
    seed,
    uniform,
    below,
    bytes,
    hex,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${"89ab"[below(4)]}${hex(3)}-${hex(12)}`,
    pick: (choices) => {
      if (choices.length === 0) throw new Error("nothing to pick from");
      return choices[below(choices.length)] as (typeof choices)[number];
    },
    chance: (probability) => uniform() < probability,
  };
}
