import { invalid, invalidParameter } from "../errors.ts";
import type { KeyConditions, SortCondition } from "../expressions/ast.ts";
import { type AttributeValue, getAttribute, type Item } from "../model.ts";
import { encodeKey } from "../values/key.ts";
import { checkKey, keyAttributes } from "./checks.ts";
import type { KeyAttribute, KeyPlan, TablePlan } from "./tables.ts";

/** The rows of a Query: one partition, and in it the sort keys from `low` up to but without `high`. */
export interface KeyRange {
  readonly partition: Uint8Array;
  readonly low: Uint8Array;
  /** Absent: to the end. */
  readonly high?: Uint8Array;
}

/** Finds the range that conditions on the key attributes of a table or index describe. */
export function readKeyRange(key: KeyPlan, conditions: KeyConditions): KeyRange {
  const attributes = keyAttributes(key);
  if (attributes.length === 1 && conditions.length > 1) throw invalid("Query key condition not supported");
  const [hash, range] = attributes.map((attribute) => conditionOn(attribute, conditions));
  if (hash?.kind !== "=") throw invalid("Query key condition not supported");
  const partition = encodeKey(key.hash.type, hash.value);
  if (partition.length === 0) throw emptyKey(key.hash);
  return {
    partition,
    ...(key.range === undefined || range === undefined
      ? { low: new Uint8Array(0) }
      : sortRange(key.range, range)),
  };
}

function conditionOn(attribute: KeyAttribute, conditions: KeyConditions): SortCondition | undefined {
  const found = conditions.find(({ name }) => name === attribute.name)?.condition;
  if (found === undefined) {
    if (attribute.element.KeyType === "HASH" || conditions.length > 1) {
      throw invalid(`Query condition missed key schema element: ${attribute.name}`);
    }
    return undefined;
  }
  const values = found.kind === "between" ? [found.low, found.high] : [found.value];
  if (values.some((value) => value[attribute.type] === undefined)) {
    throw invalidParameter("Condition parameter type does not match schema type");
  }
  return found;
}

function emptyKey({ name, type }: KeyAttribute) {
  return invalid(
    `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${type === "S" ? "string" : "binary"} value. Key: ${name}`,
  );
}

function sortRange(attribute: KeyAttribute, condition: SortCondition): Omit<KeyRange, "partition"> {
  const encode = (value: AttributeValue) => {
    const encoded = encodeKey(attribute.type, value);
    if (encoded.length === 0) throw emptyKey(attribute);
    return encoded;
  };
  const start = new Uint8Array(0);
  switch (condition.kind) {
    case "between":
      return { low: encode(condition.low), high: after(encode(condition.high)) };
    case "=": {
      const low = encode(condition.value);
      return { low, high: after(low) };
    }
    case "<":
      return { low: start, high: encode(condition.value) };
    case "<=":
      return { low: start, high: after(encode(condition.value)) };
    case ">":
      return { low: after(encode(condition.value)) };
    case ">=":
      return { low: encode(condition.value) };
    default: {
      if (attribute.type === "N")
        throw invalidParameter("Condition parameter type does not match schema type");
      const low = encode(condition.value);
      const high = afterPrefix(low);
      return high === undefined ? { low } : { low, high };
    }
  }
}

/** The least byte string above this one. */
function after(bytes: Uint8Array): Uint8Array {
  const next = new Uint8Array(bytes.length + 1);
  next.set(bytes);
  return next;
}

/** The least byte string above all that begin with `prefix`; undefined if there is none. */
function afterPrefix(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 255) length--;
  if (length === 0) return undefined;
  // A copy: slice of a Buffer shares its memory.
  const next = Uint8Array.from(prefix.subarray(0, length));
  next[length - 1] = (next[length - 1] as number) + 1;
  return next;
}

/** An ExclusiveStartKey must hold exactly the keys of the table and, if one is read, of the index. */
export function checkStartKey(table: TablePlan, key: KeyPlan, start: Item): void {
  const names = new Set([...keyAttributes(table.key), ...keyAttributes(key)].map(({ name }) => name));
  if (Object.keys(start).length !== names.size || [...names].some((name) => !Object.hasOwn(start, name))) {
    throw invalid("The provided starting key is invalid");
  }
  for (const plan of [key, table.key]) {
    const part = Object.fromEntries(
      keyAttributes(plan).map(({ name }) => [name, getAttribute(start, name) as AttributeValue]),
    );
    try {
      checkKey(plan, part);
    } catch (error) {
      throw invalid(`The provided starting key is invalid: ${(error as Error).message}`);
    }
  }
}

/** The start key of a Query must lie in the range that is queried. */
export function checkStartInRange(
  range: KeyRange,
  start: { readonly partition: Uint8Array; readonly sort: Uint8Array },
) {
  if (Buffer.compare(range.partition, start.partition) !== 0) {
    throw invalid("The provided starting key is outside query boundaries based on provided conditions");
  }
  const below = Buffer.compare(start.sort, range.low) < 0;
  const above = range.high !== undefined && Buffer.compare(start.sort, range.high) >= 0;
  if (below || above) throw invalid("The provided starting key does not match the range key predicate");
}
