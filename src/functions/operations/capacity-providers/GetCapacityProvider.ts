import type { GetCapacityProviderRequest, GetCapacityProviderResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import {
  describeCapacityProvider,
  findCapacityProvider,
} from "../../capacity-providers/capacity-providers.ts";
import type { ControlPlane } from "../../control-plane.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetCapacityProvider.html */
export function GetCapacityProvider(
  plane: ControlPlane,
  input: GetCapacityProviderRequest,
  context: RequestContext,
): GetCapacityProviderResponse {
  const entry = findCapacityProvider(plane.capacityProviders, context, input.CapacityProviderName);
  return { CapacityProvider: describeCapacityProvider(entry) };
}
