import type { ListVersionsByFunctionRequest, ListVersionsByFunctionResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../wire/index.ts";
import { describeForList } from "../configuration.ts";
import type { ControlPlane } from "../control-plane.ts";
import { findFunction, locateFunction, versionOf } from "../lookup.ts";
import { decodeMarker, encodeMarker, pageSize } from "../pages.ts";

/** `$LATEST` first, then by number. */
export function ListVersionsByFunction(
  plane: ControlPlane,
  input: ListVersionsByFunctionRequest,
  context: RequestContext,
): ListVersionsByFunctionResponse {
  const target = locateFunction(plane, context, input.FunctionName, { shared: true });
  const entry = findFunction(plane, target);
  const after = input.Marker ? decodeMarker<Position>(input.Marker, isPosition).version : -1;
  const rest = ["$LATEST", ...entry.versions.keys()].filter((version) => rank(version) > after);
  const page = rest.slice(0, pageSize(input.MaxItems));
  const items = page.flatMap((version) => {
    const shown = versionOf(entry, version);
    return shown === undefined ? [] : [describeForList(entry, shown, version)];
  });
  return page.length < rest.length
    ? { Versions: items, NextMarker: encodeMarker({ version: rank(page.at(-1) ?? "$LATEST") }) }
    : { Versions: items };
}

interface Position {
  readonly version: number;
}

function rank(version: string): number {
  return version === "$LATEST" ? 0 : Number(version);
}

function isPosition(value: unknown): value is Position {
  return Number.isSafeInteger((value as Partial<Position> | null)?.version);
}
