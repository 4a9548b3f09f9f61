import { fail } from "../errors.ts";
import { compileRegularExpression } from "./regular-expression.ts";
import { invalidPattern, Scanner } from "./scanner.ts";

type Term = (message: string) => boolean;

/** Terms, "quoted phrases" and %regular expressions%, -excluded and ?optional ones. */
export function compileTerms(text: string): (message: string) => boolean {
  const scanner = new Scanner(text);
  const required: Term[] = [];
  const excluded: Term[] = [];
  const optional: Term[] = [];
  while (!scanner.ended) {
    const sign = scanner.match(/[-?]/y);
    const term = readTerm(scanner);
    if (sign === "-") excluded.push(term);
    else if (sign === "?") optional.push(term);
    else required.push(term);
    if (!scanner.atSpace && !scanner.ended) throw invalidPattern();
  }
  // AWS ignores optional terms beside required ones.
  const either = required.length === 0 ? optional : [];
  return (message) =>
    required.every((holds) => holds(message)) &&
    !excluded.some((holds) => holds(message)) &&
    (either.length === 0 || either.some((holds) => holds(message)));
}

function readTerm(scanner: Scanner): Term {
  const quoted = scanner.matchHere(/"(?:[^"\\]|\\.)*"/y);
  if (quoted !== undefined) {
    const phrase = quoted.slice(1, -1).replace(/\\(.)/g, "$1");
    return (message) => message.includes(phrase);
  }
  const expression = scanner.matchHere(/%[^%]*%/y);
  if (expression !== undefined) return compileRegularExpression(expression.slice(1, -1));
  const word = scanner.matchHere(/\S+/y) ?? "";
  if (!/^[\w-]+$/.test(word)) {
    throw fail("InvalidParameterException", { with: `Invalid character(s) in term '${word}'` });
  }
  return (message) => message.includes(word);
}
