import { invalid, invalidParameter } from "../errors.ts";
import type { Path, Projection, Update } from "../expressions/ast.ts";
import { getAttribute, type Item, typeOf } from "../model.ts";
import { checkKeyLength, encodeKey } from "../values/key.ts";
import type { KeyAttribute, KeyPlan, TablePlan } from "./tables.ts";

/** Rules that need the table's schema, in the order in which DynamoDB applies them. */

export function keyAttributes(plan: KeyPlan): readonly KeyAttribute[] {
  return plan.range === undefined ? [plan.hash] : [plan.hash, plan.range];
}

/** A key must consist of exactly the key attributes. */
export function checkKey(plan: KeyPlan, key: Item): void {
  const attributes = keyAttributes(plan);
  const matches = attributes.every(({ name, type }) => getAttribute(key, name)?.[type] !== undefined);
  if (!matches || Object.keys(key).length !== attributes.length) {
    throw invalid("The provided key element does not match the schema");
  }
  checkKeyLengths(attributes, key);
}

/** An item that is put must have the key attributes, and index keys, where it has them, of the right type. */
export function checkItem(table: TablePlan, item: Item): void {
  const attributes = keyAttributes(table.key);
  for (const { name, type } of attributes) {
    const value = getAttribute(item, name);
    if (value === undefined) throw invalidParameter(`Missing the key ${name} in the item`);
    if (value[type] === undefined) {
      throw invalidParameter(`Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`);
    }
  }
  checkKeyLengths(attributes, item);
  checkIndexKeys(table, item, ({ name, type }, actual, index) =>
    invalidParameter(
      `Type mismatch for Index Key ${name} Expected: ${type} Actual: ${actual} IndexName: ${index}`,
    ),
  );
}

function checkKeyLengths(attributes: readonly KeyAttribute[], item: Item): void {
  for (const { name, type, element } of attributes) {
    const value = getAttribute(item, name);
    if (value !== undefined) checkKeyLength(element, type, encodeKey(type, value));
  }
}

export function checkIndexKeys(
  table: TablePlan,
  item: Item,
  mismatch: (attribute: KeyAttribute, actual: string, index: string) => Error,
): void {
  for (const { definition, key } of table.indexes) {
    for (const attribute of keyAttributes(key)) {
      const value = getAttribute(item, attribute.name);
      if (value === undefined) continue;
      const content = value[attribute.type];
      if (content === undefined) throw mismatch(attribute, typeOf(value), definition.name);
      if (content === "") {
        throw invalid(
          `One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty ${attribute.type === "S" ? "string" : "binary"} value. IndexName: ${definition.name}, IndexKey: ${attribute.name}`,
        );
      }
      checkKeyLength(attribute.element, attribute.type, encodeKey(attribute.type, value));
    }
  }
}

/** Key attributes are never updated. */
export function checkUpdatedPaths(table: TablePlan, update: Update): void {
  const paths = pathsOf(update);
  for (const { name } of keyAttributes(table.key)) {
    if (paths.some((path) => path[0] === name)) {
      throw invalidParameter(`Cannot update attribute ${name}. This attribute is part of the key`);
    }
  }
  checkScalarKeys(table, paths);
}

export function pathsOf(update: Update): readonly Path[] {
  return [
    ...update.set.map(({ path }) => path),
    ...update.remove,
    ...update.add.map(({ path }) => path),
    ...update.delete.map(({ path }) => path),
  ];
}

/** Keys of the table and its indexes are scalars, so nothing is below them. */
export function checkScalarKeys(table: TablePlan, paths: Projection): void {
  const below = new Set(paths.filter((path) => path.length > 1).map(([name]) => name));
  if (below.size === 0) return;
  const refuse = (kind: "Key" | "IndexKey", name: string) =>
    invalid(
      `Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: ${kind}: ${name}`,
    );
  for (const { name } of keyAttributes(table.key)) if (below.has(name)) throw refuse("Key", name);
  for (const { key } of table.indexes) {
    for (const { name } of keyAttributes(key)) if (below.has(name)) throw refuse("IndexKey", name);
  }
}
