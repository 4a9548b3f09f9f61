import { dynamodbLimits } from "../../../base/index.ts";
import { type AttributeType, typeOf } from "../model.ts";
import { orderValues } from "../values/compare.ts";
import type { Comparator, Condition, ConditionOperand, PathOperand, ValueOperand } from "./ast.ts";
import type { ExpressionParameter } from "./lexer.ts";
import { parseCondition } from "./parser.ts";
import type { Placeholders } from "./placeholders.ts";
import { operandsWithin, Resolver, samePath, showPath, showValue } from "./resolver.ts";
import type { SyntaxCall, SyntaxCondition, SyntaxOperand } from "./syntax.ts";

/** Number of operands of each function that a condition may use. */
const FUNCTIONS: ReadonlyMap<string, number> = new Map([
  ["attribute_exists", 1],
  ["attribute_not_exists", 1],
  ["attribute_type", 2],
  ["begins_with", 2],
  ["contains", 2],
  ["size", 1],
]);
const UPDATE_FUNCTIONS: ReadonlySet<string> = new Set(["if_not_exists", "list_append"]);
const TYPE_NAMES: ReadonlySet<string> = new Set(["S", "N", "B", "NULL", "SS", "BOOL", "L", "BS", "NS", "M"]);
const SIZELESS: ReadonlySet<AttributeType> = new Set(["N", "BOOL", "NULL"]);
const PREFIXABLE: ReadonlySet<AttributeType> = new Set(["S", "B"]);

/** Reads a condition, filter or key condition expression; all its errors come in DynamoDB's order. */
export function readCondition(
  parameter: ExpressionParameter,
  source: string,
  placeholders: Placeholders,
): Condition {
  const { condition, redundantParentheses } = parseCondition(parameter, source);
  const resolver = new Resolver(parameter, placeholders);
  if (redundantParentheses && parameter !== "KeyConditionExpression") {
    throw resolver.fail("The expression has redundant parentheses;");
  }
  const leaves = [...leavesOf(condition)];
  checkOperatorCount(condition, resolver);
  for (const leaf of leaves) checkFunctionNames(leaf, resolver);
  for (const leaf of leaves) checkFunctionPlaces(leaf, resolver);
  for (const leaf of leaves) {
    for (const operand of operandsWithin(leaf.operands)) {
      if (operand.kind === "path") resolver.checkReserved(operand);
    }
  }
  return resolveCondition(condition, resolver);
}

type Leaf = Extract<SyntaxCondition, { readonly operands: unknown }>;

function* leavesOf(condition: SyntaxCondition): Generator<Leaf> {
  if ("conditions" in condition) {
    for (const inner of condition.conditions) yield* leavesOf(inner);
  } else if (condition.kind === "not") {
    yield* leavesOf(condition.condition);
  } else {
    yield condition;
  }
}

function checkOperatorCount(condition: SyntaxCondition, resolver: Resolver): void {
  const count = countOperators(condition);
  if (count > dynamodbLimits.expressionOperators) {
    throw resolver.fail(`The expression contains too many operators; operator count: ${count}`);
  }
}

function countOperators(condition: SyntaxCondition): number {
  if ("conditions" in condition) {
    return condition.conditions.reduce(
      (sum, inner) => sum + countOperators(inner),
      condition.conditions.length - 1,
    );
  }
  if (condition.kind === "not") return 1 + countOperators(condition.condition);
  let count = 1;
  for (const operand of operandsWithin(condition.operands)) if (operand.kind === "call") count++;
  return count;
}

function callsIn(leaf: Leaf): readonly SyntaxCall[] {
  const calls = [...operandsWithin(leaf.operands)].filter((operand) => operand.kind === "call");
  return leaf.kind === "call" ? [...calls, leaf] : calls;
}

function checkFunctionNames(leaf: Leaf, resolver: Resolver): void {
  for (const { name } of callsIn(leaf)) {
    if (FUNCTIONS.has(name)) continue;
    throw UPDATE_FUNCTIONS.has(name)
      ? resolver.fail(`The function is not allowed in a condition expression; function: ${name}`)
      : resolver.fail(`Invalid function name; function: ${name}`);
  }
}

/** `size` gives a value and stands among operands; the others are conditions and don't. */
function checkFunctionPlaces(leaf: Leaf, resolver: Resolver): void {
  for (const call of callsIn(leaf)) {
    if ((call === leaf) === (call.name === "size")) {
      throw resolver.fail(
        `The function is not allowed to be used this way in an expression; function: ${call.name}`,
      );
    }
  }
}

function resolveCondition(condition: SyntaxCondition, resolver: Resolver): Condition {
  switch (condition.kind) {
    case "and":
    case "or":
      return {
        kind: condition.kind,
        conditions: condition.conditions.map((inner) => resolveCondition(inner, resolver)),
      };
    case "not":
      return { kind: "not", condition: resolveCondition(condition.condition, resolver) };
    default:
      return resolveLeaf(condition, resolver);
  }
}

function resolveLeaf(leaf: Leaf, resolver: Resolver): Condition {
  const operands = leaf.operands.map((operand) => resolveOperand(operand, resolver));
  for (const call of callsIn(leaf)) checkOperandCount(call, resolver);
  const [first, second, third] = operands as [ConditionOperand, ConditionOperand, ConditionOperand];
  checkDistinct(leaf.kind === "call" ? leaf.name : leaf.kind === "in" ? "IN" : leaf.kind, operands, resolver);
  for (const operand of operands) checkSize(operand, resolver);
  switch (leaf.kind) {
    case "call":
      return resolveCall(leaf, operands, resolver);
    case "between":
      checkBounds(second, third, resolver);
      return { kind: "between", operand: first, low: second, high: third };
    case "in":
      if (operands.length - 1 > dynamodbLimits.inOperands) {
        throw resolver.fail(
          `The IN operator is provided with too many operands; number of operands: ${operands.length - 1}`,
        );
      }
      return { kind: "in", operand: first, list: operands.slice(1) };
    default:
      checkOrdered(leaf.kind, operands, resolver);
      return { kind: "compare", comparator: leaf.kind, left: first, right: second };
  }
}

function resolveOperand(operand: SyntaxOperand, resolver: Resolver): ConditionOperand {
  switch (operand.kind) {
    case "path":
      return resolver.path(operand);
    case "value":
      return resolver.value(operand);
    default: {
      // A call among operands is `size`; its own operands are counted by the caller.
      const [of] = operand.operands.map((inner) => resolveOperand(inner, resolver));
      return { kind: "size", of: of as PathOperand | ValueOperand };
    }
  }
}

function checkOperandCount(call: SyntaxCall, resolver: Resolver): void {
  if (FUNCTIONS.get(call.name) !== call.operands.length) {
    throw resolver.fail(
      `Incorrect number of operands for operator or function; operator or function: ${call.name}, number of operands: ${call.operands.length}`,
    );
  }
}

function checkDistinct(operator: string, operands: readonly ConditionOperand[], resolver: Resolver): void {
  const [first, ...rest] = operands;
  if (first?.kind !== "path" || operator === "between") return;
  if (rest.some((operand) => operand.kind === "path" && samePath(operand.path, first.path))) {
    throw resolver.fail(
      `The first operand must be distinct from the remaining operands for this operator or function; operator: ${operator}, first operand: ${showPath(first.path)}`,
    );
  }
}

function checkSize(operand: ConditionOperand, resolver: Resolver): void {
  if (operand.kind !== "size") return;
  const type = literalType(operand.of);
  if (type !== undefined && SIZELESS.has(type)) throw wrongType("size", type, resolver);
}

/** The type of an operand that is known before any item is: of values and of `size`. */
function literalType(operand: ConditionOperand): AttributeType | undefined {
  if (operand.kind === "path") return undefined;
  return operand.kind === "size" ? "N" : typeOf(operand.value);
}

function wrongType(operator: string, type: string, resolver: Resolver) {
  return resolver.fail(
    `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`,
  );
}

const ORDERED: ReadonlySet<AttributeType> = new Set(["S", "N", "B"]);

function checkOrdered(
  comparator: Comparator,
  operands: readonly ConditionOperand[],
  resolver: Resolver,
): void {
  if (comparator === "=" || comparator === "<>") return;
  for (const operand of operands) {
    const type = literalType(operand);
    if (type !== undefined && !ORDERED.has(type)) throw wrongType(comparator, type, resolver);
  }
}

function checkBounds(low: ConditionOperand, high: ConditionOperand, resolver: Resolver): void {
  if (low.kind !== "value" || high.kind !== "value") return;
  const bounds = `lower bound operand: AttributeValue: ${showValue(low.value)}, upper bound operand: AttributeValue: ${showValue(high.value)}`;
  if (typeOf(low.value) !== typeOf(high.value)) {
    throw resolver.fail(`The BETWEEN operator requires same data type for lower and upper bounds; ${bounds}`);
  }
  const order = orderValues(low.value, high.value);
  if (order === undefined) throw wrongType("BETWEEN", typeOf(low.value), resolver);
  if (order > 0) {
    throw resolver.fail(
      `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ${bounds}`,
    );
  }
}

function resolveCall(call: SyntaxCall, operands: readonly ConditionOperand[], resolver: Resolver): Condition {
  const [operand, argument] = operands as [ConditionOperand, ConditionOperand];
  switch (call.name) {
    case "attribute_exists":
    case "attribute_not_exists":
      if (operand.kind !== "path") {
        throw resolver.fail(
          `Operator or function requires a document path; operator or function: ${call.name}`,
        );
      }
      return { kind: call.name, path: operand.path };
    case "begins_with":
      for (const each of operands) {
        const type = literalType(each);
        if (type !== undefined && !PREFIXABLE.has(type)) throw wrongType(call.name, type, resolver);
      }
      return { kind: call.name, operand, argument };
    case "attribute_type":
      checkTypeName(argument, resolver);
      return { kind: call.name, operand, argument };
    default:
      return { kind: "contains", operand, argument };
  }
}

function checkTypeName(argument: ConditionOperand, resolver: Resolver): void {
  const type = literalType(argument);
  if (argument.kind !== "value" || type !== "S") {
    throw wrongType("attribute_type", type ?? "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}", resolver);
  }
  const name = argument.value.S as string;
  if (!TYPE_NAMES.has(name)) {
    throw resolver.fail(
      `Invalid attribute type name found; type: ${name}, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}`,
    );
  }
}
