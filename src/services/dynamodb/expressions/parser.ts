import { Cursor, type Keywords } from "./cursor.ts";
import type { ExpressionParameter } from "./lexer.ts";
import type {
  ParsedCondition,
  SectionName,
  SyntaxAction,
  SyntaxCall,
  SyntaxCondition,
  SyntaxOperand,
  SyntaxPath,
  SyntaxSection,
} from "./syntax.ts";

const CONDITION_KEYWORDS: Keywords = new Set(["AND", "OR", "NOT", "BETWEEN", "IN"]);
const UPDATE_KEYWORDS: Keywords = new Set(["SET", "REMOVE", "ADD", "DELETE"]);
const NO_KEYWORDS: Keywords = new Set();
const COMPARATORS: ReadonlySet<string> = new Set(["=", "<>", "<", "<=", ">", ">="]);

/** Parses condition, filter and key condition expressions. */
export function parseCondition(parameter: ExpressionParameter, source: string): ParsedCondition {
  const parser = new ConditionParser(new Cursor(parameter, source, CONDITION_KEYWORDS));
  return parser.parse();
}

export function parseProjection(source: string): readonly SyntaxPath[] {
  const cursor = new Cursor("ProjectionExpression", source, NO_KEYWORDS);
  const paths = cursor.list(() => cursor.path());
  cursor.expectEnd();
  return paths;
}

export function parseUpdate(source: string): readonly SyntaxSection[] {
  const cursor = new Cursor("UpdateExpression", source, UPDATE_KEYWORDS);
  const sections: SyntaxSection[] = [];
  do sections.push(parseSection(cursor));
  while (cursor.peek().kind !== "end");
  return sections;
}

/**
 * A parenthesis may hold an operand or a condition, which is known only at its end: `group` marks what came out of one.
 */
interface Parsed {
  readonly node: SyntaxOperand | SyntaxCondition;
  readonly group: boolean;
}

class ConditionParser {
  readonly #cursor: Cursor;
  #redundant = false;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  parse(): ParsedCondition {
    const { node } = this.#or(false);
    this.#cursor.expectEnd();
    return { condition: node as SyntaxCondition, redundantParentheses: this.#redundant };
  }

  #or(inGroup: boolean): Parsed {
    return this.#chain("OR", "or", inGroup, (bare) => this.#and(bare));
  }

  #and(inGroup: boolean): Parsed {
    return this.#chain("AND", "and", inGroup, (bare) => this.#not(bare));
  }

  #chain(word: string, kind: "and" | "or", inGroup: boolean, operand: (inGroup: boolean) => Parsed): Parsed {
    const first = operand(inGroup);
    if (!this.#cursor.isKeyword(word)) return first;
    if (!isCondition(first.node)) this.#cursor.fail();
    const conditions = [first.node];
    while (this.#cursor.acceptKeyword(word)) conditions.push(operand(false).node as SyntaxCondition);
    return { node: { kind, conditions }, group: false };
  }

  #not(inGroup: boolean): Parsed {
    if (!this.#cursor.acceptKeyword("NOT")) return this.#comparison(inGroup);
    const condition = this.#cursor.nested(() => this.#not(false).node as SyntaxCondition);
    return { node: { kind: "not", condition }, group: false };
  }

  /** With `inGroup` a bare operand is fine if the parenthesis ends after it. */
  #comparison(inGroup: boolean): Parsed {
    const left = this.#primary();
    if (isCondition(left.node) && !isCall(left.node)) return left;
    const operand = left.node;
    const token = this.#cursor.peek();
    if (token.kind === "symbol" && COMPARATORS.has(token.text)) {
      this.#cursor.next();
      const kind = token.text as "=";
      return { node: { kind, operands: [operand, this.#operand()] }, group: false };
    }
    if (this.#cursor.acceptKeyword("BETWEEN")) {
      const low = this.#operand();
      this.#cursor.expectKeyword("AND");
      return { node: { kind: "between", operands: [operand, low, this.#operand()] }, group: false };
    }
    if (this.#cursor.acceptKeyword("IN")) {
      this.#cursor.expect("(");
      const list = this.#cursor.list(() => this.#operand());
      this.#cursor.expect(")");
      return { node: { kind: "in", operands: [operand, ...list] }, group: false };
    }
    if (isCall(left.node)) return left;
    if (inGroup && this.#cursor.isSymbol(")")) return left;
    return this.#cursor.fail();
  }

  #primary(): Parsed {
    if (!this.#cursor.accept("(")) return { node: this.#simpleOperand(), group: false };
    const inner = this.#cursor.nested(() => this.#or(true));
    this.#cursor.expect(")");
    if (inner.group) this.#redundant = true;
    return { node: inner.node, group: true };
  }

  /** An operand, in parentheses or not. */
  #operand(): SyntaxOperand {
    if (!this.#cursor.accept("(")) return this.#simpleOperand();
    const doubled = this.#cursor.isSymbol("(");
    const operand = this.#cursor.nested(() => this.#operand());
    this.#cursor.expect(")");
    if (doubled) this.#redundant = true;
    return operand;
  }

  #simpleOperand(): SyntaxOperand {
    return simpleOperand(this.#cursor, () => this.#operand());
  }
}

function simpleOperand(cursor: Cursor, operand: () => SyntaxOperand): SyntaxOperand {
  if (cursor.peek().kind === ":value") return cursor.value();
  if (!cursor.isName() || !cursor.isSymbol("(", 1)) return cursor.path();
  const name = cursor.next().text;
  cursor.expect("(");
  const operands = cursor.nested(() => cursor.list(operand));
  cursor.expect(")");
  return { kind: "call", name, operands };
}

function isCondition(node: SyntaxOperand | SyntaxCondition): node is SyntaxCondition {
  return node.kind !== "path" && node.kind !== "value" && node.kind !== "+" && node.kind !== "-";
}

function isCall(node: SyntaxOperand | SyntaxCondition): node is SyntaxCall {
  return node.kind === "call";
}

function parseSection(cursor: Cursor): SyntaxSection {
  const name = cursor.peek().text.toUpperCase();
  if (cursor.peek().kind !== "name" || !UPDATE_KEYWORDS.has(name)) cursor.fail();
  cursor.next();
  return { name: name as SectionName, actions: cursor.list(() => parseAction(cursor, name as SectionName)) };
}

function parseAction(cursor: Cursor, section: SectionName): SyntaxAction {
  const path = cursor.path();
  switch (section) {
    case "SET":
      cursor.expect("=");
      return { path, operand: setValue(cursor) };
    case "REMOVE":
      return { path };
    default:
      return { path, operand: cursor.value() };
  }
}

/** `operand`, `operand + operand` or `operand - operand`; parentheses are allowed around each and the whole. */
function setValue(cursor: Cursor): SyntaxOperand {
  const left = setOperand(cursor);
  const sign = cursor.isSymbol("+") ? "+" : cursor.isSymbol("-") ? "-" : undefined;
  if (sign === undefined) return left;
  if (left.kind === "+" || left.kind === "-") cursor.fail();
  cursor.next();
  const right = setOperand(cursor);
  if (right.kind === "+" || right.kind === "-") cursor.fail();
  return { kind: sign, operands: [left, right] };
}

function setOperand(cursor: Cursor): SyntaxOperand {
  if (!cursor.accept("(")) return simpleOperand(cursor, () => setOperand(cursor));
  const value = cursor.nested(() => setValue(cursor));
  cursor.expect(")");
  return value;
}
