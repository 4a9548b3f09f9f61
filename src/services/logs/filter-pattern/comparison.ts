import { compileRegularExpression } from "./regular-expression.ts";
import { invalidPattern, type Scanner } from "./scanner.ts";
import { matchesWildcard, readWildcard } from "./wildcard.ts";

/** Judges a value that is there: a text, a number or a boolean. */
export type Comparison = (value: string | number | boolean) => boolean;

const OPERATORS = ["!=", ">=", "<=", "=", ">", "<"] as const;
const QUOTED = /"(?:[^"\\]|\\.)*"/y;
/** Anything up to what ends a comparison. */
const WORD = /(?:(?!&&|\|\|)[^\s,()[\]{}"%])+/y;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** An operator and a value, if an operator comes next. */
export function readComparison(scanner: Scanner): Comparison | undefined {
  const operator = OPERATORS.find((candidate) => scanner.take(candidate));
  if (operator === undefined) return undefined;
  const expression = scanner.match(/%[^%]*%/y);
  const quoted = expression === undefined ? scanner.match(QUOTED) : undefined;
  const word = expression === undefined && quoted === undefined ? scanner.match(WORD) : undefined;
  const equality = expression !== undefined ? matching(expression) : equalTo(quoted, word);
  switch (operator) {
    case "=":
      return equality;
    case "!=":
      return (value) => !equality(value);
    default:
      return ordered(operator, word);
  }
}

function matching(expression: string): Comparison {
  const matches = compileRegularExpression(expression.slice(1, -1));
  return (value) => matches(String(value));
}

function equalTo(quoted: string | undefined, word: string | undefined): Comparison {
  if (quoted !== undefined) {
    const wildcard = readWildcard(quoted.slice(1, -1));
    return (value) => matchesWildcard(wildcard, String(value));
  }
  if (word === undefined) throw invalidPattern();
  if (NUMBER.test(word)) {
    const number = Number(word);
    return (value) => String(value) === word || numberOf(value) === number;
  }
  const wildcard = readWildcard(word);
  return (value) => matchesWildcard(wildcard, String(value));
}

function ordered(operator: ">" | ">=" | "<" | "<=", word: string | undefined): Comparison {
  if (word === undefined || !NUMBER.test(word)) throw invalidPattern();
  const bound = Number(word);
  return (value) => {
    const number = numberOf(value);
    if (number === undefined) return false;
    if (operator === ">") return number > bound;
    if (operator === ">=") return number >= bound;
    return operator === "<" ? number < bound : number <= bound;
  };
}

function numberOf(value: string | number | boolean): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && NUMBER.test(value) ? Number(value) : undefined;
}
