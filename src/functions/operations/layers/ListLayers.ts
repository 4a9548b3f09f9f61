import type { LayersListItem, ListLayersRequest, ListLayersResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { type ControlPlane, scopeOf } from "../../control-plane.ts";
import { listLayerVersion, matches } from "../../layers/describe.ts";
import { layerArn } from "../../layers/layer.ts";
import { pageOf } from "../../pages.ts";

/** Layers by name, each with its newest version that matches; a layer without one is left out. */
export function ListLayers(
  plane: ControlPlane,
  input: ListLayersRequest,
  context: RequestContext,
): ListLayersResponse {
  const scope = scopeOf(context);
  const found = plane.layers.names(scope).flatMap((name) => {
    const version = plane.layers.versions({ ...scope, name }).find((candidate) => matches(candidate, input));
    return version === undefined ? [] : [{ layer: { ...scope, name }, version }];
  });
  const { items, marker } = pageOf(found, ({ layer }) => layer.name, input);
  return {
    Layers: items.map(
      ({ layer, version }): LayersListItem => ({
        LayerName: layer.name,
        LayerArn: layerArn(layer),
        LatestMatchingVersion: listLayerVersion(layer, version),
      }),
    ),
    ...marker,
  };
}
