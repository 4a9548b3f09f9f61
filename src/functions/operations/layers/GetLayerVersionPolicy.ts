import type { GetLayerVersionPolicyRequest, GetLayerVersionPolicyResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { layerVersionArn } from "../../layers/layer.ts";
import { locateOwnLayer, readVersionNumber } from "../../layers/lookup.ts";
import { printPolicy } from "../../policy/statement.ts";

export function GetLayerVersionPolicy(
  plane: ControlPlane,
  input: GetLayerVersionPolicyRequest,
  context: RequestContext,
): GetLayerVersionPolicyResponse {
  const layer = locateOwnLayer(input.LayerName, context);
  const number = readVersionNumber(input.VersionNumber);
  const version = plane.layers.get(layer, number);
  if (version === undefined) throw because("layerVersionMissing", { arn: layerVersionArn(layer, number) });
  if (version.policy === undefined) throw because("noPolicy");
  return { Policy: printPolicy(version.policy), RevisionId: version.policy.revisionId };
}
