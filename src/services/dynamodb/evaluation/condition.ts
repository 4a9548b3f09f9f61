import type { Comparator, Condition, ConditionOperand } from "../expressions/ast.ts";
import { type AttributeValue, type Item, typeOf } from "../model.ts";
import { equalValues, orderValues } from "../values/compare.ts";
import { binarySize } from "../values/size.ts";
import { valueAt } from "./path.ts";

/** Tells whether a condition holds for an item; an item that does not exist is an empty one. */
export function holds(condition: Condition, item: Item): boolean {
  switch (condition.kind) {
    case "and":
      return condition.conditions.every((inner) => holds(inner, item));
    case "or":
      return condition.conditions.some((inner) => holds(inner, item));
    case "not":
      return !holds(condition.condition, item);
    case "compare":
      return compares(
        condition.comparator,
        operandValue(condition.left, item),
        operandValue(condition.right, item),
      );
    case "between": {
      const value = operandValue(condition.operand, item);
      return (
        compares(">=", value, operandValue(condition.low, item)) &&
        compares("<=", value, operandValue(condition.high, item))
      );
    }
    case "in": {
      const value = operandValue(condition.operand, item);
      return condition.list.some((operand) => compares("=", value, operandValue(operand, item)));
    }
    case "attribute_exists":
      return valueAt(item, condition.path) !== undefined;
    case "attribute_not_exists":
      return valueAt(item, condition.path) === undefined;
    default: {
      const value = operandValue(condition.operand, item);
      const argument = operandValue(condition.argument, item);
      if (value === undefined || argument === undefined) return false;
      if (condition.kind === "attribute_type") return typeOf(value) === argument.S;
      return condition.kind === "contains" ? contains(value, argument) : beginsWith(value, argument);
    }
  }
}

function operandValue(operand: ConditionOperand, item: Item): AttributeValue | undefined {
  switch (operand.kind) {
    case "path":
      return valueAt(item, operand.path);
    case "value":
      return operand.value;
    default:
      return sizeOf(operandValue(operand.of, item));
  }
}

/** A missing value is unequal to everything, another missing one included, and in no order with anything. */
function compares(
  comparator: Comparator,
  left: AttributeValue | undefined,
  right: AttributeValue | undefined,
): boolean {
  if (left === undefined || right === undefined) return comparator === "<>";
  if (comparator === "=") return equalValues(left, right);
  if (comparator === "<>") return !equalValues(left, right);
  const order = orderValues(left, right);
  if (order === undefined) return false;
  switch (comparator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    default:
      return order >= 0;
  }
}

function contains(value: AttributeValue, argument: AttributeValue): boolean {
  const type = typeOf(value);
  switch (type) {
    case "S":
      return argument.S !== undefined && (value.S as string).includes(argument.S);
    case "B":
      return argument.B !== undefined && bytes(value.B as string).includes(bytes(argument.B));
    case "SS":
    case "NS":
    case "BS": {
      const member = argument[type === "SS" ? "S" : type === "NS" ? "N" : "B"];
      return member !== undefined && (value[type] as readonly string[]).includes(member);
    }
    case "L":
      return (value.L as readonly AttributeValue[]).some((member) => equalValues(member, argument));
    default:
      return false;
  }
}

function beginsWith(value: AttributeValue, argument: AttributeValue): boolean {
  if (value.S !== undefined && argument.S !== undefined) return value.S.startsWith(argument.S);
  if (value.B === undefined || argument.B === undefined) return false;
  const prefix = bytes(argument.B);
  return bytes(value.B).subarray(0, prefix.length).equals(prefix);
}

function bytes(base64: string): Buffer {
  return Buffer.from(base64, "base64");
}

/** The `size` function: bytes of strings and binary, members of sets, lists and maps, nothing for the rest. */
function sizeOf(value: AttributeValue | undefined): AttributeValue | undefined {
  if (value === undefined) return undefined;
  const type = typeOf(value);
  switch (type) {
    case "S":
      return { N: String(Buffer.byteLength(value.S as string)) };
    case "B":
      return { N: String(binarySize(value.B as string)) };
    case "SS":
    case "NS":
    case "BS":
    case "L":
      return { N: String((value[type] as readonly unknown[]).length) };
    case "M":
      return { N: String(Object.keys(value.M as Item).length) };
    default:
      return undefined;
  }
}
