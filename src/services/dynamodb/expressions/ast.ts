import type { AttributeValue } from "../model.ts";

/**
 * Expressions after all checks: names and values are put in. Plain data, because they are made in the main thread and
 * evaluated in the store's.
 */

/** A document path: an attribute name, then map keys (strings) and list indexes (numbers). */
export type Path = readonly [string, ...(string | number)[]];

export interface PathOperand {
  readonly kind: "path";
  readonly path: Path;
}

export interface ValueOperand {
  readonly kind: "value";
  readonly value: AttributeValue;
}

export type ConditionOperand =
  | PathOperand
  | ValueOperand
  | { readonly kind: "size"; readonly of: PathOperand | ValueOperand };

export type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">=";

export type Condition =
  | { readonly kind: "and" | "or"; readonly conditions: readonly Condition[] }
  | { readonly kind: "not"; readonly condition: Condition }
  | {
      readonly kind: "compare";
      readonly comparator: Comparator;
      readonly left: ConditionOperand;
      readonly right: ConditionOperand;
    }
  | {
      readonly kind: "between";
      readonly operand: ConditionOperand;
      readonly low: ConditionOperand;
      readonly high: ConditionOperand;
    }
  | { readonly kind: "in"; readonly operand: ConditionOperand; readonly list: readonly ConditionOperand[] }
  | { readonly kind: "attribute_exists" | "attribute_not_exists"; readonly path: Path }
  | {
      readonly kind: "attribute_type" | "begins_with" | "contains";
      readonly operand: ConditionOperand;
      readonly argument: ConditionOperand;
    };

export type UpdateOperand =
  | PathOperand
  | ValueOperand
  | { readonly kind: "if_not_exists"; readonly path: Path; readonly otherwise: UpdateOperand }
  | { readonly kind: "list_append"; readonly left: UpdateOperand; readonly right: UpdateOperand }
  | { readonly kind: "+" | "-"; readonly left: UpdateOperand; readonly right: UpdateOperand };

export interface Update {
  readonly set: readonly { readonly path: Path; readonly operand: UpdateOperand }[];
  readonly remove: readonly Path[];
  readonly add: readonly { readonly path: Path; readonly value: AttributeValue }[];
  readonly delete: readonly { readonly path: Path; readonly value: AttributeValue }[];
}

export type Projection = readonly Path[];

/** The part of a sort key's range that a Query asks for; values are of any type until the schema is known. */
export type SortCondition =
  | { readonly kind: Exclude<Comparator, "<>"> | "begins_with"; readonly value: AttributeValue }
  | { readonly kind: "between"; readonly low: AttributeValue; readonly high: AttributeValue };

/** Conditions on key attributes by name, as the caller wrote them. */
export type KeyConditions = readonly { readonly name: string; readonly condition: SortCondition }[];
