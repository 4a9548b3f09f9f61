import type { UpdateCapacityProviderRequest, UpdateCapacityProviderResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import {
  capacityProviderArn,
  describeCapacityProvider,
  findCapacityProvider,
} from "../../capacity-providers/capacity-providers.ts";
import { changedCapacity } from "../../capacity-providers/settings.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_UpdateCapacityProvider.html */
export async function UpdateCapacityProvider(
  plane: ControlPlane,
  input: UpdateCapacityProviderRequest,
  context: RequestContext,
): Promise<UpdateCapacityProviderResponse> {
  const { collection } = plane.capacityProviders;
  const found = findCapacityProvider(plane.capacityProviders, context, input.CapacityProviderName);
  const updated = await collection.update(found, found.id, ({ document }) => {
    if (document.state === "Deleting") throw because("capacityProviderInState", { state: document.state });
    return {
      ...document,
      settings: changedCapacity(document.settings, input),
      lastModified: Math.max(plane.clock.now(), document.lastModified),
    };
  });
  if (updated === undefined) {
    throw because("capacityProviderMissing", { arn: capacityProviderArn(found, found.id) });
  }
  return { CapacityProvider: describeCapacityProvider(updated) };
}
