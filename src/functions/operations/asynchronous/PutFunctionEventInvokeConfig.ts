import type { FunctionEventInvokeConfig, PutFunctionEventInvokeConfigRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import {
  demandHolder,
  describeConfig,
  locateHolder,
  requestedSettings,
  withConfig,
} from "../../asynchronous/configuration.ts";
import { demandDestinations, sayUnreachable } from "../../asynchronous/destinations.ts";
import type { ControlPlane } from "../../control-plane.ts";

/** Replaces everything. https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html */
export async function PutFunctionEventInvokeConfig(
  plane: ControlPlane,
  input: PutFunctionEventInvokeConfigRequest,
  context: RequestContext,
): Promise<FunctionEventInvokeConfig> {
  const target = locateHolder(plane, context, input);
  const config = { lastModified: plane.clock.now(), ...requestedSettings(input) };
  demandHolder(plane.repository.get(target, target.name), target);
  demandDestinations(plane, target, config);
  const entry = await plane.repository.update(target, target.name, (present) => {
    demandHolder(present, target);
    return withConfig(present, target.qualifier, config);
  });
  sayUnreachable(plane, target, config);
  return describeConfig(entry, target.qualifier, config);
}
