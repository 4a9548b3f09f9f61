import type { CreateCapacityProviderRequest, CreateCapacityProviderResponse } from "@aws-sdk/client-lambda";
import { functionLimits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import {
  capacityProviderName,
  describeCapacityProvider,
} from "../../capacity-providers/capacity-providers.ts";
import { newCapacity } from "../../capacity-providers/settings.ts";
import { type ControlPlane, scopeOf } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { addTags } from "../../settings/tags.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateCapacityProvider.html */
export async function CreateCapacityProvider(
  plane: ControlPlane,
  input: CreateCapacityProviderRequest,
  context: RequestContext,
): Promise<CreateCapacityProviderResponse> {
  const { capacityProviders, clock, log } = plane;
  const scope = scopeOf(context);
  const name = capacityProviderName(context, input.CapacityProviderName);
  const settings = newCapacity(input);
  const tags = addTags({}, input.Tags ?? {});
  const count = [...capacityProviders.collection.within(scope)].length;
  if (count >= functionLimits.capacityProviders) throw because("tooManyCapacityProviders");
  const created = await capacityProviders.collection.create(scope, name, {
    format: 1,
    name,
    state: "Pending",
    settings,
    lastModified: clock.now(),
    tags,
  });
  if (created === undefined) throw because("capacityProviderExists", { name });
  log.warn("settings without effect", { capacityProvider: name, settings: Object.keys(settings) });
  capacityProviders.advance(created);
  return { CapacityProvider: describeCapacityProvider(created) };
}
