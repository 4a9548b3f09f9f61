import type { ListLayerVersionsRequest, ListLayerVersionsResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { listLayerVersion, matches } from "../../layers/describe.ts";
import { locateOwnLayer } from "../../layers/lookup.ts";
import { decodeMarker, encodeMarker, pageSize } from "../../pages.ts";

interface Position {
  readonly version: number;
}

/** The newest first. A layer that there is not has no versions. */
export function ListLayerVersions(
  plane: ControlPlane,
  input: ListLayerVersionsRequest,
  context: RequestContext,
): ListLayerVersionsResponse {
  const layer = locateOwnLayer(input.LayerName, context);
  const most = pageSize(input.MaxItems);
  const below = input.Marker ? decodeMarker(input.Marker, isPosition).version : Number.POSITIVE_INFINITY;
  const left = plane.layers
    .versions(layer)
    .filter((version) => version.version < below && matches(version, input));
  const page = left.slice(0, most);
  const last = page.at(-1);
  return {
    LayerVersions: page.map((version) => listLayerVersion(layer, version)),
    ...(left.length > page.length && last !== undefined
      ? { NextMarker: encodeMarker({ version: last.version }) }
      : {}),
  };
}

function isPosition(value: unknown): value is Position {
  return Number.isSafeInteger((value as Partial<Position> | null)?.version);
}
