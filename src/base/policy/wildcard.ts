/** Stands for `?` among the UTF-16 code units of a pattern. */
export const ANY_ONE = -1;
/** Stands for `*`. */
export const ANY_RUN = -2;

const WORD_BITS = 32;

/** Counts what matching costs; tests hold it against what hostile patterns could cost. */
export interface Work {
  steps: number;
}

/**
 * A pattern in which `*` is any run of characters and `?` any one. Matching never backtracks: each piece between stars
 * is searched once, from the left, with one bit per character of the piece. The cost is the length of the text times
 * the number of 32-bit words of the longest such piece, whatever the pattern.
 */
export class WildcardPattern {
  readonly #head: Piece;
  /** Absent in a pattern without stars. */
  readonly #tail: Piece | undefined;
  readonly #middle: readonly Piece[];
  readonly #leastLength: number;

  /** `units` are UTF-16 code units, ANY_ONE or ANY_RUN. */
  constructor(units: readonly number[]) {
    const pieces: Piece[] = [];
    let start = 0;
    for (let end = 0; end <= units.length; end++) {
      if (end < units.length && units[end] !== ANY_RUN) continue;
      pieces.push(new Piece(units.slice(start, end)));
      start = end + 1;
    }
    const [head, ...rest] = pieces as [Piece, ...Piece[]];
    this.#head = head;
    this.#tail = rest.pop();
    this.#middle = rest.filter(({ length }) => length > 0);
    this.#leastLength = pieces.reduce((sum, { length }) => sum + length, 0);
  }

  matches(text: string, work?: Work): boolean {
    if (text.length < this.#leastLength) return false;
    if (this.#tail === undefined) return text.length === this.#leastLength && this.#head.isAt(text, 0, work);
    const end = text.length - this.#tail.length;
    if (!this.#head.isAt(text, 0, work) || !this.#tail.isAt(text, end, work)) return false;
    let position = this.#head.length;
    for (const piece of this.#middle) {
      position = piece.endOfFirst(text, position, end, work);
      if (position < 0) return false;
    }
    return true;
  }
}

/** Code units of a text in which `*` and `?` are wildcards. */
export function wildcardUnits(text: string): number[] {
  const units: number[] = [];
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    units.push(character === "*" ? ANY_RUN : character === "?" ? ANY_ONE : text.charCodeAt(index));
  }
  return units;
}

/** Whether `pattern` with its wildcards matches the whole of `text`. */
export function matchesWildcard(pattern: string, text: string, work?: Work): boolean {
  return new WildcardPattern(wildcardUnits(pattern)).matches(text, work);
}

/** What stands between two stars. */
class Piece {
  readonly length: number;
  readonly #units: readonly number[];
  /** The piece as text if it has no `?`. */
  readonly #literal: string | undefined;
  #shortMasks: Masks | undefined;

  constructor(units: readonly number[]) {
    this.#units = units;
    this.length = units.length;
    this.#literal = units.includes(ANY_ONE)
      ? undefined
      : units.map((unit) => String.fromCharCode(unit)).join("");
  }

  isAt(text: string, position: number, work: Work | undefined): boolean {
    if (work !== undefined) work.steps += this.length;
    if (this.#literal !== undefined) return text.startsWith(this.#literal, position);
    return this.#units.every((unit, index) => unit === ANY_ONE || unit === text.charCodeAt(position + index));
  }

  /** Where the first occurrence within [from, end) ends; negative if there is none. */
  endOfFirst(text: string, from: number, end: number, work: Work | undefined): number {
    if (this.length > WORD_BITS) return this.#endOfFirstLong(text, from, end, work);
    this.#shortMasks ??= masksOf(this.#units);
    const { byUnit, other } = this.#shortMasks;
    const accepting = 1 << (this.length - 1);
    let state = 0;
    for (let index = from; index < end; index++) {
      if (work !== undefined) work.steps++;
      state = ((state << 1) | 1) & (byUnit.get(text.charCodeAt(index)) ?? other)[0]!;
      if ((state & accepting) !== 0) return index + 1;
    }
    return -1;
  }

  /** The masks of long pieces are not kept: they would outweigh the document by far. */
  #endOfFirstLong(text: string, from: number, end: number, work: Work | undefined): number {
    const { byUnit, other } = masksOf(this.#units);
    const words = other.length;
    const accepting = 1 << ((this.length - 1) % WORD_BITS);
    const state = new Int32Array(words);
    for (let index = from; index < end; index++) {
      if (work !== undefined) work.steps += words;
      const mask = byUnit.get(text.charCodeAt(index)) ?? other;
      let carry = 1;
      for (let word = 0; word < words; word++) {
        const before = state[word]!;
        state[word] = ((before << 1) | carry) & mask[word]!;
        carry = before >>> (WORD_BITS - 1);
      }
      if ((state[words - 1]! & accepting) !== 0) return index + 1;
    }
    return -1;
  }
}

/** For every code unit of a piece the places where it may stand, one bit each. */
interface Masks {
  readonly byUnit: ReadonlyMap<number, Int32Array>;
  /** The places of `?`, where every other unit may stand. */
  readonly other: Int32Array;
}

function masksOf(units: readonly number[]): Masks {
  const other = new Int32Array(Math.ceil(units.length / WORD_BITS));
  units.forEach((unit, place) => {
    if (unit === ANY_ONE) setBit(other, place);
  });
  const byUnit = new Map<number, Int32Array>();
  units.forEach((unit, place) => {
    if (unit === ANY_ONE) return;
    let mask = byUnit.get(unit);
    if (mask === undefined) {
      mask = other.slice();
      byUnit.set(unit, mask);
    }
    setBit(mask, place);
  });
  return { byUnit, other };
}

function setBit(mask: Int32Array, place: number): void {
  const word = Math.floor(place / WORD_BITS);
  mask[word] = mask[word]! | (1 << (place % WORD_BITS));
}
