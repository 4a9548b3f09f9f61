import type {
  GetFunctionCodeSigningConfigRequest,
  GetFunctionCodeSigningConfigResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { findFunction, locateFunction } from "../../lookup.ts";

/** Without members if the function has none, although the model says that both are always there. */
export function GetFunctionCodeSigningConfig(
  plane: ControlPlane,
  input: GetFunctionCodeSigningConfigRequest,
  context: RequestContext,
): Partial<GetFunctionCodeSigningConfigResponse> {
  const target = locateFunction(plane, context, input.FunctionName, { shared: false });
  const { codeSigningConfigArn } = findFunction(plane, target).document;
  return codeSigningConfigArn === undefined
    ? {}
    : { CodeSigningConfigArn: codeSigningConfigArn, FunctionName: target.name };
}
