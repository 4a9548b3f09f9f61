import type {
  GetLayerVersionByArnRequest,
  GetLayerVersionRequest,
  GetLayerVersionResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { describeLayerVersion } from "../../layers/describe.ts";
import { parseLayerArn } from "../../layers/layer.ts";
import { demandGrant, locateLayer, readVersionNumber } from "../../layers/lookup.ts";

export function GetLayerVersion(
  plane: ControlPlane,
  input: GetLayerVersionRequest,
  context: RequestContext,
): GetLayerVersionResponse {
  const layer = locateLayer(input.LayerName, context);
  const number = readVersionNumber(input.VersionNumber);
  const version = plane.layers.get(layer, number);
  demandGrant(layer, number, version, context);
  if (version === undefined) throw because("resourceMissing");
  return describeLayerVersion(plane, layer, version, context);
}

export function GetLayerVersionByArn(
  plane: ControlPlane,
  input: GetLayerVersionByArnRequest,
  context: RequestContext,
): GetLayerVersionResponse {
  const arn = input.Arn ?? "";
  const { version } = parseLayerArn(arn) ?? {};
  if (version === undefined) throw because("resourceMissing");
  const LayerName = arn.slice(0, arn.lastIndexOf(":"));
  return GetLayerVersion(plane, { LayerName, VersionNumber: version }, context);
}
