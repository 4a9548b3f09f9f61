import type {
  GetFunctionRecursionConfigRequest,
  GetFunctionRecursionConfigResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { findFunction, locateFunction } from "../../lookup.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionRecursionConfig.html */
export function GetFunctionRecursionConfig(
  plane: ControlPlane,
  input: GetFunctionRecursionConfigRequest,
  context: RequestContext,
): GetFunctionRecursionConfigResponse {
  const target = locateFunction(plane, context, input.FunctionName, { shared: false });
  return { RecursiveLoop: findFunction(plane, target).document.recursiveLoop ?? "Terminate" };
}
