import { invalid, invalidParameter } from "../errors.ts";
import { type AttributeType, type AttributeValue, typeOf } from "../model.ts";
import {
  readValue,
  requireBoolean,
  requireList,
  requireObject,
  requireString,
} from "../values/attribute-value.ts";
import { orderValues } from "../values/compare.ts";
import type {
  Condition,
  ConditionOperand,
  KeyConditions,
  Path,
  Projection,
  Update,
  UpdateOperand,
} from "./ast.ts";

/**
 * The parameters that came before expressions, turned into the same trees.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
 */

interface Comparison {
  readonly operator: string;
  readonly values: readonly AttributeValue[];
}

const SCALARS: readonly AttributeType[] = ["S", "N", "B"];
/** For each operator: how many values it takes, and of which types; no types: any. */
const OPERATORS: ReadonlyMap<string, { least: number; most: number; types?: readonly AttributeType[] }> =
  new Map([
    ["EQ", { least: 1, most: 1 }],
    ["NE", { least: 1, most: 1 }],
    ["LE", { least: 1, most: 1, types: SCALARS }],
    ["LT", { least: 1, most: 1, types: SCALARS }],
    ["GE", { least: 1, most: 1, types: SCALARS }],
    ["GT", { least: 1, most: 1, types: SCALARS }],
    ["CONTAINS", { least: 1, most: 1, types: SCALARS }],
    ["NOT_CONTAINS", { least: 1, most: 1, types: SCALARS }],
    ["BEGINS_WITH", { least: 1, most: 1, types: ["S", "B"] }],
    ["NULL", { least: 0, most: 0 }],
    ["NOT_NULL", { least: 0, most: 0 }],
    ["IN", { least: 1, most: Number.POSITIVE_INFINITY, types: SCALARS }],
    ["BETWEEN", { least: 2, most: 2, types: SCALARS }],
  ]);

function readComparison(operator: string, values: readonly AttributeValue[]): Comparison {
  const rule = OPERATORS.get(operator);
  if (rule === undefined) throw invalid(`Unsupported operator on comparison: ${operator}`);
  if (values.length < rule.least || values.length > rule.most) {
    throw invalidParameter(`Invalid number of argument(s) for the ${operator} ComparisonOperator`);
  }
  const [first, second] = values;
  if (first !== undefined && values.some((value) => typeOf(value) !== typeOf(first))) {
    throw invalidParameter("AttributeValues inside AttributeValueList must be of same type");
  }
  for (const value of values) {
    if (rule.types !== undefined && !rule.types.includes(typeOf(value))) {
      throw invalidParameter(
        `ComparisonOperator ${operator} is not valid for ${typeOf(value)} AttributeValue type`,
      );
    }
  }
  if (operator === "BETWEEN" && (orderValues(first as AttributeValue, second as AttributeValue) ?? 0) > 0) {
    throw invalid(
      "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
    );
  }
  return { operator, values };
}

function toCondition(name: string, { operator, values }: Comparison): Condition {
  const path: Path = [name];
  const operand: ConditionOperand = { kind: "path", path };
  const [first, second] = values.map((value) => ({ kind: "value", value }) as const) as [
    ConditionOperand,
    ConditionOperand,
  ];
  const compare = (comparator: "=" | "<>" | "<" | "<=" | ">" | ">="): Condition => ({
    kind: "compare",
    comparator,
    left: operand,
    right: first,
  });
  switch (operator) {
    case "EQ":
      return compare("=");
    case "NE":
      return compare("<>");
    case "LE":
      return compare("<=");
    case "LT":
      return compare("<");
    case "GE":
      return compare(">=");
    case "GT":
      return compare(">");
    case "NULL":
      return { kind: "attribute_not_exists", path };
    case "NOT_NULL":
      return { kind: "attribute_exists", path };
    case "CONTAINS":
      return { kind: "contains", operand, argument: first };
    case "NOT_CONTAINS":
      return {
        kind: "and",
        conditions: [
          { kind: "attribute_exists", path },
          { kind: "not", condition: { kind: "contains", operand, argument: first } },
        ],
      };
    case "BEGINS_WITH":
      return { kind: "begins_with", operand, argument: first };
    case "IN":
      return { kind: "in", operand, list: values.map((value) => ({ kind: "value", value })) };
    default:
      return { kind: "between", operand, low: first, high: second };
  }
}

function join(conditions: readonly Condition[], operator: unknown): Condition | undefined {
  if (conditions.length === 0) return undefined;
  const kind = operator === undefined || operator === null ? "AND" : requireString(operator);
  if (kind !== "AND" && kind !== "OR") throw invalid(`Invalid ConditionalOperator: ${kind}`);
  return { kind: kind === "AND" ? "and" : "or", conditions };
}

function valueList(input: unknown): readonly AttributeValue[] {
  return input === undefined || input === null ? [] : requireList(input).map((value) => readValue(value));
}

function readConditionMap(
  input: unknown,
): readonly { readonly name: string; readonly comparison: Comparison }[] {
  return Object.entries(requireObject(input)).map(([name, entry]) => {
    const { ComparisonOperator, AttributeValueList } = requireObject(entry);
    return {
      name,
      comparison: readComparison(requireString(ComparisonOperator), valueList(AttributeValueList)),
    };
  });
}

/** QueryFilter and ScanFilter. */
export function readLegacyFilter(input: unknown, operator: unknown): Condition | undefined {
  return join(
    readConditionMap(input).map(({ name, comparison }) => toCondition(name, comparison)),
    operator,
  );
}

export function readLegacyKeyConditions(input: unknown): KeyConditions {
  const conditions = readConditionMap(input).map(({ name, comparison: { operator, values } }) => {
    const [value, high] = values as [AttributeValue, AttributeValue];
    switch (operator) {
      case "EQ":
        return { name, condition: { kind: "=", value } } as const;
      case "LE":
        return { name, condition: { kind: "<=", value } } as const;
      case "LT":
        return { name, condition: { kind: "<", value } } as const;
      case "GE":
        return { name, condition: { kind: ">=", value } } as const;
      case "GT":
        return { name, condition: { kind: ">", value } } as const;
      case "BEGINS_WITH":
        return { name, condition: { kind: "begins_with", value } } as const;
      case "BETWEEN":
        return { name, condition: { kind: "between", low: value, high } } as const;
      default:
        throw invalid("Attempted conditional constraint is not an indexable operation");
    }
  });
  if (conditions.length < 1 || conditions.length > 2)
    throw invalid("Conditions can be of length 1 or 2 only");
  return conditions;
}

export function readExpected(input: unknown, operator: unknown): Condition | undefined {
  return join(
    Object.entries(requireObject(input)).map(([name, entry]) =>
      expectedCondition(name, requireObject(entry)),
    ),
    operator,
  );
}

function expectedCondition(name: string, entry: { readonly [name: string]: unknown }): Condition {
  const { ComparisonOperator: operator, AttributeValueList: list, Value: single, Exists: exists } = entry;
  const given = (value: unknown) => value !== undefined && value !== null;
  if (given(list) && given(single)) {
    throw invalidParameter(`Value and AttributeValueList cannot be used together for Attribute: ${name}`);
  }
  if (given(operator)) {
    if (given(exists)) {
      throw invalidParameter(`Exists and ComparisonOperator cannot be used together for Attribute: ${name}`);
    }
    const values = given(single) ? [readValue(single)] : valueList(list);
    return toCondition(name, readComparison(requireString(operator), values));
  }
  if (given(list)) {
    throw invalidParameter(
      `AttributeValueList can only be used with a ComparisonOperator for Attribute: ${name}`,
    );
  }
  const mustExist = given(exists) ? requireBoolean(exists) : true;
  if (mustExist && !given(single)) {
    throw invalidParameter(
      `Value must be provided when Exists is ${given(exists) ? "true" : "null"} for Attribute: ${name}`,
    );
  }
  if (!mustExist && given(single)) {
    throw invalidParameter(`Value cannot be used when Exists is false for Attribute: ${name}`);
  }
  return toCondition(
    name,
    mustExist ? { operator: "EQ", values: [readValue(single)] } : { operator: "NULL", values: [] },
  );
}

export function readAttributesToGet(input: unknown): Projection {
  const names = requireList(input).map(requireString);
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated !== undefined) {
    throw invalidParameter(`Duplicate value in attribute name: ${repeated}`);
  }
  return names.map((name) => [name]);
}

export function readAttributeUpdates(input: unknown): Update {
  const set: { path: Path; operand: UpdateOperand }[] = [];
  const remove: Path[] = [];
  const add: { path: Path; value: AttributeValue }[] = [];
  const removeMembers: { path: Path; value: AttributeValue }[] = [];
  for (const [name, entry] of Object.entries(requireObject(input))) {
    const { Action, Value } = requireObject(entry);
    const action = Action === undefined || Action === null ? "PUT" : requireString(Action);
    const value = Value === undefined || Value === null ? undefined : readValue(Value);
    const path: Path = [name];
    if (value === undefined) {
      if (action !== "DELETE") {
        throw invalidParameter("Only DELETE action is allowed when no attribute value is specified");
      }
      remove.push(path);
      continue;
    }
    const type = typeOf(value);
    if (action === "PUT") set.push({ path, operand: { kind: "value", value } });
    else if (action === "DELETE") {
      if (!["SS", "NS", "BS"].includes(type)) {
        throw invalidParameter(`DELETE action with value is not supported for the type ${type}`);
      }
      removeMembers.push({ path, value });
    } else if (type === "L") set.push({ path, operand: appended(path, value) });
    else if (["N", "SS", "NS", "BS"].includes(type)) add.push({ path, value });
    else throw invalidParameter(`ADD action is not supported for the type ${type}`);
  }
  return { set, remove, add, delete: removeMembers };
}

function appended(path: Path, value: AttributeValue): UpdateOperand {
  return {
    kind: "list_append",
    left: { kind: "if_not_exists", path, otherwise: { kind: "value", value: { L: [] } } },
    right: { kind: "value", value },
  };
}
