import type { ListAliasesRequest, ListAliasesResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { describeAlias } from "../../aliases/describe.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { findFunction, locateFunction } from "../../lookup.ts";
import { pageOf } from "../../pages.ts";

/** By name. `FunctionVersion` asks for the version that is not the additional one. */
export function ListAliases(
  plane: ControlPlane,
  input: ListAliasesRequest,
  context: RequestContext,
): ListAliasesResponse {
  const entry = findFunction(plane, locateFunction(plane, context, input.FunctionName, { shared: true }));
  const { FunctionVersion: version } = input;
  const aliases = Object.entries(entry.document.aliases ?? {}).filter(
    ([, alias]) => version === undefined || alias.version === version,
  );
  const { items, marker } = pageOf(aliases, ([name]) => name, input);
  return {
    Aliases: items.map(([name, alias]) => describeAlias(entry, name, alias)),
    ...marker,
  };
}
