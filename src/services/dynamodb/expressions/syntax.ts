/**
 * Expressions as they are written, before names and values are put in.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
 */

/** `name` is an identifier or a `#placeholder`; a number is a list index. */
export interface SyntaxPath {
  readonly kind: "path";
  readonly parts: readonly (string | number)[];
}

/** `name` with its colon. */
export interface SyntaxValue {
  readonly kind: "value";
  readonly name: string;
}

export interface SyntaxCall {
  readonly kind: "call";
  readonly name: string;
  readonly operands: readonly SyntaxOperand[];
}

export interface SyntaxArithmetic {
  readonly kind: "+" | "-";
  readonly operands: readonly [SyntaxOperand, SyntaxOperand];
}

export type SyntaxOperand = SyntaxPath | SyntaxValue | SyntaxCall | SyntaxArithmetic;

export type SyntaxCondition =
  | { readonly kind: "and" | "or"; readonly conditions: readonly SyntaxCondition[] }
  | { readonly kind: "not"; readonly condition: SyntaxCondition }
  | {
      readonly kind: "=" | "<>" | "<" | "<=" | ">" | ">=";
      readonly operands: readonly [SyntaxOperand, SyntaxOperand];
    }
  | {
      readonly kind: "between";
      readonly operands: readonly [SyntaxOperand, SyntaxOperand, SyntaxOperand];
    }
  | { readonly kind: "in"; readonly operands: readonly [SyntaxOperand, ...SyntaxOperand[]] }
  | SyntaxCall;

export interface ParsedCondition {
  readonly condition: SyntaxCondition;
  readonly redundantParentheses: boolean;
}

export interface SyntaxAction {
  readonly path: SyntaxPath;
  /** Absent for REMOVE. */
  readonly operand?: SyntaxOperand;
}

export type SectionName = "SET" | "REMOVE" | "ADD" | "DELETE";

export interface SyntaxSection {
  readonly name: SectionName;
  readonly actions: readonly SyntaxAction[];
}
