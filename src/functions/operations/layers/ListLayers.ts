import type { LayersListItem, ListLayersRequest, ListLayersResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { type ControlPlane, scopeOf } from "../../control-plane.ts";
import { listLayerVersion, matches } from "../../layers/describe.ts";
import { layerArn } from "../../layers/layer.ts";
import { decodeMarker, encodeMarker, pageSize } from "../../pages.ts";

interface Position {
  readonly layer: string;
}

/** Layers by name, each with its newest version that matches; a layer without one is left out. */
export function ListLayers(
  plane: ControlPlane,
  input: ListLayersRequest,
  context: RequestContext,
): ListLayersResponse {
  const scope = scopeOf(context);
  const most = pageSize(input.MaxItems);
  const after = input.Marker ? decodeMarker(input.Marker, isPosition).layer : undefined;
  const items: LayersListItem[] = [];
  for (const name of plane.layers.names(scope)) {
    if (after !== undefined && name <= after) continue;
    const layer = { ...scope, name };
    const version = plane.layers.versions(layer).find((candidate) => matches(candidate, input));
    if (version === undefined) continue;
    if (items.length === most) {
      return { Layers: items, NextMarker: encodeMarker({ layer: items.at(-1)?.LayerName ?? "" }) };
    }
    items.push({
      LayerName: name,
      LayerArn: layerArn(layer),
      LatestMatchingVersion: listLayerVersion(layer, version),
    });
  }
  return { Layers: items };
}

function isPosition(value: unknown): value is Position {
  return typeof (value as Partial<Position> | null)?.layer === "string";
}
