import type { RemoveLayerVersionPermissionRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { layerVersionArn } from "../../layers/layer.ts";
import { locateOwnLayer, readVersionNumber } from "../../layers/lookup.ts";
import { demandLayerPolicyRevision } from "../../layers/policy.ts";
import { withoutStatement } from "../../policy/statement.ts";

export async function RemoveLayerVersionPermission(
  plane: ControlPlane,
  input: RemoveLayerVersionPermissionRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const layer = locateOwnLayer(input.LayerName, context);
  const number = readVersionNumber(input.VersionNumber);
  const changed = await plane.layers.update(layer, number, ({ policy, ...present }) => {
    if (policy === undefined) throw because("noPolicy");
    demandLayerPolicyRevision(policy, input.RevisionId);
    const left = withoutStatement(policy, input.StatementId ?? "", plane.randomness);
    return left === undefined ? present : { ...present, policy: left };
  });
  if (changed === undefined) throw because("layerVersionMissing", { arn: layerVersionArn(layer, number) });
  return {};
}
