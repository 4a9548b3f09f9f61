import type { ContextValue, EvaluationContext } from "./context.ts";
import { OPERATORS, type Operator, type ValueTest } from "./operators.ts";
import { parseBoolean } from "./scalar-values.ts";
import { syntaxErrors } from "./syntax-error.ts";

/** One key under one operator of a Condition block. */
export interface Condition {
  holds(context: EvaluationContext): boolean;
}

type Quantifier = "ForAllValues" | "ForAnyValue";

interface ParsedName {
  readonly operator: Operator;
  readonly quantifier: Quantifier | undefined;
  readonly ifExists: boolean;
}

const IF_EXISTS = "IfExists";

/**
 * Makes a condition of an operator's name, a key in lower case, and the document's values.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
 */
export function createCondition(
  name: string,
  key: string,
  values: readonly string[],
  options: { readonly variables: boolean },
): Condition {
  if (name === "Null") return presenceCondition(key, values);
  const { operator, quantifier, ifExists } = parseOperatorName(name);
  const tests = values.map((value) => operator.prepare(value, options));
  const accepts = (given: string, context: EvaluationContext) =>
    matchesAny(tests, given, context) !== operator.negated;
  return {
    holds(context) {
      const given = context.get(key);
      if (given === undefined || isEmptySet(given, quantifier)) {
        return ifExists || quantifier === "ForAllValues" || (quantifier === undefined && operator.negated);
      }
      const list = typeof given === "string" ? [given] : given;
      if (quantifier === "ForAllValues") return list.every((value) => accepts(value, context));
      if (quantifier === "ForAnyValue") return list.some((value) => accepts(value, context));
      // Several values are compared under a quantifier only.
      return list.length === 1 && accepts(list[0] as string, context);
    },
  };
}

/** Quantifiers take an empty string for an empty set as well. */
function isEmptySet(given: ContextValue, quantifier: Quantifier | undefined): boolean {
  return typeof given === "string" ? given === "" && quantifier !== undefined : given.length === 0;
}

function matchesAny(tests: readonly ValueTest[], given: string, context: EvaluationContext): boolean {
  return tests.some((test) => test(given, context));
}

function presenceCondition(key: string, values: readonly string[]): Condition {
  const wanted = values.map(parseBoolean);
  return {
    holds(context) {
      const given = context.get(key);
      const missing = given === undefined || (typeof given !== "string" && given.length === 0);
      return wanted.includes(missing);
    },
  };
}

function parseOperatorName(name: string): ParsedName {
  const colon = name.indexOf(":");
  const prefix = colon < 0 ? undefined : name.slice(0, colon);
  if (prefix !== undefined && prefix !== "ForAllValues" && prefix !== "ForAnyValue") throw syntaxErrors();
  const rest = name.slice(colon + 1);
  const ifExists = rest.endsWith(IF_EXISTS);
  const operator = OPERATORS.get(ifExists ? rest.slice(0, -IF_EXISTS.length) : rest);
  if (operator === undefined) throw syntaxErrors();
  return { operator, quantifier: prefix, ifExists };
}
