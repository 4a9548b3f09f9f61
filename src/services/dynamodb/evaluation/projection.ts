import type { Path, Projection } from "../expressions/ast.ts";
import { type AttributeValue, getAttribute, type Item, type MutableItem, setAttribute } from "../model.ts";

/** The parts of an item at the given paths, in their maps and lists; list elements move together, in order. */
export function project(item: Item, projection: Projection): Item {
  const result: MutableItem = {};
  for (const group of byFirstPart(projection)) {
    const name = group[0]?.[0] as string;
    const value = getAttribute(item, name);
    const part = value === undefined ? undefined : pick(value, group, 1);
    if (part !== undefined) setAttribute(result, name, part);
  }
  return result;
}

/** The content of `value` at paths that agree in their first `depth` parts; undefined if there is none. */
function pick(value: AttributeValue, paths: readonly Path[], depth: number): AttributeValue | undefined {
  const first = paths[0] as Path;
  if (first.length === depth) return value;
  return typeof first[depth] === "number" ? pickList(value, paths, depth) : pickMap(value, paths, depth);
}

function pickList(value: AttributeValue, paths: readonly Path[], depth: number): AttributeValue | undefined {
  if (value.L === undefined) return undefined;
  const list = value.L;
  const picked = groupBy(paths, depth)
    .sort((left, right) => (left[0]?.[depth] as number) - (right[0]?.[depth] as number))
    .flatMap((group) => {
      const member = list[group[0]?.[depth] as number];
      const part = member === undefined ? undefined : pick(member, group, depth + 1);
      return part === undefined ? [] : [part];
    });
  return picked.length === 0 ? undefined : { L: picked };
}

function pickMap(value: AttributeValue, paths: readonly Path[], depth: number): AttributeValue | undefined {
  if (value.M === undefined) return undefined;
  const map: MutableItem = {};
  for (const group of groupBy(paths, depth)) {
    const name = group[0]?.[depth] as string;
    const member = getAttribute(value.M, name);
    const part = member === undefined ? undefined : pick(member, group, depth + 1);
    if (part !== undefined) setAttribute(map, name, part);
  }
  return Object.keys(map).length === 0 ? undefined : { M: map };
}

function byFirstPart(paths: readonly Path[]): Path[][] {
  return groupBy(paths, 0);
}

function groupBy(paths: readonly Path[], depth: number): Path[][] {
  const groups = new Map<string | number | undefined, Path[]>();
  for (const path of paths) {
    const group = groups.get(path[depth]);
    if (group === undefined) groups.set(path[depth], [path]);
    else group.push(path);
  }
  return [...groups.values()];
}
