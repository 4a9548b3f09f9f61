import { policyLimits } from "../limits.ts";
import type { EvaluationContext } from "./context.ts";
import { PolicySyntaxError, quoted, syntaxErrors } from "./syntax-error.ts";
import { ANY_ONE, ANY_RUN } from "./wildcard.ts";

type Piece =
  | { readonly text: string }
  /** `${*}`, `${?}` and `${$}`: the character itself. */
  | { readonly literal: string }
  /** A key of the request in lower case; `fallback` stands in where the request has none. */
  | { readonly key: string; readonly fallback?: string };

/**
 * A value of a document in which policy variables may stand. What a variable brings in is literal: its stars are none.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export class Template {
  readonly #pieces: readonly Piece[];
  /** Whether every request gives the same. */
  readonly fixed: boolean;

  /** `variables` is false in documents of version 2008-10-17, and where AWS takes none: there `${` is just text. */
  constructor(text: string, options: { readonly variables: boolean }) {
    this.#pieces = options.variables && text.includes("${") ? parsePieces(text) : [{ text }];
    this.fixed = this.#pieces.every((piece) => !("key" in piece));
    if (this.fixed) return;
    demandPatternLength(text);
  }

  /** The text, without a meaning of `*` and `?`; undefined if the request lacks a variable. */
  resolve(context: EvaluationContext | undefined): string | undefined {
    let whole = "";
    for (const piece of this.#pieces) {
      const text = textOf(piece, context);
      if (text === undefined) return undefined;
      whole += text;
    }
    return whole;
  }

  /** The units of a wildcard pattern; undefined if the request lacks a variable, or makes it too long. */
  units(context: EvaluationContext | undefined): number[] | undefined {
    const units: number[] = [];
    for (const piece of this.#pieces) {
      const text = textOf(piece, context);
      if (text === undefined || units.length + text.length > policyLimits.patternCharacters) return undefined;
      const wild = "text" in piece;
      for (let index = 0; index < text.length; index++) {
        const unit = text.charCodeAt(index);
        units.push(wild && text[index] === "*" ? ANY_RUN : wild && text[index] === "?" ? ANY_ONE : unit);
      }
    }
    return units;
  }
}

/** Patterns are refused beyond a length that no ARN or key needs. */
export function demandPatternLength(text: string): void {
  if (text.length > policyLimits.patternCharacters) {
    throw new PolicySyntaxError(`The value is too long: ${quoted(text)}`);
  }
}

function textOf(piece: Piece, context: EvaluationContext | undefined): string | undefined {
  if ("text" in piece) return piece.text;
  if ("literal" in piece) return piece.literal;
  return context?.single(piece.key) ?? piece.fallback;
}

function parsePieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  while (start < text.length) {
    const open = text.indexOf("${", start);
    if (open < 0) break;
    if (open > start) pieces.push({ text: text.slice(start, open) });
    const close = text.indexOf("}", open);
    if (close < 0) throw syntaxErrors();
    pieces.push(parseVariable(text.slice(open + 2, close)));
    start = close + 1;
  }
  if (start < text.length || pieces.length === 0) pieces.push({ text: text.slice(start) });
  return pieces;
}

/** `key` or `key, 'default'`. */
function parseVariable(inner: string): Piece {
  if (inner === "*" || inner === "?" || inner === "$") return { literal: inner };
  const comma = inner.indexOf(",");
  const key = (comma < 0 ? inner : inner.slice(0, comma)).trim().toLowerCase();
  if (key === "" || /[{}$'*?]/.test(key)) throw syntaxErrors();
  if (comma < 0) return { key };
  const fallback = inner.slice(comma + 1).trim();
  const quotes = fallback.indexOf("'", 1) === fallback.length - 1 && fallback.startsWith("'");
  if (!quotes || fallback.length < 2) throw syntaxErrors();
  return { key, fallback: fallback.slice(1, -1) };
}
