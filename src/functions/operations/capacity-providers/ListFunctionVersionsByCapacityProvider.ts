import type {
  ListFunctionVersionsByCapacityProviderRequest,
  ListFunctionVersionsByCapacityProviderResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { capacityProviderArn, findCapacityProvider } from "../../capacity-providers/capacity-providers.ts";
import type { ControlPlane } from "../../control-plane.ts";

/**
 * Always an empty list: CreateFunction refuses functions with a capacity provider.
 * https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionVersionsByCapacityProvider.html
 */
export function ListFunctionVersionsByCapacityProvider(
  plane: ControlPlane,
  input: ListFunctionVersionsByCapacityProviderRequest,
  context: RequestContext,
): ListFunctionVersionsByCapacityProviderResponse {
  const entry = findCapacityProvider(plane.capacityProviders, context, input.CapacityProviderName);
  return { CapacityProviderArn: capacityProviderArn(entry, entry.id), FunctionVersions: [] };
}
