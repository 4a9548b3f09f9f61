import { dynamodbLimits } from "../../../base/index.ts";
import { invalid } from "../errors.ts";
import type { Path, Update, UpdateOperand } from "../expressions/ast.ts";
import {
  type AttributeValue,
  getAttribute,
  type Item,
  type MutableItem,
  type SetType,
  setAttribute,
  typeOf,
} from "../model.ts";
import { addNumbers, subtractNumbers } from "../values/number.ts";
import { valueAt } from "./path.ts";

type MutableList = (AttributeValue | undefined)[];

/** Elements that an update adds past the end of a list, by the index it named. */
type Appended = Map<MutableList, { readonly index: number; readonly value: AttributeValue }[]>;

/**
 * Applies an update to `item`, which is changed and must share nothing with `before`. All operands are taken from
 * `before`, and list indexes mean the elements' places there, whatever else the update does to the list.
 */
export function applyUpdate(update: Update, before: Item, item: MutableItem): void {
  const lists: Appended = new Map();
  const values = update.set.map(({ operand }) => evaluate(operand, before));
  for (const [at, { path }] of update.set.entries()) {
    placeOf(item, path, lists).set(values[at]);
  }
  for (const { path, value } of update.add) {
    const place = placeOf(item, path, lists);
    place.set(added(place.get(), value));
  }
  for (const { path, value } of update.delete) {
    const place = placeOf(item, path, lists);
    const present = place.get();
    if (present !== undefined) place.set(without(present, value));
  }
  for (const path of update.remove) placeOf(item, path, lists).set(undefined);
  for (const [list, appended] of lists) {
    const kept = list.filter((member) => member !== undefined);
    const added = appended.sort((left, right) => left.index - right.index).map(({ value }) => value);
    list.length = 0;
    for (const member of kept) list.push(member);
    for (const member of added) list.push(member);
  }
}

interface Place {
  get(): AttributeValue | undefined;
  /** Undefined removes. */
  set(value: AttributeValue | undefined): void;
}

function placeOf(item: MutableItem, path: Path, lists: Appended): Place {
  let map: MutableItem | undefined = item;
  let list: MutableList | undefined;
  for (const [depth, part] of path.entries()) {
    if (typeof part === "number" ? list === undefined : map === undefined) throw invalidPath();
    if (depth === path.length - 1) break;
    const inner: AttributeValue | undefined =
      typeof part === "number" ? (list as MutableList)[part] : getAttribute(map as MutableItem, part);
    map = inner?.M;
    list = inner?.L as MutableList | undefined;
  }
  const last = path.at(-1) as string | number;
  if (typeof last === "string") return mapPlace(map as MutableItem, last);
  return listPlace(list as MutableList, last, lists);
}

function invalidPath() {
  return invalid("The document path provided in the update expression is invalid for update");
}

function mapPlace(map: MutableItem, name: string): Place {
  return {
    get: () => getAttribute(map, name),
    set: (value) => {
      if (value === undefined) delete map[name];
      else setAttribute(map, name, value);
    },
  };
}

function listPlace(list: MutableList, index: number, lists: Appended): Place {
  const appended = lists.get(list) ?? [];
  lists.set(list, appended);
  return {
    get: () => list[index],
    set: (value) => {
      // Removed elements leave a hole until all is done.
      if (index < list.length) list[index] = value;
      else if (value !== undefined) appended.push({ index, value });
    },
  };
}

function evaluate(operand: UpdateOperand, before: Item): AttributeValue {
  switch (operand.kind) {
    case "value":
      return operand.value;
    case "path":
      return structuredClone(existing(before, operand.path));
    case "if_not_exists": {
      const present = valueAt(before, operand.path);
      return present === undefined ? evaluate(operand.otherwise, before) : structuredClone(present);
    }
    case "list_append": {
      const { L: left } = evaluate(operand.left, before);
      const { L: right } = evaluate(operand.right, before);
      if (left === undefined || right === undefined) throw wrongType();
      return { L: [...left, ...right] };
    }
    default: {
      const { N: left } = evaluate(operand.left, before);
      const { N: right } = evaluate(operand.right, before);
      if (left === undefined || right === undefined) throw wrongType();
      return { N: operand.kind === "+" ? addNumbers(left, right) : subtractNumbers(left, right) };
    }
  }
}

function existing(item: Item, path: Path): AttributeValue {
  const value = valueAt(item, path);
  if (value !== undefined) return value;
  throw invalid("The provided expression refers to an attribute that does not exist in the item");
}

function wrongType() {
  return invalid("An operand in the update expression has an incorrect data type");
}

function added(present: AttributeValue | undefined, value: AttributeValue): AttributeValue {
  if (present === undefined) return value;
  const type = typeOf(value);
  if (typeOf(present) !== type) throw wrongType();
  if (type === "N") return { N: addNumbers(present.N as string, value.N as string) };
  const members = present[type as SetType] as readonly string[];
  return { [type]: [...new Set([...members, ...(value[type as SetType] as readonly string[])])] };
}

/** The set less the members of another; undefined if none is left, because there are no empty sets. */
function without(present: AttributeValue, value: AttributeValue): AttributeValue | undefined {
  const type = typeOf(value) as SetType;
  if (typeOf(present) !== type) throw wrongType();
  const removed = new Set(value[type]);
  const left = (present[type] as readonly string[]).filter((member) => !removed.has(member));
  return left.length === 0 ? undefined : { [type]: left };
}

/** Refuses an item that updates have nested too deeply. */
export function checkNesting(item: Item): void {
  for (const name of Object.keys(item)) checkLevel(item[name] as AttributeValue, 1);
}

function checkLevel(value: AttributeValue, level: number): void {
  if (level > dynamodbLimits.nestingLevels) throw invalid("Nesting Levels have exceeded supported limits");
  if (value.L !== undefined) for (const member of value.L) checkLevel(member, level + 1);
  if (value.M !== undefined) {
    for (const name of Object.keys(value.M)) checkLevel(value.M[name] as AttributeValue, level + 1);
  }
}
