import type {
  FunctionEventInvokeConfig,
  UpdateFunctionEventInvokeConfigRequest,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import {
  demandHolder,
  describeConfig,
  findConfig,
  locateHolder,
  noConfig,
  requestedSettings,
  withConfig,
} from "../../asynchronous/configuration.ts";
import { demandDestinations, sayUnreachable } from "../../asynchronous/destinations.ts";
import type { EventInvokeConfig } from "../../asynchronous/model.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { own } from "../../document.ts";

/**
 * Keeps what is not given; destinations count as one member.
 * https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionEventInvokeConfig.html
 */
export async function UpdateFunctionEventInvokeConfig(
  plane: ControlPlane,
  input: UpdateFunctionEventInvokeConfigRequest,
  context: RequestContext,
): Promise<FunctionEventInvokeConfig> {
  const target = locateHolder(plane, context, input);
  demandHolder(plane.repository.get(target, target.name), target);
  findConfig(plane, target);
  const given = requestedSettings(input);
  demandDestinations(plane, target, given);
  const lastModified = plane.clock.now();
  const entry = await plane.repository.update(target, target.name, (present) => {
    const before = own(present.document.eventInvoke, target.qualifier);
    if (before === undefined) throw noConfig(target);
    const kept = input.DestinationConfig === undefined ? before : withoutDestinations(before);
    return withConfig(present, target.qualifier, { ...kept, ...given, lastModified });
  });
  sayUnreachable(plane, target, given);
  return describeConfig(entry, target.qualifier, findConfig(plane, target).config);
}

function withoutDestinations(config: EventInvokeConfig): EventInvokeConfig {
  const { onSuccess: _success, onFailure: _failure, ...rest } = config;
  return rest;
}
