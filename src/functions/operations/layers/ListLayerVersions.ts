import type { ListLayerVersionsRequest, ListLayerVersionsResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { listLayerVersion, matches } from "../../layers/describe.ts";
import { locateOwnLayer } from "../../layers/lookup.ts";
import { pageOf } from "../../pages.ts";

/** The newest first. A layer that there is not has no versions. */
export function ListLayerVersions(
  plane: ControlPlane,
  input: ListLayerVersionsRequest,
  context: RequestContext,
): ListLayerVersionsResponse {
  const layer = locateOwnLayer(input.LayerName, context);
  const found = plane.layers.versions(layer).filter((version) => matches(version, input));
  const { items, marker } = pageOf(found, ({ version }) => descending(version), input);
  return { LayerVersions: items.map((version) => listLayerVersion(layer, version)), ...marker };
}

/** A text that comes the earlier the greater the number is. */
function descending(version: number): string {
  return String(Number.MAX_SAFE_INTEGER - version).padStart(16, "0");
}
