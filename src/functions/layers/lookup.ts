import { functionLimits } from "../../base/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import { because, constraintFailure, foreignAccount } from "../errors.ts";
import { isAllowed } from "../policy/evaluate.ts";
import type { LayerReference } from "../settings/model.ts";
import { type LayerName, type LayerVersion, layerVersionArn, parseLayerArn } from "./layer.ts";

/** The layer that `LayerName` means: a name in the caller's account, or the ARN of a layer. */
export function locateLayer(given: string | undefined, context: RequestContext): LayerName {
  const name = given ?? "";
  const parsed = parseLayerArn(name)?.layer;
  if (parsed === undefined) {
    if (name.length > functionLimits.nameCharacters) {
      const constraint = `Member must have length less than or equal to ${functionLimits.nameCharacters}`;
      throw because("longName", { failure: constraintFailure("layerName", name, constraint) });
    }
    return { account: context.account, region: context.region, name };
  }
  if (parsed.region !== context.region) throw because("resourceMissing");
  return parsed;
}

/** For operations that only the layer's own account may use. */
export function locateOwnLayer(given: string | undefined, context: RequestContext): LayerName {
  const layer = locateLayer(given, context);
  if (layer.account !== context.account) throw foreignAccount();
  return layer;
}

export function readVersionNumber(version: number | undefined): number {
  if (version === undefined || version < 1) throw because("layerVersionBelowOne");
  return version;
}

/** Whether a layer version of another account is there is only said to whom its policy lets in. */
export function demandGrant(
  layer: LayerName,
  version: number,
  present: LayerVersion | undefined,
  context: RequestContext,
): void {
  if (layer.account === context.account) return;
  const arn = layerVersionArn(layer, version);
  const action = "lambda:GetLayerVersion";
  const request = { principal: context.identity, action, resource: arn, context: {} };
  if (!isAllowed(present?.policy, request)) {
    throw because("notAuthorized", { caller: context.identity.arn, action, arn });
  }
}

/** The layer version as a function refers to it, for a caller who may use it. */
export function referToLayer(plane: ControlPlane, context: RequestContext, arn: string): LayerReference {
  const { layer, version } = parseLayerArn(arn) ?? {};
  if (layer === undefined || version === undefined) throw because("layerMissing", { arn });
  const present = plane.layers.get(layer, version);
  demandGrant(layer, version, present, context);
  if (present === undefined) throw because("layerMissing", { arn });
  return { arn, ...present.code };
}
