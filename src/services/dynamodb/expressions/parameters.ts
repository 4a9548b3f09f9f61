import { invalid } from "../errors.ts";
import { type Input, member, optional } from "../request.ts";
import { requireString } from "../values/attribute-value.ts";
import type { ExpressionParameter } from "./lexer.ts";
import { Placeholders } from "./placeholders.ts";

/** Parameters of an operation that hold expressions, and those from before there were any. */
export interface ExpressionParameters {
  readonly expressions: readonly ExpressionParameter[];
  readonly legacy: readonly string[];
}

/** The expressions of a request with their placeholders; `finish` is called when all have been read. */
export class ExpressionReader {
  readonly placeholders: Placeholders;
  readonly #input: Input;

  constructor(input: Input, { expressions, legacy }: ExpressionParameters) {
    this.#input = input;
    checkCombination(input, expressions, legacy);
    this.placeholders = new Placeholders(
      member(input, "ExpressionAttributeNames"),
      member(input, "ExpressionAttributeValues"),
    );
  }

  read<T>(
    parameter: ExpressionParameter,
    read: (source: string, placeholders: Placeholders) => T,
  ): T | undefined {
    const source = optional(this.#input, parameter, requireString);
    return source === undefined ? undefined : read(source, this.placeholders);
  }

  finish(): void {
    this.placeholders.finish();
  }
}

function checkCombination(
  input: Input,
  expressions: readonly ExpressionParameter[],
  legacy: readonly string[],
): void {
  const used = expressions.filter((name) => member(input, name) !== undefined);
  const old = legacy.filter((name) => member(input, name) !== undefined);
  if (used.length > 0 && old.length > 0) {
    throw invalid(
      `Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {${old.join(", ")}} Expression parameters: {${used.join(", ")}}`,
    );
  }
  if (used.length === 0 && member(input, "ExpressionAttributeNames") !== undefined) {
    throw invalid("ExpressionAttributeNames can only be specified when using expressions");
  }
  const withValues = expressions.filter((name) => name !== "ProjectionExpression");
  if (
    member(input, "ExpressionAttributeValues") !== undefined &&
    withValues.every((name) => member(input, name) === undefined)
  ) {
    const verb = withValues.length > 1 ? "are" : "is";
    throw invalid(
      `ExpressionAttributeValues can only be specified when using expressions: ${withValues.join(" and ")} ${verb} null`,
    );
  }
}
