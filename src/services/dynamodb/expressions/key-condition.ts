import { invalid } from "../errors.ts";
import type { Comparator, Condition, ConditionOperand, KeyConditions, SortCondition } from "./ast.ts";
import { readCondition } from "./condition.ts";
import type { Placeholders } from "./placeholders.ts";

const REVERSED: Readonly<Record<Comparator, Comparator>> = {
  "=": "=",
  "<>": "<>",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/** Reads a key condition expression: conditions on at most two attributes, joined by AND. */
export function readKeyConditions(source: string, placeholders: Placeholders): KeyConditions {
  const condition = readCondition("KeyConditionExpression", source, placeholders);
  const conditions = conjuncts(condition).map(keyCondition);
  for (const [at, { name }] of conditions.entries()) {
    if (conditions.findIndex((other) => other.name === name) !== at) {
      throw invalid("KeyConditionExpressions must only contain one condition per key");
    }
  }
  if (conditions.length > 2) throw invalid("Conditions can be of length 1 or 2 only");
  return conditions;
}

function conjuncts(condition: Condition): readonly Condition[] {
  return condition.kind === "and" ? condition.conditions.flatMap(conjuncts) : [condition];
}

function keyCondition(condition: Condition): KeyConditions[number] {
  switch (condition.kind) {
    case "compare": {
      const { comparator, left, right } = condition;
      if (comparator === "<>") throw invalidOperator("<>");
      return left.kind === "path"
        ? compared(comparator, left, right)
        : compared(REVERSED[comparator] as Exclude<Comparator, "<>">, right, left);
    }
    case "between":
      return {
        name: keyName(condition.operand, "BETWEEN"),
        condition: { kind: "between", low: literal(condition.low), high: literal(condition.high) },
      };
    case "begins_with":
      return {
        name: keyName(condition.operand, "begins_with"),
        condition: { kind: "begins_with", value: literal(condition.argument) },
      };
    case "and":
    case "or":
    case "not":
    case "in":
      throw invalidOperator(condition.kind.toUpperCase());
    default:
      throw invalidOperator(condition.kind);
  }
}

function invalidOperator(operator: string) {
  return invalid(`Invalid operator used in KeyConditionExpression: ${operator}`);
}

function compared(
  kind: Exclude<Comparator, "<>">,
  key: ConditionOperand,
  value: ConditionOperand,
): KeyConditions[number] {
  const condition: SortCondition = { kind, value: literal(value) };
  if (key.kind === "size") throw nested();
  if (key.kind !== "path") {
    throw invalid("Invalid condition in KeyConditionExpression: No key attribute specified");
  }
  return { name: topLevel(key), condition };
}

function nested() {
  return invalid("KeyConditionExpressions cannot contain nested operations");
}

function keyName(operand: ConditionOperand, operator: string): string {
  if (operand.kind === "size") throw nested();
  if (operand.kind !== "path") {
    throw invalid(
      `Invalid condition in KeyConditionExpression: ${operator} operator must have the key attribute as its first operand`,
    );
  }
  return topLevel(operand);
}

function topLevel(operand: Extract<ConditionOperand, { kind: "path" }>): string {
  if (operand.path.length > 1) {
    throw invalid("KeyConditionExpressions cannot have conditions on nested attributes");
  }
  return operand.path[0];
}

function literal(operand: ConditionOperand) {
  switch (operand.kind) {
    case "value":
      return operand.value;
    case "size":
      throw nested();
    default:
      throw invalid(
        "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
      );
  }
}
