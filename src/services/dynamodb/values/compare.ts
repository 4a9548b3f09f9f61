import { type AttributeValue, getAttribute, type Item, typeOf } from "../model.ts";
import { compareNumbers } from "./number.ts";

/**
 * Equality of validated values: same type and same content, sets without order, maps and lists all the way down.
 * Canonical numbers and base64 are equal exactly when their texts are.
 */
export function equalValues(left: AttributeValue, right: AttributeValue): boolean {
  const type = typeOf(left);
  if (type !== typeOf(right)) return false;
  switch (type) {
    case "SS":
    case "NS":
    case "BS":
      return equalSets(left[type] as readonly string[], right[type] as readonly string[]);
    case "L": {
      const a = left.L as readonly AttributeValue[];
      const b = right.L as readonly AttributeValue[];
      return a.length === b.length && a.every((member, at) => equalValues(member, b[at] as AttributeValue));
    }
    case "M":
      return equalItems(left.M as Item, right.M as Item);
    default:
      return left[type] === right[type];
  }
}

export function equalItems(left: Item, right: Item): boolean {
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => {
    const other = getAttribute(right, name);
    return other !== undefined && equalValues(left[name] as AttributeValue, other);
  });
}

function equalSets(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) return false;
  const members = new Set(left);
  return right.every((member) => members.has(member));
}

/**
 * Order of two values of one scalar type: strings and binary by their bytes, numbers by value.
 * Undefined where DynamoDB knows no order, which makes every comparison false.
 */
export function orderValues(left: AttributeValue, right: AttributeValue): number | undefined {
  const type = typeOf(left);
  if (type !== typeOf(right)) return undefined;
  switch (type) {
    case "S":
      return compareStrings(left.S as string, right.S as string);
    case "N":
      return compareNumbers(left.N as string, right.N as string);
    case "B":
      return Buffer.compare(
        Buffer.from(left.B as string, "base64"),
        Buffer.from(right.B as string, "base64"),
      );
    default:
      return undefined;
  }
}

/** Order of the UTF-8 bytes, which is not that of JavaScript's UTF-16 units. */
export function compareStrings(left: string, right: string): number {
  return left === right ? 0 : Buffer.compare(Buffer.from(left), Buffer.from(right));
}
