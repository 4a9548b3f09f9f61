import type { Path } from "../expressions/ast.ts";
import { type AttributeValue, getAttribute, type Item } from "../model.ts";

/** What lies at the end of a document path; undefined if any step of it is missing or of another type. */
export function valueAt(item: Item, path: Path): AttributeValue | undefined {
  let value = getAttribute(item, path[0]);
  for (let depth = 1; depth < path.length && value !== undefined; depth++) {
    const part = path[depth] as string | number;
    if (typeof part === "number") value = value.L?.[part];
    else value = value.M === undefined ? undefined : getAttribute(value.M, part);
  }
  return value;
}
