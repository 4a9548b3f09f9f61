import type { Projection } from "./ast.ts";
import { parseProjection } from "./parser.ts";
import type { Placeholders } from "./placeholders.ts";
import { Resolver } from "./resolver.ts";

export function readProjection(source: string, placeholders: Placeholders): Projection {
  const syntax = parseProjection(source);
  const resolver = new Resolver("ProjectionExpression", placeholders);
  for (const path of syntax) resolver.checkReserved(path);
  const paths = syntax.map((path) => resolver.path(path).path);
  resolver.checkDisjoint(paths);
  return paths;
}
