import type { DeleteCapacityProviderRequest, DeleteCapacityProviderResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import {
  capacityProviderArn,
  describeCapacityProvider,
  findCapacityProvider,
} from "../../capacity-providers/capacity-providers.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteCapacityProvider.html */
export async function DeleteCapacityProvider(
  plane: ControlPlane,
  input: DeleteCapacityProviderRequest,
  context: RequestContext,
): Promise<DeleteCapacityProviderResponse> {
  const { capacityProviders } = plane;
  const found = findCapacityProvider(capacityProviders, context, input.CapacityProviderName);
  const arn = capacityProviderArn(found, found.id);
  const deleting = await capacityProviders.collection.update(found, found.id, ({ document }) => ({
    ...document,
    state: "Deleting",
  }));
  if (deleting === undefined) throw because("capacityProviderMissing", { arn });
  capacityProviders.advance(deleting);
  return { CapacityProvider: describeCapacityProvider(deleting) };
}
