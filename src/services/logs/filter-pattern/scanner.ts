import type { ServiceError } from "../../../base/index.ts";
import { fail } from "../errors.ts";

export function invalidPattern(): ServiceError {
  return fail("InvalidParameterException", { with: "Invalid filter pattern" });
}

/** Walks through the text of a filter pattern. */
export class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Whether only white space is left. */
  get ended(): boolean {
    this.#skipSpace();
    return this.#at === this.#text.length;
  }

  /** Whether white space comes next, which the other calls pass over. */
  get atSpace(): boolean {
    return /\s/.test(this.#text[this.#at] ?? "");
  }

  take(token: string): boolean {
    this.#skipSpace();
    return this.takeHere(token);
  }

  /** Like `take`, with no white space before. */
  takeHere(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  expect(token: string): void {
    if (!this.take(token)) throw invalidPattern();
  }

  /** The text that a sticky expression matches here. */
  match(expression: RegExp): string | undefined {
    this.#skipSpace();
    return this.matchHere(expression);
  }

  matchHere(expression: RegExp): string | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #skipSpace(): void {
    while (this.atSpace) this.#at += 1;
  }
}
