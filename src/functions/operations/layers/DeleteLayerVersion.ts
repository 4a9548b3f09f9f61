import type { DeleteLayerVersionRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { locateOwnLayer, readVersionNumber } from "../../layers/lookup.ts";

/** Functions that have the version go on with it. Also fine if there is no such version. */
export async function DeleteLayerVersion(
  plane: ControlPlane,
  input: DeleteLayerVersionRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const layer = locateOwnLayer(input.LayerName, context);
  await plane.layers.delete(layer, readVersionNumber(input.VersionNumber));
  return {};
}
