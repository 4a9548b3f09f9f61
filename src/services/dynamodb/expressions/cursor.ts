import { dynamodbLimits } from "../../../base/index.ts";
import { invalid } from "../errors.ts";
import { type ExpressionParameter, type Token, tokenize } from "./lexer.ts";
import type { SyntaxPath, SyntaxValue } from "./syntax.ts";

/** Words that cannot name an attribute or a function where the grammar gives them a meaning. */
export type Keywords = ReadonlySet<string>;

/** Walks the tokens of one expression; what all grammars share. */
export class Cursor {
  readonly #parameter: ExpressionParameter;
  readonly #source: string;
  readonly #tokens: readonly Token[];
  readonly #keywords: Keywords;
  #at = 0;
  #depth = 0;

  constructor(parameter: ExpressionParameter, source: string, keywords: Keywords) {
    this.#parameter = parameter;
    this.#source = source;
    this.#tokens = tokenize(parameter, source);
    this.#keywords = keywords;
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token;
  }

  next(): Token {
    const token = this.peek();
    if (this.#at < this.#tokens.length - 1) this.#at++;
    return token;
  }

  isSymbol(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === "symbol" && token.text === text;
  }

  isKeyword(word: string): boolean {
    const token = this.peek();
    return token.kind === "name" && token.text.toUpperCase() === word;
  }

  /** Takes the symbol if it is next. */
  accept(text: string): boolean {
    if (!this.isSymbol(text)) return false;
    this.next();
    return true;
  }

  acceptKeyword(word: string): boolean {
    if (!this.isKeyword(word)) return false;
    this.next();
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) this.fail();
  }

  expectKeyword(word: string): void {
    if (!this.acceptKeyword(word)) this.fail();
  }

  expectEnd(): void {
    if (this.peek().kind !== "end") this.fail();
  }

  /** An identifier that is no keyword. */
  isName(): boolean {
    const token = this.peek();
    return token.kind === "name" && !this.#keywords.has(token.text.toUpperCase());
  }

  /** Runs `parse` one level deeper; the limit keeps hostile nesting off the stack. */
  nested<T>(parse: () => T): T {
    if (++this.#depth > dynamodbLimits.expressionDepth) {
      throw invalid(`Invalid ${this.#parameter}: The expression is nested too deeply;`);
    }
    const result = parse();
    this.#depth--;
    return result;
  }

  /** One or more of what `parse` reads, separated by commas. */
  list<T>(parse: () => T): [T, ...T[]] {
    const list: [T, ...T[]] = [parse()];
    while (this.accept(",")) list.push(parse());
    return list;
  }

  value(): SyntaxValue {
    if (this.peek().kind !== ":value") this.fail();
    return { kind: "value", name: this.next().text };
  }

  path(): SyntaxPath {
    const parts: (string | number)[] = [this.#pathName()];
    for (;;) {
      if (this.accept(".")) {
        parts.push(this.#pathName());
      } else if (this.accept("[")) {
        if (this.peek().kind !== "number") this.fail();
        parts.push(this.#index(this.next().text));
        this.expect("]");
      } else {
        return { kind: "path", parts };
      }
    }
  }

  #pathName(): string {
    if (!this.isName() && this.peek().kind !== "#name") this.fail();
    return this.next().text;
  }

  #index(text: string): number {
    const index = Number(text);
    if (index > 0x7fffffff) {
      throw invalid(
        `Invalid ${this.#parameter}: List index is not within the allowable range; index: [${text}]`,
      );
    }
    return index;
  }

  /** Refuses the next token, showing it between its neighbours. */
  fail(): never {
    const token = this.peek();
    const first = this.#tokens[Math.max(this.#at - 1, 0)] as Token;
    const last = this.peek(1);
    const near = this.#source.slice(first.start, last.kind === "end" ? token.end : last.end).trimEnd();
    throw invalid(`Invalid ${this.#parameter}: Syntax error; token: "${token.text}", near: "${near}"`);
  }
}
