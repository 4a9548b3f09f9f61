import type { FunctionEventInvokeConfig, GetFunctionEventInvokeConfigRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { describeConfig, findConfig, locateHolder } from "../../asynchronous/configuration.ts";
import type { ControlPlane } from "../../control-plane.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionEventInvokeConfig.html */
export function GetFunctionEventInvokeConfig(
  plane: ControlPlane,
  input: GetFunctionEventInvokeConfigRequest,
  context: RequestContext,
): FunctionEventInvokeConfig {
  const target = locateHolder(plane, context, input);
  const { entry, config } = findConfig(plane, target);
  return describeConfig(entry, target.qualifier, config);
}
