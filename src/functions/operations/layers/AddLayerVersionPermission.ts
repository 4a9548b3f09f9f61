import type {
  AddLayerVersionPermissionRequest,
  AddLayerVersionPermissionResponse,
} from "@aws-sdk/client-lambda";
import { partitionOf } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { layerVersionArn } from "../../layers/layer.ts";
import { locateOwnLayer, readVersionNumber } from "../../layers/lookup.ts";
import { buildLayerStatement, demandLayerPolicyRevision } from "../../layers/policy.ts";
import { withStatement } from "../../policy/statement.ts";

export async function AddLayerVersionPermission(
  plane: ControlPlane,
  input: AddLayerVersionPermissionRequest,
  context: RequestContext,
): Promise<AddLayerVersionPermissionResponse> {
  const layer = locateOwnLayer(input.LayerName, context);
  const number = readVersionNumber(input.VersionNumber);
  const arn = layerVersionArn(layer, number);
  const statement = buildLayerStatement(input, arn, partitionOf(layer.region));
  const changed = await plane.layers.update(layer, number, (present) => {
    demandLayerPolicyRevision(present.policy, input.RevisionId);
    return { ...present, policy: withStatement(present.policy, statement, plane.randomness) };
  });
  if (changed?.policy === undefined) throw because("layerVersionMissing", { arn });
  return { Statement: JSON.stringify(statement), RevisionId: changed.policy.revisionId };
}
