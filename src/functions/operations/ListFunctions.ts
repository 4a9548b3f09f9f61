import type {
  FunctionConfiguration,
  ListFunctionsRequest,
  ListFunctionsResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../wire/index.ts";
import { describeForList, type ShownVersion } from "../configuration.ts";
import { type ControlPlane, scopeOf } from "../control-plane.ts";
import type { Scope } from "../document.ts";
import type { FunctionEntry } from "../entry.ts";
import { versionOf } from "../lookup.ts";
import { decodeMarker, encodeMarker, pageSize } from "../pages.ts";

/** Where a page ended: a function, and with `FunctionVersion=ALL` how many of its versions were listed. */
interface Position {
  readonly name: string;
  readonly listed: number;
}

export function ListFunctions(
  plane: ControlPlane,
  input: ListFunctionsRequest,
  context: RequestContext,
): ListFunctionsResponse {
  // Only functions at the edge have a master region.
  if (input.MasterRegion !== undefined && input.MasterRegion !== "ALL") return { Functions: [] };
  const most = pageSize(input.MaxItems);
  const from = input.Marker ? decodeMarker<Position>(input.Marker, isPosition) : undefined;
  const items: FunctionConfiguration[] = [];
  let last: Position | undefined;
  for (const { entry, shown, listed } of itemsFrom(
    plane,
    scopeOf(context),
    from,
    input.FunctionVersion === "ALL",
  )) {
    if (items.length === most) {
      return last === undefined ? { Functions: items } : { Functions: items, NextMarker: encodeMarker(last) };
    }
    items.push(describeForList(entry, shown, input.FunctionVersion === "ALL" ? shown.version : undefined));
    last = { name: entry.name, listed };
  }
  return { Functions: items };
}

interface Item {
  readonly entry: FunctionEntry;
  readonly shown: ShownVersion;
  readonly listed: number;
}

function* itemsFrom(
  plane: ControlPlane,
  scope: Scope,
  from: Position | undefined,
  allVersions: boolean,
): Generator<Item> {
  const resumed = from === undefined || !allVersions ? undefined : plane.repository.get(scope, from.name);
  if (resumed !== undefined) yield* versionsFrom(resumed, from?.listed ?? 0, true);
  for (const entry of plane.repository.list(scope, from?.name)) yield* versionsFrom(entry, 0, allVersions);
}

function* versionsFrom(entry: FunctionEntry, skip: number, allVersions: boolean): Generator<Item> {
  const qualifiers = allVersions ? ["$LATEST", ...entry.versions.keys()] : ["$LATEST"];
  for (let index = skip; index < qualifiers.length; index++) {
    const shown = versionOf(entry, qualifiers[index]);
    if (shown !== undefined) yield { entry, shown, listed: index + 1 };
  }
}

function isPosition(value: unknown): value is Position {
  const { name, listed } = (value ?? {}) as Partial<Position>;
  return typeof name === "string" && Number.isSafeInteger(listed) && (listed ?? -1) >= 0;
}
