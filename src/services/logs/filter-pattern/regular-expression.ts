import { logsLimits } from "../../../base/index.ts";
import { Automaton, type CharacterSet, type Piece } from "./automaton.ts";
import { invalidPattern } from "./scanner.ts";

/** What may stand for itself; everything else needs a backslash. */
const PLAIN = /^[A-Za-z0-9:_#=@/;,\- ]$/;
const REPEAT = /\{(\d{1,4})(,(\d{0,4}))?\}/y;
const NON_ASCII = 128;

/**
 * The regular expressions of filter patterns: `^ $ ? * + {m,n} [] | . \d \s \w \xhh` and no groups. A search takes
 * time in proportion to the text, because the expression becomes an automaton that never goes back.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function compileRegularExpression(source: string): (text: string) => boolean {
  if (source === "") throw invalidPattern();
  const reader = new Reader(source);
  const alternatives: Piece[][] = [];
  do alternatives.push(reader.sequence());
  while (reader.take("|"));
  const states = alternatives.reduce((sum, pieces) => sum + pieces.length + 1, 0);
  if (states > logsLimits.filterExpressionStates) throw invalidPattern();
  const automaton = new Automaton(alternatives);
  return (text) => automaton.finds(text);
}

class Reader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  take(character: string): boolean {
    if (this.#source[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  /** Up to the next bar or the end. */
  sequence(): Piece[] {
    const pieces: Piece[] = [];
    while (this.#at < this.#source.length && this.#source[this.#at] !== "|") {
      if (this.take("^")) pieces.push({ kind: "start" });
      else if (this.take("$")) pieces.push({ kind: "end" });
      else pieces.push(...this.#repeated(this.#atom()));
      if (pieces.length > logsLimits.filterExpressionStates) throw invalidPattern();
    }
    return pieces;
  }

  #repeated(set: CharacterSet): Piece[] {
    const one: Piece = { kind: "characters", set, optional: false, repeats: false };
    if (this.take("?")) return [{ ...one, optional: true }];
    if (this.take("*")) return [{ ...one, optional: true, repeats: true }];
    if (this.take("+")) return [{ ...one, repeats: true }];
    REPEAT.lastIndex = this.#at;
    const match = REPEAT.exec(this.#source);
    if (match === null) return [one];
    this.#at += match[0].length;
    const least = Number(match[1]);
    const unbounded = match[2] !== undefined && match[3] === "";
    const most = match[2] === undefined ? least : unbounded ? least : Number(match[3]);
    if (most < least || most > logsLimits.filterExpressionStates) throw invalidPattern();
    return [
      ...Array.from({ length: least }, () => one),
      ...Array.from({ length: most - least }, (): Piece => ({ ...one, optional: true })),
      ...(unbounded ? [{ ...one, optional: true, repeats: true }] : []),
    ];
  }

  #atom(): CharacterSet {
    if (this.take("[")) return this.#bracket();
    if (this.take(".")) return setOf((code) => code !== 10);
    if (this.take("\\")) return this.#escape();
    const character = this.#source[this.#at] ?? "";
    if (!PLAIN.test(character)) throw invalidPattern();
    this.#at += 1;
    return single(character);
  }

  #bracket(): CharacterSet {
    const negated = this.take("^");
    const sets: CharacterSet[] = [];
    while (!this.take("]")) {
      const low = this.#member();
      const from = low.only;
      if (from !== undefined && this.#source[this.#at] === "-" && this.#source[this.#at + 1] !== "]") {
        this.#at += 1;
        const to = this.#member().only;
        if (to === undefined || to < from) throw invalidPattern();
        sets.push(setOf((code) => code >= from && code <= to));
      } else sets.push(low);
    }
    if (sets.length === 0) throw invalidPattern();
    return setOf((code) => sets.some((set) => set.has[code] === true) !== negated);
  }

  #member(): CharacterSet {
    if (this.take("\\")) return this.#escape();
    const character = this.#source[this.#at] ?? "";
    if (character === "" || character.charCodeAt(0) >= NON_ASCII) throw invalidPattern();
    this.#at += 1;
    return single(character);
  }

  #escape(): CharacterSet {
    const character = this.#source[this.#at] ?? "";
    this.#at += 1;
    const shorthand = /^[dsw]$/i.test(character) ? new RegExp(`^\\${character}$`) : undefined;
    if (shorthand !== undefined) return setOf((code) => shorthand.test(String.fromCharCode(code)));
    if (character === "x") {
      const digits = this.#source.slice(this.#at, this.#at + 2);
      if (!/^[0-7][0-9a-fA-F]$/.test(digits)) throw invalidPattern();
      this.#at += 2;
      return single(String.fromCharCode(Number.parseInt(digits, 16)));
    }
    if (character === "" || /[A-Za-z0-9]/.test(character) || character.charCodeAt(0) >= NON_ASCII)
      throw invalidPattern();
    return single(character);
  }
}

function single(character: string): CharacterSet {
  const only = character.charCodeAt(0);
  return { ...setOf((code) => code === only), only };
}

/** The last place stands for every character beyond ASCII. */
function setOf(accepts: (code: number) => boolean): CharacterSet {
  return { has: Array.from({ length: NON_ASCII + 1 }, (_, code) => accepts(code)) };
}
